//! goish's own scheduler.

#[allow(dead_code, reason = "nobody runs goroutines yet")]
mod cell;
#[cfg(all(test, goish_loom))]
mod models;
mod sync;
