//! goish's own scheduler.

#[cfg(all(test, goish_loom))]
mod models;
mod sync;
#[allow(dead_code, reason = "its worker is not there yet")]
mod timers;
