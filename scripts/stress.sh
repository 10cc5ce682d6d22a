#!/usr/bin/env bash
# Stresses the native engine on 1, 2 and 8 workers, ten minutes each unless told otherwise:
# scripts/stress.sh [SECONDS [TEST]...], where a TEST is one_worker, two_workers or eight_workers.
# STRESS_ENGINE and STRESS_SEED choose another engine, and the first round's seed.
set -euo pipefail
cd "$(dirname "$0")/.."
export STRESS_SECONDS="${1:-600}"
shift || true
(($# > 0)) || set -- one_worker two_workers eight_workers
exec cargo test --release --locked -p goish-engines --all-features --test stress -- \
    --nocapture --test-threads=1 --exact "$@"
