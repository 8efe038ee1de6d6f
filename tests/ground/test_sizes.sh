# No file has grown to 500 lines: there is a second concept in it by then.
set -euo pipefail
status=0
while read -r lines file; do
    if [ "$lines" -ge 500 ]; then
        echo "$file: $lines lines"
        status=1
    fi
done < <(find host include kernels tests tools -type f \
    \( -name '*.c' -o -name '*.h' -o -name '*.cl' -o -name '*.clh' -o -name '*.py' -o -name '*.sh' \) -exec wc -l {} \;)
exit $status
