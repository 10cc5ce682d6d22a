//! What a measurement of goish is: the record, the machine, the store, the statistics.
//!
//! This crate knows no engine (an engine is a name and a version to it), measures nothing and draws
//! nothing. It is what the side that runs and the side that draws have in common.

pub mod compare;
pub mod machine;
pub mod record;
pub mod statistics;
pub mod store;
pub mod summary;

mod catalogue;
