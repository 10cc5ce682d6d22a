//! loom models: every interleaving of the scheduler's protocols, one file for each.
//!
//! `RUSTFLAGS="--cfg goish_loom" cargo test --release -p goish-scheduler --lib models`

mod slab;

/// Explores with at most three preemptions, unless `LOOM_MAX_PREEMPTIONS` says otherwise.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(model);
}
