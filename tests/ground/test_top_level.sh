# The top level of what is kept holds exactly these names; dotfiles beside them. What a user puts there is his own.
set -euo pipefail
expected=$(printf '%s\n' CMakeLists.txt LICENSE README.md host include kernels scenes tests tools | LC_ALL=C sort)
if found=$(git ls-files 2>/dev/null) && [ -n "$found" ]; then
    found=$(printf '%s\n' "$found" | while read -r file; do [ ! -e "$file" ] || printf '%s\n' "$file"; done)
else
    found=$(ls)
    found=$(printf '%s\n' "$found" | grep -vE '^(build|out)|\.tmp$')
fi
found=$(printf '%s\n' "$found" | cut -d/ -f1 | grep -v '^\.' | LC_ALL=C sort -u)
diff <(printf '%s\n' "$expected") <(printf '%s\n' "$found")
