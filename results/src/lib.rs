//! What a measurement of goish is.
//!
//! A [`record::Row`] is one sample: one workload, run once, in a process of its own. Rows live in an
//! append-only log under `results/runs/<run-id>/`, beside the [`machine`](record) that they were
//! taken on. This crate knows no engine: an engine is a name and a version to it.

pub mod record;
