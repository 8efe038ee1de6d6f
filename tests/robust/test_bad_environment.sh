# What the surroundings can do wrong: a clear message, the right exit status, nothing half-written, no crash.
set -uo pipefail
binary=$(realpath "${CROSSTALK:-build/crosstalk}")
scene=tests/robust/acute.yaml
small=(--set clock.until='0.5 h' --set events=[] --set output.every=none --quiet)
folder=$(mktemp -d)
mounted=
finish() {
    [ -z "$mounted" ] || umount "$mounted" 2>/dev/null
    rm -rf "$folder"
}
trap finish EXIT
failures=0
wrong() {
    echo "FAILED: $1" >&2
    sed 's/^/    /' "$folder/said" >&2
    failures=$((failures + 1))
}
# what, expected status, expected words (a regular expression), then the command
expect() {
    local what=$1 status=$2 words=$3
    shift 3
    "$@" </dev/null >"$folder/stdout" 2>"$folder/said"
    local got=$?
    if [ "$got" -ne "$status" ]; then wrong "$what: status $got instead of $status"; fi
    if [ -n "$words" ] && ! grep -qiE "$words" "$folder/said"; then wrong "$what: nothing said about '$words'"; fi
    if [ "$(grep -c 'error:' "$folder/said")" -gt 1 ]; then wrong "$what: more than one error"; fi
}
absent() { if [ -e "$1" ]; then wrong "$1 was left behind"; fi; }

mkdir "$folder/none"
expect "no device" 3 "no OpenCL (platform|device)|install|pocl" \
    env OCL_ICD_VENDORS="$folder/none" "$binary" run $scene -o "$folder/a" "${small[@]}"
absent "$folder/a"
expect "a device that is not there" 3 "nonesuch" "$binary" run $scene -o "$folder/a" "${small[@]}" --device nonesuch
absent "$folder/a"
expect "well-mixed without a device" 0 "" \
    env OCL_ICD_VENDORS="$folder/none" "$binary" run scenes/aged_sedentary.yaml -o "$folder/mixed" --well-mixed --quiet \
    --set clock.until='60 d'

expect "a tunable that is not there" 2 "did you mean 'step'" \
    env CROSSTALK_TUNE=stp.levels=2 "$binary" run $scene -o "$folder/a" "${small[@]}"
absent "$folder/a"

mkdir "$folder/there"
echo mine >"$folder/there/file"
expect "a folder that exists" 4 "force" "$binary" run $scene -o "$folder/there" "${small[@]}"
if [ "$(ls "$folder/there")" != file ]; then wrong "the folder that exists was written to"; fi
expect "a folder that exists, with --force" 0 "" "$binary" run $scene -o "$folder/there" "${small[@]}" --force
if [ "$(cat "$folder/there/file")" != mine ]; then wrong "--force removed a file that is not ours"; fi
expect "a file in place of the folder" 4 "not a folder" "$binary" run $scene -o "$folder/there/file" "${small[@]}"
expect "a file in the path" 4 "not a folder" "$binary" run $scene -o "$folder/there/file/out" "${small[@]}"
expect "a folder that cannot be made" 4 "/proc" "$binary" run $scene -o /proc/crosstalk "${small[@]}"
expect "nothing to resume" 4 "checkpoint" "$binary" resume "$folder/none"
expect "no such scene" 4 "nowhere.yaml" "$binary" run "$folder/nowhere.yaml" -o "$folder/a"
absent "$folder/a"

# A full disk: whatever is there has its final name and can be read; the series ends in a whole row.
whole() {
    local left
    left=$(find "$1" -name '*.tmp-*')
    if [ -n "$left" ]; then wrong "$2: half-written $left"; fi
    if [ -e "$1/series.csv" ] && [ "$(tail -c 1 "$1/series.csv" | od -An -tx1 | tr -d ' ')" != 0a ]; then
        wrong "$2: series.csv ends in half a row"
    fi
}
mkdir "$folder/disk"
if mount -t tmpfs -o size=400k tmpfs "$folder/disk" 2>/dev/null; then
    mounted=$folder/disk
    expect "a full disk" 4 "space" "$binary" run $scene -o "$folder/disk/out" "${small[@]}"
    whole "$folder/disk/out" "a full disk"
fi
# A limit on the size of any one file, without a device: OpenCL runtimes write files of their own.
for blocks in 1 2 8; do # KiB
    expect "files of at most $blocks KiB" 4 "too large|space" bash -c "ulimit -f $blocks; exec \"\$@\"" limited \
        "$binary" run scenes/aged_sedentary.yaml -o "$folder/limited$blocks" --well-mixed --quiet \
        --set clock.until='age 60 y' --set output.series='30 d' --set output.every=none
    whole "$folder/limited$blocks" "files of at most $blocks KiB"
done

expect "standard output that is full" 4 "standard output|stdout|space" \
    bash -c '"$@" >/dev/full' full "$binary" run $scene -o "$folder/full" "${small[@]}" --json
expect "standard input closed" 0 "" bash -c '"$@" <&-' closed "$binary" run $scene -o "$folder/in" "${small[@]}"
expect "standard output closed" 0 "" bash -c '"$@" >&-' closed "$binary" run $scene -o "$folder/out" "${small[@]}"
expect "standard output closed, and wanted" 4 "standard output" \
    bash -c '"$@" >&-' closed "$binary" run $scene -o "$folder/wanted" "${small[@]}" --json
"$binary" run $scene -o "$folder/err" "${small[@]}" 2>&- </dev/null >/dev/null
if [ $? -ne 0 ] || [ ! -s "$folder/err/series.csv" ]; then wrong "standard error closed"; fi
for out in in out err; do # nothing that was meant for a closed stream landed in a file
    if ! head -c 8 "$folder/$out/series.csv" | grep -q '^time'; then wrong "series.csv of '$out' is not a series"; fi
done

if [ $failures -ne 0 ]; then
    echo "$failures failures" >&2
    exit 1
fi
