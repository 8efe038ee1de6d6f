#!/usr/bin/env bash
# Builds the peers in C into a folder (default build/peers) and says what is missing for the others. Installs nothing.
#
#   tools/bench/peers/build.sh [FOLDER]
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../../build/peers}
mkdir -p "$out"
missing=0

lacks() { # what, and how to get it
    echo "missing: $1; $2"
    missing=1
}

cc=${CC:-cc}
if "$cc" -std=gnu11 -O3 -march=native -fopenmp -Wall -Wextra -o "$out/openmp_step" "$here/openmp_step.c" -lm; then
    echo "built: $out/openmp_step"
else
    lacks openmp_step "gcc 10 or newer with OpenMP (Debian: apt install gcc)"
fi

hypre=$(dirname "$(find /usr/include /usr/local/include -name HYPRE_struct_ls.h 2>/dev/null | head -1)" 2>/dev/null)
if ! command -v mpicc >/dev/null; then
    lacks hypre "an MPI compiler (Debian: apt install libopenmpi-dev openmpi-bin)"
elif [ -z "$hypre" ] || [ "$hypre" = . ]; then
    lacks hypre "the library (Debian: apt install libhypre-dev)"
elif mpicc -std=gnu11 -O3 -march=native -Wall -Wextra -I"$hypre" -o "$out/hypre" "$here/hypre.c" -lHYPRE -lm; then
    echo "built: $out/hypre"
fi

python=${PYTHON:-python3}
for module in numba scipy sme; do
    "$python" -c "import $module" 2>/dev/null ||
        lacks "${module}_step.py" "python3 -m venv FOLDER && FOLDER/bin/pip install $module, then PYTHON=FOLDER/bin/python"
done
exit $missing
