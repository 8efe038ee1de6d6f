# Each kernel file compiles as OpenCL C 1.2 without any extension and without a device, with just the .clh files that its
# opening comment names ("Needs grid.clh, sum.clh."), and says FP_CONTRACT OFF.
set -euo pipefail
if ! command -v clang-14 >/dev/null; then
    echo "clang-14 is not installed"
    exit 77
fi
lint() {
    clang-14 -x cl -cl-std=CL1.2 --target=spir64-unknown-unknown -Xclang -finclude-default-header -Xclang -cl-ext=-all \
        -fsyntax-only -Wall -Wextra -Wno-unused-function -Werror -
}
needs() { # the .clh files that a kernel names, in its order
    tr '\n' ' ' <"$1" | sed 's/ \* / /g' | tr -s ' ' | grep -oE 'Needs ([a-z0-9_]+\.clh(, | and )?)+' | grep -oE '[a-z0-9_]+\.clh' || true
}
whole() { # what the host would put together, with the files' own line numbers
    for part in $(needs "$1"); do
        printf '#line 1 "kernels/%s"\n' "$part"
        cat "kernels/$part"
    done
    printf '#line 1 "%s"\n' "$1"
    cat "$1"
}
status=0
for kernel in kernels/*.cl; do
    if ! whole "$kernel" | lint; then
        echo "$kernel does not compile with the files that it names" >&2
        status=1
    fi
    if ! whole "$kernel" | grep '^#pragma OPENCL FP_CONTRACT OFF' >/dev/null; then
        echo "$kernel does not say FP_CONTRACT OFF" >&2
        status=1
    fi
done
# The check itself notices an error and an extension.
for wrong in 'kernel void f(global float *x) { y[0] = 1; }' 'kernel void f(global double *x) { x[0] = 1; }'; do
    if printf '%s\n' "$wrong" | lint 2>/dev/null; then
        echo "the lint takes: $wrong" >&2
        status=1
    fi
done
exit $status
