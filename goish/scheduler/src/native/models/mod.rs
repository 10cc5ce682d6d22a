//! loom models: every interleaving of the scheduler's protocols, one file for each.
//!
//! `RUSTFLAGS="--cfg goish_loom" cargo test --release -p goish-scheduler --lib models`
//!
//! Each model names the step that it guards. A patch in `tests/mutants` takes that step out, and the
//! model must fail then.

mod timers;
