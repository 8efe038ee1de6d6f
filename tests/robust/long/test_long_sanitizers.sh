# AddressSanitizer and UndefinedBehaviorSanitizer report nothing: a build of its own, the small scenes, bad input, kills.
#
# PoCL compiles kernels inside the process, which the sanitizers do not like: a plain binary fills its cache first.
set -euo pipefail
build=${BUILD:-build}
plain=${CROSSTALK:-$build/crosstalk}
cmake -S . -B "$build-asan" -DCROSSTALK_SANITIZE=ON -DCROSSTALK_TESTS=OFF >/dev/null
cmake --build "$build-asan" --parallel "${JOBS:-$(nproc)}" --target crosstalk >/dev/null
binary=$build-asan/crosstalk
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export POCL_SIGFPE_HANDLER=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=99
# the OpenCL runtime keeps what it has until the end; leaks are valgrind's business
export ASAN_OPTIONS=detect_leaks=0:exitcode=99:allocator_may_return_null=1
failures=0
check() { # expected status, then the command
    local status=$1 got=0
    shift
    "$@" </dev/null >"$folder/stdout" 2>"$folder/said" || got=$?
    if [ "$got" -ne "$status" ] || grep -qE 'ERROR: AddressSanitizer|runtime error:' "$folder/said"; then
        echo "FAILED: status $got instead of $status: $*" >&2
        head -c 4000 "$folder/said" >&2
        failures=$((failures + 1))
    fi
}
for scene in chronic acute; do
    "$plain" run tests/robust/$scene.yaml -o "$folder/warm-$scene" --quiet 2>/dev/null
    check 0 "$binary" run tests/robust/$scene.yaml -o "$folder/$scene" --quiet
    cmp "$folder/warm-$scene/series.csv" "$folder/$scene/series.csv" || failures=$((failures + 1))
    check 0 "$binary" resume "$folder/$scene" --quiet
done
check 0 "$binary" run scenes/aged_trained.yaml -o "$folder/mixed" --well-mixed --quiet
for scene in scenes/*.yaml; do
    case $scene in *real_thigh*) status=2 ;; *) status=0 ;; esac
    check $status "$binary" check "$scene"
done
check 0 "$binary" mesh tests/robust/acute.yaml -o "$folder/surface.vtp"
check 0 "$binary" --help
check 0 "$binary" help scene
check 2 "$binary"
check 2 "$binary" run
check 2 "$binary" walk
# Every prefix of a scene, and the scene with every line damaged.
lines=$(wc -l <tests/robust/acute.yaml)
for ((n = 1; n < lines; n++)); do
    head -n "$n" tests/robust/acute.yaml >"$folder/cut.yaml"
    head -c -7 "$folder/cut.yaml" >"$folder/cut2.yaml"
    sed "${n}s/[:,]/ ]/" tests/robust/acute.yaml >"$folder/damaged.yaml"
    for bad in cut cut2 damaged; do
        got=0
        "$binary" check "$folder/$bad.yaml" </dev/null >/dev/null 2>"$folder/said" || got=$?
        if [ "$got" -ne 0 ] && [ "$got" -ne 2 ]; then
            echo "FAILED: status $got for $bad at line $n" >&2
            head -c 4000 "$folder/said" >&2
            failures=$((failures + 1))
        fi
    done
done
# Labels that lie.
for bytes in 0 100 348 352 1000; do
    head -c "$bytes" /dev/urandom >"$folder/bad.nii"
    got=0
    "$binary" check scenes/real_thigh.yaml --set geometry.labels.file="$folder/bad.nii" 2>"$folder/said" >/dev/null || got=$?
    if [ "$got" -ne 2 ] && [ "$got" -ne 4 ]; then
        echo "FAILED: status $got for $bytes bytes of noise as a label volume" >&2
        head -c 2000 "$folder/said" >&2
        failures=$((failures + 1))
    fi
done
if [ "$failures" -ne 0 ]; then
    echo "$failures failures" >&2
    exit 1
fi
