//! loom models: every interleaving of the scheduler's protocols, one file for each protocol.
//!
//! `RUSTFLAGS="--cfg goish_loom" cargo test --release -p goish-scheduler --lib models`
//!
//! Each model names the step that it guards. `tests/mutants` takes those steps out, one at a time.

mod idle;
mod ring;

/// Explores with at most three preemptions, unless `LOOM_MAX_PREEMPTIONS` says otherwise: loom's own
/// advice for models of this size, and enough for every known bug of this kind.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(model);
}
