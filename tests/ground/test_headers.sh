# Each header compiles alone.
set -euo pipefail
udunits=$([ ! -d /usr/include/udunits2 ] || echo -I/usr/include/udunits2)
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -DCL_TARGET_OPENCL_VERSION=120 -Wall -Wextra -Wshadow
    -Wstrict-prototypes -Wvla -Wno-unused-function -Werror -Iinclude -Ihost $udunits
    $(pkg-config --cflags freetype2 libpng yaml-0.1)"
status=0
for header in $(cd host && find . -name '*.h') $(cd include && find . -name '*.h'); do
    # shellcheck disable=SC2086
    if ! printf '#include "%s"\ntypedef int not_empty;\n' "${header#./}" | ${CC:-cc} $flags -fsyntax-only -x c -; then
        echo "$header does not compile alone" >&2
        status=1
    fi
done
exit $status
