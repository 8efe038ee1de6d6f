# The same small picture under Oclgrind, which finds nothing to complain of, as on the default device: within 1/255 of a
# channel. Devices that this machine has besides are compared by render.test_volume.
set -euo pipefail
if ! command -v oclgrind >/dev/null; then
    echo "oclgrind is not installed"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
program=${BUILD:-build}/tests/render.test_volume
"$program" "$folder/here"
XDG_CACHE_HOME=$folder CROSSTALK_DEVICE= oclgrind --data-races --check-api --log "$folder/log" "$program" "$folder/there"
if [ -s "$folder/log" ]; then
    head -c 4000 "$folder/log" >&2
    exit 1
fi
/usr/bin/python3 - "$folder/here" "$folder/there" <<'PY'
import array
import sys
here, there = (array.array("H", open(name, "rb").read()) for name in sys.argv[1:])
worst = max(abs(a - b) for a, b in zip(here, there))
print(f"largest difference {worst / 257:.2f}/255")
sys.exit(len(here) != len(there) or worst > 257)
PY
