# Kernel sources as byte arrays: no 4095-character string-literal limit, no kernel text inside C strings.
# cmake -DOUT=kernel_sources.c -DIN="a.cl;b.clh" -P EmbedKernels.cmake
set(body "/* generated from kernels/ */\n#include \"device/kernel_sources.h\"\n")
set(table "")
foreach(file IN LISTS IN)
  get_filename_component(name "${file}" NAME)
  string(MAKE_C_IDENTIFIER "${name}" id)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND body "static const unsigned char src_${id}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", (const char *)src_${id}, sizeof src_${id} - 1},\n")
endforeach()
string(APPEND body "const xt_kernel_source xt_kernel_sources[] = {\n${table}    {0, 0, 0}};\n")
file(WRITE "${OUT}" "${body}")
