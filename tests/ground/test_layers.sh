# The rooms include each other only along the arrows, and the check notices when they do not.
set -euo pipefail
/usr/bin/python3 tools/check_layers.py .

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
must_notice() { # FILE TEXT: a tree with just this mistake
    rm -rf "$tree/host" "$tree/include"
    mkdir -p "$tree/host/base" "$tree/host/solve" "$tree/host/tissue" "$tree/host/observe" "$tree/include/crosstalk"
    for room in base solve tissue observe; do echo 'int x;' >"$tree/host/$room/x.h"; done
    /usr/bin/python3 tools/check_layers.py "$tree"
    printf '%s\n' "$2" >"$tree/$1"
    if /usr/bin/python3 tools/check_layers.py "$tree" >/dev/null; then
        echo "check_layers.py takes $1 with: $2" >&2
        exit 1
    fi
}
must_notice host/solve/a.c '#include "tissue/x.h"'
must_notice host/tissue/a.c '#include "solve/x.h"'
must_notice host/solve/a.c '#include "observe/x.h"'
must_notice host/base/a.c '#include "solve/x.h"'
must_notice host/base/a.c '#include "x.h"'
must_notice host/base/a.c '#include "base/none.h"'
must_notice host/base/a.c '#include "base/../solve/x.h"'
must_notice include/crosstalk/a.h '#include "base/x.h"'
must_notice host/base/a.c 'void f(void) { printf("x"); }'
must_notice host/base/a.c 'void f(void) { fputs("x", stderr); }'
must_notice host/solve/a.c 'void f(void) { exit(1); }'
must_notice host/solve/a.c 'void f(void) { clFinish(0); }'
