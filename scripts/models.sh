#!/usr/bin/env bash
# Explores every interleaving of the protocols of the waiting core, the native scheduler and sync with
# loom. What is given goes to each `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."
# A target directory of its own: the flag would otherwise rebuild everything, back and forth.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/models"
export RUSTFLAGS="${RUSTFLAGS:-} --cfg goish_loom"
explore() {
    cargo test --release --locked --no-default-features --lib "$@"
}
explore -p goish-engines models "$@"
explore -p goish-scheduler --features scheduler-tokio models "$@"
explore -p goish --features engine-native,scheduler-tokio models "$@"
