#!/usr/bin/env bash
# Set a bare Debian machine up, build, and simulate a thigh from 25 to 75 years. Arguments go to `crosstalk run`.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install-deps.sh
tools=()
if [ ! -f build/CMakeCache.txt ]; then tools=(-DCROSSTALK_TESTS=OFF); fi
tools/build.sh "${tools[@]}"

out=out/thigh
for ((n = 2; ; n++)); do # nothing is overwritten
    [ -e "$out" ] || break
    out=out/thigh-$n
done
mkdir -p out
build/crosstalk run scenes/thigh.yaml -o "$out" "$@"

echo
echo "pictures: $out/frames/*.png ($(find "$out/frames" -name '*.png' | wc -l) of them)"
echo "curves:   $out/series.csv"
echo "report:   $out/report.html"
