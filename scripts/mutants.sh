#!/usr/bin/env bash
# Shows that every model fails when the step that it guards is taken out of the waiting core, of the
# native scheduler, or of sync.
#
# Each patch in a crate's tests/mutants takes out one step, and names the models, or the tests where no
# model can see it, that must fail then. The patches are applied to a copy of the tree, one at a time;
# scripts/mutants.sh NAME... applies only those named. A patch that does not apply or does not build is
# a failure too, and so is a model that no patch names.
#
# A line `Caught by: model NAME` names a model of the patch's crate by its path below the models'
# module, `Caught by: test FILE NAME` a test in the crate's tests/FILE.rs, and `Caught by: unit NAME`
# a test in its library, by its whole path.
set -euo pipefail
cd "$(dirname "$0")/.."

target="$(realpath -m "${CARGO_TARGET_DIR:-target}")/mutants"
tree="$target/tree"
log="$target/log"
root="$PWD"
crates=(engines goish/scheduler goish)
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

# What there is to know of a crate, which is named by its folder: its package, the features that its
# models are built with, and the module that they are in.
package() {
    case $1 in engines) echo goish-engines ;; goish/scheduler) echo goish-scheduler ;; *) echo goish ;; esac
}
features() {
    case $1 in engines) ;; goish/scheduler) echo scheduler-tokio ;; *) echo engine-native,scheduler-tokio ;; esac
}
models() {
    case $1 in
        engines) echo core::models ;;
        goish/scheduler) echo native::models ;;
        *) echo sync::protocol::models ;;
    esac
}

# Runs `cargo test` for a crate's guard: `model`, `test FILE` or `unit`, and what cargo is told besides.
run() {
    local crate=$1 kind=$2 arguments=()
    shift 2
    export CARGO_TARGET_DIR="$target/tests" RUSTFLAGS="--cap-lints allow"
    case $kind in
        model)
            export CARGO_TARGET_DIR="$target/models" RUSTFLAGS="--cfg goish_loom --cap-lints allow"
            arguments=(--no-default-features --features "$(features "$crate")" --lib)
            ;;
        unit) arguments=(--lib) ;;
        *)
            arguments=(--test "$1")
            shift
            ;;
    esac
    timeout "$limit" cargo test --release --locked -p "$(package "$crate")" "${arguments[@]}" "$@" > "$log" 2>&1
}

# Runs one of a crate's guards, which is a model or a test by its full name: 0 if it passes, 1 if it
# fails, 2 if it does not build, 3 if there is no such test.
check() {
    local crate=$1 kind=$2
    shift 2
    local name="${*: -1}" before=("${@:1:$#-1}")
    [[ $kind == model ]] && name="$(models "$crate")::$name"
    limit=600 run "$crate" "$kind" "${before[@]}" --no-run || return 2
    run "$crate" "$kind" "${before[@]}" -- --exact "$name" || return 1
    grep -q '^test result: ok. 1 passed' "$log" || return 3
}

# The guards that a patch names.
guards() {
    sed -n 's/^Caught by: //p' "$@"
}

# Every guard of a crate passes on the tree as it is, and every model is a guard.
baseline() {
    local crate=$1 patches="$root/$1/tests/mutants" guard name
    while read -r guard; do
        # shellcheck disable=SC2086 # a guard is words
        check "$crate" $guard || fail "$guard fails, or is gone, without any mutation:" "$(tail -n 20 "$log")"
    done < <(guards "$patches"/*.patch | sort -u)
    run "$crate" model models -- --list
    while read -r name; do
        guards "$patches"/*.patch | grep -qx "model $name" || fail "no mutation shows that $name can fail"
    done < <(sed -n "s/^$(models "$crate")::\(.*\): test\$/\1/p" "$log")
}

# Every crate that a patch of this name is in.
crates_with() {
    local crate
    for crate in "${crates[@]}"; do
        if [[ -e $root/$crate/tests/mutants/$1.patch ]]; then echo "$crate"; fi
    done
}

# Applies one patch of a crate, runs its guards, and takes it back.
mutate() {
    local crate=$1 name=$2 patch="$root/$1/tests/mutants/$2.patch" guard status file
    if ! patch --strip=1 --fuzz=0 --no-backup-if-mismatch --dry-run < "$patch" > "$log" 2>&1; then
        fail "$(printf '%-32s DOES NOT APPLY: bring %s up to date' "$name" "$patch")" "$(cat "$log")"
        return
    fi
    guards "$patch" | grep -q . || fail "$(printf '%-32s NAMES NOTHING that catches it' "$name")"
    patch --strip=1 --fuzz=0 --quiet < "$patch"
    while read -r guard; do
        status=0
        # shellcheck disable=SC2086 # a guard is words
        check "$crate" $guard || status=$?
        case $status in
            0) fail "$(printf '%-32s SURVIVES %s' "$name" "$guard")" ;;
            1) printf '%-32s %s\n' "$name" "$guard" ;;
            2) fail "$(printf '%-32s DOES NOT BUILD' "$name")" "$(tail -n 20 "$log")" ;;
            *) fail "$(printf '%-32s NAMES NO TEST: %s' "$name" "$guard")" ;;
        esac
    done < <(guards "$patch")
    while read -r file; do
        cp "$root/$file" "$file"
    done < <(sed -n 's#^+++ b/##p' "$patch")
}

if [[ $# -eq 0 ]]; then
    for crate in "${crates[@]}"; do
        baseline "$crate"
        for patch in "$root/$crate"/tests/mutants/*.patch; do
            mutate "$crate" "$(basename "$patch" .patch)"
        done
    done
fi
for name; do
    name="$(basename "$name" .patch)"
    found="$(crates_with "$name")"
    [[ -n $found ]] || fail "$(printf '%-32s IS NO PATCH of any crate' "$name")"
    for crate in $found; do
        mutate "$crate" "$name"
    done
done
if ((failures > 0)); then
    echo "$failures failures"
    exit 1
fi
echo "every mutation was caught"
