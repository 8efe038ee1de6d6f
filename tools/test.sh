#!/usr/bin/env bash
# Set a bare Debian machine up, build with warnings as errors, run every test but the long studies.
# The last line is ctest's result. More arguments go to ctest (-R name, -L long, ...).
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install-deps.sh tests
tools/build.sh -DCROSSTALK_WERROR=ON -DCROSSTALK_TESTS=ON

selection=(-LE long)
for argument in "$@"; do
    if [ "$argument" = -L ]; then selection=(); fi
done
log=build/ctest.log
status=0
(cd build && ctest "${selection[@]}" --output-on-failure -j "${JOBS:-2}" "$@") </dev/null 2>&1 | tee "$log" || status=$?
grep -E '^[0-9]+% tests passed' "$log" || echo "no test ran" >&2
exit "$status"
