#!/usr/bin/env bash
# Debian packages that Crosstalk needs. Quiet, does nothing when all are there, asks nothing.
#   tools/install-deps.sh          to build and run
#   tools/install-deps.sh tests    also to test
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

packages=(build-essential cmake ninja-build pkg-config git ca-certificates
    ocl-icd-opencl-dev opencl-headers pocl-opencl-icd libclblast-dev
    libpng-dev zlib1g-dev libexpat1-dev libyaml-dev libudunits2-dev libudunits2-data libfreetype-dev fonts-dejavu-core
    libmicrohttpd-dev)
case "${1:-}" in
tests) packages+=(libcmocka-dev clang-14 clang-format-14 oclgrind valgrind
    python3 python3-numpy python3-nibabel python3-vtk9 python3-jsonschema
    chromium chromium-driver python3-selenium python3-pil ffmpeg pngcheck imagemagick) ;;
"") ;;
*)
    echo "usage: tools/install-deps.sh [tests]" >&2
    exit 2
    ;;
esac

if ! command -v apt-get >/dev/null; then
    echo "install-deps: no apt-get here; please install the equivalents of: ${packages[*]}" >&2
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install-deps: neither root nor sudo; please install: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
    [ ! -t 0 ] || as_root=(sudo env DEBIAN_FRONTEND=noninteractive) # somebody is there to type a password
fi

echo "installing: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "install-deps: installing failed" >&2
    exit 1
fi
