#!/usr/bin/env bash
# Runs the engines' tests under Miri, and the stress test under the thread sanitizer:
# scripts/sanitizers.sh [miri|thread]... [SECONDS]. Needs a nightly toolchain:
# rustup toolchain install nightly --component miri,rust-src
set -euo pipefail
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"

# Undefined behaviour, data races, weak memory and leaks, on a smaller scale. Futures are forgotten
# on purpose in `hostile`, so there leaks say nothing.
run_miri() {
    export CARGO_TARGET_DIR="$target/miri"
    local test=(cargo +nightly miri test --locked -p goish-engines)
    MIRIFLAGS="-Zmiri-ignore-leaks" "${test[@]}" --test hostile
    "${test[@]}" --lib --test wakers --test memory --test select_own_channels --test select_one_channel
    # The clock and the processors are the machine's.
    MIRIFLAGS="-Zmiri-disable-isolation" "${test[@]}" --test differential
    MIRIFLAGS="-Zmiri-disable-isolation" STRESS_SECONDS="$seconds" "${test[@]}" --test stress -- \
        --test-threads=1 --nocapture
}

# Data races in the whole program, the standard library included.
run_thread() {
    CARGO_TARGET_DIR="$target/thread-sanitizer" RUSTFLAGS="-Zsanitizer=thread" STRESS_SECONDS="$seconds" \
        cargo +nightly test --release --locked -Zbuild-std --target "$(rustc -vV | sed -n 's/^host: //p')" \
        -p goish-engines --test stress -- --test-threads=1 --nocapture
}

seconds=60
kinds=()
for argument; do
    case "$argument" in
        miri | thread) kinds+=("$argument") ;;
        *[!0-9]*) echo "not miri, thread or a number of seconds: $argument"; exit 2 ;;
        *) seconds="$argument" ;;
    esac
done
((${#kinds[@]} > 0)) || kinds=(miri thread)
for kind in "${kinds[@]}"; do
    (run_"$kind")
done
