#!/bin/bash
# Whatever is wrong with the input: a clear message, the right status, nothing half-written, no crash.
set -u
X=${CROSSTALK:?the path of the binary}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
    echo "FAIL $*"
    [ -s "$work/err" ] && head -8 "$work/err" | sed 's/^/    /'
    failures=$((failures + 1))
}

# bad STATUS PATTERN COMMAND...: that status, the pattern in the message, stdout empty, no folder $work/o, no temporary file
bad() {
    local status=$1 pattern=$2
    shift 2
    "$@" >"$work/out" 2>"$work/err" </dev/null
    local got=$?
    [ $got -eq "$status" ] || fail "status $got instead of $status: ${*:2}"
    grep -qE -- "$pattern" "$work/err" || fail "no '$pattern': ${*:2}"
    [ ! -s "$work/out" ] || fail "data on stdout: ${*:2}"
    [ ! -e "$work/o" ] || { fail "left an output folder: ${*:2}"; rm -rf "$work/o"; }
    [ -z "$(find "$work" -name '*.tmp-*')" ] || fail "left a temporary file: ${*:2}"
}
# The same for `check` and for `run`, which must not differ.
bad_scene() {
    local pattern=$1 file=$2
    shift 2
    bad 2 "$pattern" "$X" check "$file" "$@"
    bad 2 "$pattern" "$X" run "$file" -o "$work/o" --quiet "$@"
}
scene() { # NAME: the text from stdin
    cat >"$work/$1.yaml"
    echo "$work/$1.yaml"
}
slab='geometry: {slabs: {layers: [{tissue: cortex, thickness: 4 mm}, {tissue: muscle, thickness: 4 mm}]}, spacing: 1 mm}'
good=$(printf 'format: 1\n%s\nclock: {until: 28 d}\n' "$slab" | scene good)
"$X" check "$good" >"$work/out" 2>"$work/err" || fail "the good scene is refused"

# ---- keys and units ----
bad_scene 'good2.yaml:4:1: error: unknown key .subjct.; did you mean .subject.' \
    "$( (cat "$good"; echo 'subjct: {}') | scene good2)"
bad_scene ':4:1: error: .*already' "$( (cat "$good"; echo 'clock: {until: 1 y}') | scene double)"
bad_scene "the key 'until' is missing in clock" "$(printf 'format: 1\n%s\nclock: {}\n' "$slab" | scene missing)"
bad_scene ":3:16: error: expected a duration such as" "$(printf 'format: 1\n%s\nclock: {until: 5 mm}\n' "$slab" | scene unit)"
bad_scene 'without a unit' "$(printf 'format: 1\n%s\nclock: {until: 5}\n' "$slab" | scene bare)"
bad_scene 'tab|TAB' "$(printf 'format: 1\n\tclock: {}\n' | scene tab)"
bad_scene 'anchor|alias' "$(printf 'format: 1\n%s\nclock: &a {until: 28 d}\n' "$slab" | scene anchor)"
bad_scene 'UTF-8' "$(printf 'format: 1\ntitle: \377\376\n' | scene bytes)"
bad_scene 'empty' "$(scene empty </dev/null)"
bad_scene '[0-9]+:[0-9]+: error: ' "$(printf 'format: 1\nclock: {until: [\n' | scene open)"
bad_scene '--set:1:' "$good" --set clock.untill='1 y'
bad_scene '--set' "$good" --set clock
bad 4 'nothing.yaml' "$X" check "$work/nothing.yaml"
bad 4 . "$X" check "$work"

# ---- names of the model ----
bad_scene "did you mean 'sessions'" "$good" --set drivers.sesions='3 1/week'
bad_scene 'sessions|rate' "$good" --set drivers.sessions='3 kg'
bad_scene 'intensity|0.*1' "$good" --set drivers.intensity=7
bad_scene "^--set:1:16: error: .*did you mean 'myokine'" "$good" --set output.frames='[myokin]'
bad_scene "irisin" "$good" --set events='[{at: 1 d, set: {irisin: 3}}]'
bad_scene "^--set:1:37: error: the model has no species 'leptin'" "$good" --set geometry.walls='[{wall: x-, species: leptin, value: 1 pM}]'
bad_scene "^--set:1:32: error: the model has no tissue 'muscl'; did you mean 'muscle'" "$good" --set geometry.slabs.layers.1.tissue=muscl
bad_scene "stem_ageing|parameter|setting" "$good" --set model.set.stem_agein='1 1/y'

# ---- the model file ----
model=scenes/models/crosstalk4.yaml
broken() { # NAME OLD NEW: a model with one text replaced, as an argument for --set
    /usr/bin/python3 - "$model" "$work/$1.yaml" "$2" "$3" <<'PY'
import sys
text = open(sys.argv[1]).read()
assert text.count(sys.argv[3]) >= 1, sys.argv[3]
open(sys.argv[2], "w").write(text.replace(sys.argv[3], sys.argv[4], 1))
PY
    echo "model.file=$work/$1.yaml"
}
bad_scene 'm1.yaml:[0-9]+:[0-9]+: error: ' "$good" --set "$(broken m1 'years: age/1 y' 'years: age/(1 y')"
bad_scene 'm2.yaml:[0-9]+:[0-9]+: error: ' "$good" --set "$(broken m2 'years: age/1 y' 'years: age + 1')"
bad_scene 'm3.yaml:[0-9]+:[0-9]+: error: .*(agee|unknown)' "$good" --set "$(broken m3 'years: age/1 y' 'years: agee/1 y')"
bad_scene 'm4.yaml:[0-9]+:[0-9]+: error: ' "$good" --set "$(broken m4 'muscle_turnover: {value: 0.015 1/d' 'muscle_turnover: {value: 0.015 d')"
bad_scene 'm5.yaml:[0-9]+:[0-9]+: error: ' "$good" --set "$(broken m5 '{bone: 0.95, connective: 0.05}' '{bone: 0.95, connective: 0.15}')"
bad_scene 'm6.yaml:[0-9]+:[0-9]+: error: .*speces' "$good" --set "$(broken m6 'species:' 'speces:')"

# ---- label volumes ----
nifti=$work/v.nii
labels() { # PYTHON: header fields in h, data in d; writes v.nii
    /usr/bin/python3 - "$nifti" "$1" <<'PY'
import struct, sys, zlib, gzip
h = dict(size=348, dim=[3, 8, 8, 8, 1, 1, 1, 1], datatype=2, bitpix=8, pixdim=[1, 1, 1, 1, 1, 1, 1, 1], vox=352.0, magic=b"n+1\0")
d = bytes([4]) * 512
pack = lambda b: b
exec(sys.argv[2])
b = bytearray(352)
struct.pack_into("<i", b, 0, h["size"])
struct.pack_into("<8h", b, 40, *h["dim"])
struct.pack_into("<hh", b, 70, h["datatype"], h["bitpix"])
struct.pack_into("<8f", b, 76, *h["pixdim"])
struct.pack_into("<f", b, 108, h["vox"])
b[344:348] = h["magic"]
open(sys.argv[1], "wb").write(pack(bytes(b) + d))
PY
}
volume=$(printf 'format: 1\ngeometry: {labels: {file: v.nii, map: {0: outside, 4: muscle}}}\nclock: {until: 28 d}\n' | scene volume)
labels ''
"$X" check "$volume" >"$work/out" 2>"$work/err" || fail "the good volume is refused"
labels 'd = bytes([4]) * 511 + bytes([9])'
bad_scene '\b9\b' "$volume" # a label without a tissue
bad_scene "^--set:1:37: error: the model has no tissue 'muscel'; did you mean 'muscle'" "$volume" --set geometry.labels.map='{0: outside, 4: muscel, 9: fat}'
labels 'd = bytes(512)'
bad_scene 'no tissue' "$volume" # nothing but outside
: >"$nifti"
bad_scene 'v.nii' "$volume" # empty
labels 'd = d[:100]'
bad_scene 'v.nii' "$volume" # truncated
labels 'pack = lambda b: b[:200]'
bad_scene 'v.nii' "$volume" # truncated header
labels 'h["dim"] = [3, 32767, 32767, 32767, 1, 1, 1, 1]'
bad_scene 'v.nii' "$volume" # more voxels than the file
labels 'h["dim"] = [7, 32767, 32767, 32767, 32767, 32767, 32767, 32767]'
bad_scene 'v.nii' "$volume" # overflow
labels 'h["dim"] = [3, -8, 8, 8, 1, 1, 1, 1]'
bad_scene 'v.nii' "$volume" # negative size
labels 'h["dim"] = [4, 8, 8, 4, 2, 1, 1, 1]'
bad_scene 'v.nii' "$volume" # two frames
labels 'h["pixdim"] = [1, float("nan"), 1, 1, 1, 1, 1, 1]'
bad_scene 'v.nii' "$volume"
labels 'h["vox"] = 1e9'
bad_scene 'v.nii' "$volume" # data outside the file
labels 'h["magic"] = b"jpg\0"'
bad_scene 'v.nii' "$volume"
labels 'h["datatype"], h["bitpix"] = 128, 24; d = d * 3'
bad_scene 'v.nii' "$volume" # colours
labels 'h["datatype"], h["bitpix"], d = 16, 32, struct.pack("<f", 4.5) * 512'
bad_scene 'v.nii' "$volume" # labels that are no whole numbers
labels 'pack = lambda b: gzip.compress(b)[:-20]'
bad_scene 'v.nii' "$volume" # a damaged gzip stream
labels 'h["dim"] = [3, 2000, 2000, 1000, 1, 1, 1, 1]; d = bytes(300000000); pack = lambda b: gzip.compress(b, 1)'
bad_scene 'v.nii' "$volume" # unpacks to less than its header says
labels 'd = bytes(100000000); pack = lambda b: gzip.compress(b, 1)'
timeout 60 "$X" check "$volume" >"$work/out" 2>"$work/err"
[ $? -le 2 ] || fail "a file that unpacks to far more than its header says" # refused or the rest ignored, never read whole
bad_scene 'max_size|GiB|MiB|larger|limit' "$volume" --set geometry.labels.max_size='256 B'
rm "$nifti"
bad 4 'v.nii' "$X" check "$volume"
bad 4 'v.nii' "$X" run "$volume" -o "$work/o"
for sample in "$work"/*.yaml; do # a text is no volume
    cp "$sample" "$nifti"
    bad_scene 'v.nii' "$volume"
    break
done

# ---- grids ----
bad_scene '(GiB|TiB|PiB).*finest spacing that fits is [0-9.]+ mm' scenes/thigh.yaml --set geometry.spacing='0.03 mm'
bad_scene '(GiB|TiB|PiB).*finest spacing that fits is [0-9.]+ mm' scenes/thigh.yaml --set geometry.spacing='0.001 mm'
# the spacing it names does fit
"$X" check scenes/thigh.yaml --set geometry.spacing='0.03 mm' >"$work/out" 2>"$work/err"
fits=$(sed -n 's/.*finest spacing that fits is \([0-9.]*\) mm.*/\1/p' "$work/err")
[ -n "$fits" ] && /usr/bin/python3 -c "import sys; sys.exit(not 0.03 < $fits < 1)" || fail "spacing that fits: '$fits'"
bad_scene 'cortex|femur|bone|medullary' scenes/thigh.yaml --set geometry.medullary_radius='20 mm'
bad_scene 'window' scenes/interface.yaml --set geometry.window.size='[500 mm, 6 mm, 2 mm]'

# ---- devices ----
bad 3 . env OCL_ICD_VENDORS="$work/none" OCL_ICD_FILENAMES= "$X" run "$good" -o "$work/o"
bad 3 . env OCL_ICD_VENDORS="$work/none" OCL_ICD_FILENAMES= "$X" devices
bad 3 'nonesuch' "$X" run "$good" -o "$work/o" --device nonesuch
bad 3 'nonesuch' "$X" check "$good" --device nonesuch
bad 3 '99' "$X" run "$good" -o "$work/o" --device 99:0
env OCL_ICD_VENDORS="$work/none" "$X" run "$good" -o "$work/mixed" --well-mixed --quiet >"$work/out" 2>"$work/err" ||
    fail "well-mixed tissues need no device"

# ---- where it writes ----
mkdir "$work/there"
echo mine >"$work/there/file"
bad 4 'exists|force' "$X" run "$good" -o "$work/there" --well-mixed
[ "$(ls "$work/there")" = file ] || fail "a folder that exists was touched"
bad 4 . "$X" run "$good" -o "$good" --well-mixed
bad 4 . "$X" run "$good" -o "$good/o" --well-mixed --force
bad 4 . "$X" run "$good" -o /proc/crosstalk --well-mixed
bad 4 . "$X" resume "$work/there"
bad 4 . "$X" resume "$work/nowhere"
bad 4 . "$X" mesh "$good" -o "$work/nowhere/a.stl"
bad 4 'exists|force' "$X" run "$good" -o "$work/mixed" --well-mixed
"$X" run "$good" -o "$work/there" --well-mixed --force --quiet >"$work/out" 2>"$work/err" || fail "--force"
[ "$(cat "$work/there/file")" = mine ] || fail "--force removed what is not Crosstalk's"

# a file that may not grow: as a full disk, without needing one
(ulimit -f 4; "$X" mesh scenes/thigh.yaml -o "$work/big.vtp") >"$work/out" 2>"$work/err"
status=$?
[ $status -eq 4 ] || fail "mesh on a full disk: status $status"
[ -z "$(find "$work" -name 'big*')" ] || fail "mesh on a full disk left a file"
(ulimit -f 2; "$X" run scenes/aged_sedentary.yaml --well-mixed -o "$work/full") >"$work/out" 2>"$work/err"
status=$?
[ $status -eq 4 ] || fail "run on a full disk: status $status"
[ -z "$(find "$work/full" -name '*.tmp-*')" ] || fail "run on a full disk left a temporary file"
# a real one, where a user may mount
if unshare -Urm true 2>/dev/null; then
    mkdir "$work/disk"
    unshare -Urm bash -c "mount -t tmpfs -o size=64k none '$work/disk' || exit 77
        '$X' mesh scenes/thigh.yaml -o '$work/disk/big.vtp'
        status=\$?; [ -z \"\$(ls '$work/disk')\" ] || status=99; exit \$status" >"$work/out" 2>"$work/err"
    status=$?
    [ $status -eq 4 ] || [ $status -eq 77 ] || fail "mesh on a small disk: status $status"
fi

echo "$failures failures"
[ $failures -eq 0 ]
