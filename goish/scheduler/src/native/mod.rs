//! goish's own scheduler.

#[cfg(all(test, goish_loom))]
mod models;
#[allow(
    dead_code,
    unused_imports,
    reason = "goroutines' cells do not use it yet"
)]
mod slab;
mod sync;
