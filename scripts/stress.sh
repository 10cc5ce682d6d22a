#!/usr/bin/env bash
# Stresses the native engine, or the schedulers, on 1, 2 and 8 workers, ten minutes each unless told
# otherwise: scripts/stress.sh [engine|scheduler] [SECONDS [TEST]...], where a TEST is one_worker,
# two_workers or eight_workers. STRESS_ENGINE and STRESS_SCHEDULER choose another engine and one
# scheduler, and STRESS_SEED the first round's seed.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
    scheduler) shift; target=(-p goish --test scheduler_stress) ;;
    *) [[ "${1:-}" != engine ]] || shift; target=(-p goish-engines --all-features --test stress) ;;
esac
export STRESS_SECONDS="${1:-600}"
shift || true
(($# > 0)) || set -- one_worker two_workers eight_workers
exec cargo test --release --locked "${target[@]}" -- --nocapture --test-threads=1 --exact "$@"
