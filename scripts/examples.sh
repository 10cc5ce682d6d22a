#!/usr/bin/env bash
# Runs every example of goish; each asserts its own result.
set -euo pipefail
cd "$(dirname "$0")/.."
for example in goish/examples/*.rs; do
    name=$(basename "$example" .rs)
    echo "== $name"
    cargo run --quiet --release --locked -p goish --example "$name"
done
