#!/bin/bash
# The command line as scripts see it: help, suggestions, exit statuses, data on stdout and talk on stderr.
set -u
X=${CROSSTALK:?the path of the binary}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect STATUS PATTERN-IN-STDOUT PATTERN-IN-STDERR ARGUMENTS...; an empty pattern wants nothing there, . wants anything
expect() {
    local status=$1 out=$2 err=$3
    shift 3
    "$X" "$@" >"$work/out" 2>"$work/err" </dev/null
    local got=$?
    local bad=
    [ $got -eq "$status" ] || bad="status $got instead of $status"
    if [ -z "$out" ]; then [ ! -s "$work/out" ] || bad="$bad; stdout is not empty"
    elif [ "$out" != - ]; then grep -qE -- "$out" "$work/out" || bad="$bad; stdout lacks '$out'"; fi
    if [ -z "$err" ]; then [ ! -s "$work/err" ] || bad="$bad; stderr is not empty"
    elif [ "$err" != - ]; then grep -qE -- "$err" "$work/err" || bad="$bad; stderr lacks '$err'"; fi
    if [ -n "$bad" ]; then
        echo "FAIL crosstalk $*: $bad"
        sed 's/^/    /' "$work/out" "$work/err" | head -20
        failures=$((failures + 1))
    fi
}

expect 0 '^crosstalk [0-9]+\.[0-9]+' '' --version
expect 0 '^Usage: crosstalk COMMAND' '' --help
expect 0 '^Usage: crosstalk COMMAND' '' help
expect 0 '^geometry ' '' help scene
expect 0 'json-schema.org' '' help schema
expect 0 'json-schema.org' '' help model-schema
for command in run resume check devices mesh render; do
    expect 0 "^Usage: crosstalk $command" '' $command --help
    expect 0 "^Usage: crosstalk $command" '' help $command
    "$X" --help | grep -qE "^  $command " || { echo "FAIL --help does not list $command"; failures=$((failures + 1)); }
done
# what --help lists exists
for command in $("$X" --help | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p'); do expect 0 . '' $command --help; done

expect 2 '' 'a command is missing'
expect 2 '' "no command 'chek'; did you mean 'check'" chek
expect 2 '' "no option '--verson'; did you mean '--version'" --verson
expect 2 '' "did you mean 'scene'" help scenes
expect 2 '' "run has no option '--ouput'; did you mean '--output'" run scenes/thigh.yaml --ouput "$work/o"
expect 2 '' "did you mean '--set'" check scenes/thigh.yaml --sett a=b
expect 2 '' 'run needs a SCENE' run -o "$work/o"
expect 2 '' 'run needs a folder' run scenes/thigh.yaml
expect 2 '' '--output needs a value' run scenes/thigh.yaml -o
expect 2 '' '--output is given twice' run scenes/thigh.yaml -o a -o b
expect 2 '' "--force takes no value" run scenes/thigh.yaml --force=1 -o "$work/o"
expect 2 '' "takes one SCENE" run scenes/thigh.yaml scenes/thigh.yaml -o "$work/o"
expect 2 '' "expected a whole number" run scenes/thigh.yaml -o "$work/o" --threads many
expect 2 '' 'devices takes no argument' devices all
expect 4 '' 'nothing.yaml' check nothing.yaml
expect 4 '' . resume "$work"
expect 2 '' 'ends in .vtp' mesh scenes/thigh.yaml -o "$work/a.obj"
expect 2 '' 'mesh needs a file' mesh scenes/thigh.yaml

# spellings of options, and what -- ends
expect 0 'sex.*female' - check --json --set=subject.sex=female scenes/young_sedentary.yaml
expect 4 '' "'--json'|--json" check -- --json

# checking needs no folder and leaves none
expect 0 '^grid +166 x 166 x 6 voxels' 'vesicle decays within' check scenes/young_sedentary.yaml
expect 0 '"device_bytes_per_voxel"' - check scenes/young_sedentary.yaml --json
"$X" check scenes/young_sedentary.yaml --json 2>/dev/null | python3 -m json.tool >/dev/null ||
    { echo 'FAIL check --json is not JSON'; failures=$((failures + 1)); }
"$X" help schema | python3 -m json.tool >/dev/null || { echo 'FAIL the schema is not JSON'; failures=$((failures + 1)); }
"$X" devices --json --no-measure 2>/dev/null | python3 -m json.tool >/dev/null ||
    { echo 'FAIL devices --json is not JSON'; failures=$((failures + 1)); }

# surfaces and volumes; nothing is replaced without --force
small='--set geometry={spheres: {layers: [{tissue: cortex, radius: 3 mm}, {tissue: muscle}], box: 10 mm}, spacing: 0.5 mm}'
for ending in vtp stl vti nii nii.gz; do
    expect 0 '^tissue 1 cortex: 11[0-9]\.' "wrote .*m.$ending" mesh scenes/thigh.yaml "${small%% *}" "${small#* }" -o "$work/m.$ending"
    [ -s "$work/m.$ending" ] || { echo "FAIL m.$ending is missing"; failures=$((failures + 1)); }
done
expect 4 '' 'exists; --force replaces it' mesh scenes/thigh.yaml "${small%% *}" "${small#* }" -o "$work/m.stl"
expect 0 . . mesh scenes/thigh.yaml "${small%% *}" "${small#* }" -o "$work/m.stl" --force --tissue cortex --other muscle
expect 2 '' "did you mean 'cortex'" mesh scenes/thigh.yaml "${small%% *}" "${small#* }" -o "$work/n.stl" --tissue cortx
[ ! -e "$work/n.stl" ] || { echo 'FAIL a refused mesh left a file'; failures=$((failures + 1)); }

# a closed standard output is an output error, not a signal
"$X" help scene 2>"$work/err" >&- ; status=$?
[ $status -eq 4 ] || { echo "FAIL closed stdout: status $status"; failures=$((failures + 1)); }
if [ -w /dev/full ]; then
    "$X" help scene >/dev/full 2>"$work/err"; status=$?
    [ $status -eq 4 ] && grep -q 'standard output' "$work/err" || { echo "FAIL full stdout: status $status"; failures=$((failures + 1)); }
fi

# a terminal is not required, NO_COLOR and pipes give no escape sequences
"$X" chek 2>&1 | grep -q "$(printf '\033')" && { echo 'FAIL colours in a pipe'; failures=$((failures + 1)); }

echo "$failures failures"
[ $failures -eq 0 ]
