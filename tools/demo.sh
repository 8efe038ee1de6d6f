#!/usr/bin/env bash
# Set a bare Debian machine up, build, and simulate a thigh from 25 to 75 years. Arguments go to `crosstalk run`.
# Two cores take about a minute for it; `--set geometry.spacing='4 mm'` is faster.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "demo: packages and build ..." >&2
tools/install-deps.sh
tools=()
if [ ! -f build/CMakeCache.txt ]; then tools=(-DCROSSTALK_TESTS=OFF); fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! tools/build.sh "${tools[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    echo "demo: building failed" >&2
    exit 1
fi

out=out/thigh
for ((n = 2; ; n++)); do # nothing is overwritten
    [ -e "$out" ] || break
    out=out/thigh-$n
done
mkdir -p out
echo "demo: a woman's thigh from 25 to 75, into $PWD/$out" >&2
status=0
build/crosstalk run scenes/thigh.yaml -o "$out" "$@" || status=$?
if [ "$status" -eq 75 ]; then echo "demo: go on with: build/crosstalk resume $out" >&2; fi
[ "$status" -eq 0 ] || exit "$status"

say() { # what there is, only if it is there
    if [ -e "$2" ]; then printf '  %-9s %s%s\n' "$1" "$PWD/$2" "${3:-}"; fi
}
shopt -s nullglob
frames=("$out"/frames/*.png)
last=
for frame in "$out"/frames/tissue_*.png; do last=$frame; done
echo
echo "Done. What there is to see:"
say pictures "$out/frames" " (${#frames[@]} PNG files: QUANTITY_PLANE_NUMBER.png, numbers go up in time)"
if [ -n "$last" ]; then say "such as" "$last"; fi
say curves "$out/series.csv" " (muscle, bone, fat and the signals in plasma over the years)"
say volumes "$out/volumes.pvd" " (ParaView)"
say proofs "$out/run.json" " (mass balance, residuals, step errors, timings)"
say report "$out/report.html"
