#!/usr/bin/env bash
# Repeats the conformance suite, 200 times unless told otherwise: scripts/conformance.sh [REPETITIONS]
set -euo pipefail
cd "$(dirname "$0")/.."
repetitions="${1:-200}"
cargo test --release --locked -p goish --features all-engines,conformance --test conformance --no-run
for ((i = 1; i <= repetitions; i++)); do
    if ! output=$(cargo test --release --locked -p goish --features all-engines,conformance --test conformance 2>&1); then
        printf '%s\n' "$output"
        echo "repetition $i of $repetitions failed"
        exit 1
    fi
done
echo "$repetitions repetitions passed"
