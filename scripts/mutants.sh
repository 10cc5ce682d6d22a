#!/usr/bin/env bash
# Shows that every model fails when the step that it guards is taken out of the waiting core.
#
# Each patch in engines/tests/mutants takes out one step, and names the models, or the tests where
# no model can see it, that must fail then. The patches are applied to a copy of the tree, one at a
# time; scripts/mutants.sh NAME... applies only those named. A patch that does not apply or does not
# build is a failure too, and so is a model that no patch names.
set -euo pipefail
cd "$(dirname "$0")/.."

target="$(realpath -m "${CARGO_TARGET_DIR:-target}")/mutants"
tree="$target/tree"
log="$target/log"
patches="$PWD/engines/tests/mutants"
# After how many seconds a test counts as hung. Unmutated, the slowest takes a few.
limit=30
failures=0

# The copy keeps the files' times, so that little is built anew.
rm -rf "$tree"
mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do if [[ -e $file ]]; then printf '%s\0' "$file"; fi; done |
    xargs -0 cp --parents --preserve=timestamps -t "$tree"
cd "$tree"

# Says what went wrong, and goes on.
fail() {
    printf '%s\n' "$@"
    failures=$((failures + 1))
}

# Runs `cargo test` for a guard: `model NAME` or `test FILE NAME`.
run() {
    local kind=$1 arguments=()
    shift
    if [[ $kind == model ]]; then
        export CARGO_TARGET_DIR="$target/models" RUSTFLAGS="--cfg goish_loom --cap-lints allow"
        arguments=(--no-default-features --lib)
    else
        export CARGO_TARGET_DIR="$target/tests" RUSTFLAGS="--cap-lints allow"
        arguments=(--test "$1")
        shift
    fi
    timeout "$limit" cargo test --release --locked -p goish-engines "${arguments[@]}" "$@" > "$log" 2>&1
}

# Runs one guard, which is a model or a test by its full name: 0 if it passes, 1 if it fails, 2 if
# it does not build, 3 if there is no such test.
check() {
    local kind=$1
    shift
    local name="${*: -1}" before=("${@:1:$#-1}")
    [[ $kind == model ]] && name="core::models::$name"
    limit=600 run "$kind" "${before[@]}" --no-run || return 2
    run "$kind" "${before[@]}" -- --exact "$name" || return 1
    grep -q '^test result: ok. 1 passed' "$log" || return 3
}

# The guards that a patch names.
guards() {
    sed -n 's/^Caught by: //p' "$@"
}

# Every guard passes on the tree as it is, and every model is a guard.
baseline() {
    local guard name
    while read -r guard; do
        # shellcheck disable=SC2086 # a guard is words
        check $guard || fail "$guard fails, or is gone, without any mutation:" "$(tail -n 20 "$log")"
    done < <(guards "$patches"/*.patch | sort -u)
    run model models -- --list
    while read -r name; do
        guards "$patches"/*.patch | grep -qx "model $name" || fail "no mutation shows that $name can fail"
    done < <(sed -n 's/^core::models::\(.*\): test$/\1/p' "$log")
}

# Applies one patch, runs its guards, and takes it back.
mutate() {
    local name=$1 patch="$patches/$1.patch" guard status file
    if ! patch --strip=1 --fuzz=0 --no-backup-if-mismatch --dry-run < "$patch" > "$log" 2>&1; then
        fail "$(printf '%-32s DOES NOT APPLY: bring %s up to date' "$name" "$patch")" "$(cat "$log")"
        return
    fi
    guards "$patch" | grep -q . || fail "$(printf '%-32s NAMES NOTHING that catches it' "$name")"
    patch --strip=1 --fuzz=0 --quiet < "$patch"
    while read -r guard; do
        status=0
        # shellcheck disable=SC2086 # a guard is words
        check $guard || status=$?
        case $status in
            0) fail "$(printf '%-32s SURVIVES %s' "$name" "$guard")" ;;
            1) printf '%-32s %s\n' "$name" "$guard" ;;
            2) fail "$(printf '%-32s DOES NOT BUILD' "$name")" "$(tail -n 20 "$log")" ;;
            *) fail "$(printf '%-32s NAMES NO TEST: %s' "$name" "$guard")" ;;
        esac
    done < <(guards "$patch")
    while read -r file; do
        cp "$patches/../../../$file" "$file"
    done < <(sed -n 's#^+++ b/##p' "$patch")
}

if [[ $# -eq 0 ]]; then
    baseline
    set -- "$patches"/*.patch
fi
for name; do
    mutate "$(basename "$name" .patch)"
done
if ((failures > 0)); then
    echo "$failures failures"
    exit 1
fi
echo "every mutation was caught"
