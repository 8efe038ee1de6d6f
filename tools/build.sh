#!/usr/bin/env bash
# Configure and build into build/, keeping the generator that is in use there. Arguments go to cmake.
set -euo pipefail
cd "$(dirname "$0")/.."

generator=()
if [ ! -f build/CMakeCache.txt ] && command -v ninja >/dev/null; then generator=(-G Ninja); fi
cmake -S . -B build "${generator[@]}" "$@" >build-configure.tmp 2>&1 || {
    cat build-configure.tmp >&2
    rm -f build-configure.tmp
    exit 1
}
rm -f build-configure.tmp
cmake --build build --parallel "${JOBS:-$(nproc)}"
