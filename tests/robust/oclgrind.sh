# Run the small scenes under Oclgrind; $1 and $2: their voxels' edges in mm (16 mm and 12.8 mm boxes). Without $2 only the
# chronic one, whose acute phase at the end uses the acute kernels too.
# Oclgrind's exit status is 0 whatever it finds: its log has to stay empty.
set -euo pipefail
if ! command -v oclgrind >/dev/null; then
    echo "oclgrind is not installed"
    exit 77
fi
binary=${CROSSTALK:-build/crosstalk}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pictures='[{show: u_osteokine, pixels: 200}]'

check() { # scene, then more of the command line
    local scene=$1 out=$folder/$1 log=$folder/$1.log
    shift
    oclgrind --data-races --check-api --log "$log" "$binary" run "tests/robust/$scene.yaml" -o "$out" --quiet \
        --set numerics.tolerance=0.05 --set output.frames="$pictures" --set output.checkpoint=signal "$@" 2>"$folder/said" || {
        cat "$folder/said" >&2
        exit 1
    }
    grep -q '"platform": "Oclgrind"' "$out/run.json" || {
        echo "$scene did not run under Oclgrind" >&2
        exit 1
    }
    if [ -s "$log" ]; then
        echo "Oclgrind on $scene:" >&2
        head -c 4000 "$log" >&2
        exit 1
    fi
    grep -o '"name": "[a-z:, -]*"' "$out/run.json" | sort -u >>"$folder/stages"
}

check chronic --set geometry.spacing="$1 mm" --set model.set='{surface_rate: 20 mm/y}' --set clock.step='20 d' \
    --set clock.until='40 d' --set drivers.sessions='0 1/week' --set clock.acute='0.05 h' --set drivers.bout_start='960 h' \
    --set events='[{at: 960.02 h, bolus: {species: myokine, amount: 1 pmol, centre: [8 mm, 8 mm, 8 mm], radius: 3 mm}}]' \
    --set output.every=none --set output.volumes.every=none --set output.acute_every='0.05 h'
if grep -q '"label_changes": 0,' "$folder/chronic/run.json"; then
    echo "no label changed: the kernels for it were not looked at" >&2
    exit 1
fi
if [ -n "${2:-}" ]; then
    check acute --set geometry.spacing="$2 mm" --set clock.until='0.15 h' --set output.every=none --set output.volumes.every=none \
        --set drivers.bout_start='0.05 h' --set events='[{at: 0.1 h, bolus: {species: vesicle, amount: 1 pmol, into: plasma}}]'
fi
for stage in "steady: residual" "steady: operator" "steady: coefficients" remodelling labels means section classify \
    "acute: fields" "acute: plasma"; do
    grep -q "\"$stage\"" "$folder/stages" || {
        echo "stage '$stage' did not run" >&2
        exit 1
    }
done
echo "Oclgrind found nothing in $(wc -l <"$folder/stages") stages"
