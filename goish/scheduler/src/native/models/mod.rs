//! loom models: every interleaving of the scheduler's protocols, one file for each.
//!
//! `scripts/models.sh` runs them, and `scripts/mutants.sh` takes the steps that they guard out, one
//! at a time, and requires a model to fail.

mod cell;
mod idle;
mod ring;
mod slab;
mod timers;
mod vacancy;

/// Explores with at most three preemptions, unless `LOOM_MAX_PREEMPTIONS` says otherwise: loom's own
/// advice for models of this size, and enough for every known bug of this kind.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    explore_within(3, model);
}

/// Explores with at most so many preemptions: fewer for a model that is large.
fn explore_within(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.check(model);
}
