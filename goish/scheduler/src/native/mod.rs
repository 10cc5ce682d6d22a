//! goish's own scheduler.

#[allow(dead_code, reason = "the workers that use it are yet to come")]
mod idle;
#[allow(dead_code, reason = "as above")]
mod inject;
#[allow(dead_code, reason = "as above")]
mod permit;
#[allow(dead_code, reason = "as above")]
mod ring;
mod sync;

#[cfg(all(test, goish_loom))]
mod models;
