#!/usr/bin/env bash
# Explores every interleaving of the waiting core's protocols with loom.
set -euo pipefail
cd "$(dirname "$0")/.."
# A target directory of its own: the flag would otherwise rebuild everything, back and forth.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/models"
export RUSTFLAGS="${RUSTFLAGS:-} --cfg goish_loom"
exec cargo test --release --locked -p goish-engines --no-default-features --lib models "$@"
