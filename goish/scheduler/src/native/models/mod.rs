//! loom models: every interleaving of the scheduler's protocols, one file for each.
//!
//! `scripts/models.sh` runs them, and `scripts/mutants.sh` takes the steps that they guard out, one
//! at a time, and requires a model to fail.

mod cell;
