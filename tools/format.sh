#!/usr/bin/env bash
# tools/format.sh check   name the files that are not formatted, status 1 if there are any
# tools/format.sh fix     format them
set -euo pipefail
cd "$(dirname "$0")/.."

formatter=$(command -v clang-format-14 || true)
if [ -z "$formatter" ]; then
    echo "format: clang-format-14 is not installed (other versions format differently)" >&2
    exit 77
fi
mapfile -t files < <(find host include kernels tests -type f \
    \( -name '*.c' -o -name '*.h' -o -name '*.cl' -o -name '*.clh' \) | sort)
case "${1:-}" in
fix) "$formatter" -i "${files[@]}" ;;
check)
    status=0
    for file in "${files[@]}"; do
        if ! "$formatter" "$file" | cmp -s - "$file"; then
            echo "$file: not formatted (tools/format.sh fix)"
            status=1
        fi
    done
    exit $status
    ;;
*)
    echo "usage: tools/format.sh check|fix" >&2
    exit 2
    ;;
esac
