# valgrind's memcheck finds no definite leak and no wrong access of ours: well-mixed, and on PoCL with a warm cache.
set -euo pipefail
if ! command -v valgrind >/dev/null; then
    echo "valgrind is not installed"
    exit 77
fi
binary=${CROSSTALK:-build/crosstalk}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export POCL_SIGFPE_HANDLER=0
small=(--quiet --set output.every=none --set output.checkpoint=signal)
watched() { # what, then the command line
    local what=$1
    shift
    if ! valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite --error-exitcode=99 --suppressions=tests/robust/long/valgrind.supp \
        --undef-value-errors=no --log-file="$folder/log" "$binary" "$@" >/dev/null 2>"$folder/said"; then
        echo "FAILED: $what" >&2
        head -c 6000 "$folder/log" "$folder/said" >&2
        exit 1
    fi
    echo "$what: nothing"
}
watched "well-mixed" run scenes/aged_trained.yaml -o "$folder/mixed" --well-mixed --quiet --set clock.until='age 27 y'
watched "check" check scenes/thigh.yaml --set geometry.spacing='4 mm'
chronic=(tests/robust/chronic.yaml "${small[@]}" --set clock.until='40 d' --set clock.acute='0.05 h' --set events=[]
    --set geometry.spacing='2 mm' --set drivers.bout_start=none)
"$binary" run "${chronic[@]}" -o "$folder/warm" 2>/dev/null
watched "chronic on PoCL" run "${chronic[@]}" -o "$folder/chronic"
