//! The stacks of the threads that run goroutines.

use std::thread::Builder;

/// In a build without optimisation: each move of a value is a copy on the stack there, and what
/// suspends is moved through a dozen functions. With elements of 64 KiB, the largest that Go allows,
/// a body of some operations takes 4 to 8 MiB. Only what is touched is ever resident.
const UNOPTIMISED: usize = 16 << 20;

/// The size to ask for; nothing where Rust's own is enough, or where the user has set another.
pub(crate) fn size() -> Option<usize> {
    let is_set = || std::env::var_os("RUST_MIN_STACK").is_some();
    (cfg!(debug_assertions) && !is_set()).then_some(UNOPTIMISED)
}

/// A thread with such a stack, to be started.
pub(crate) fn builder() -> Builder {
    let builder = Builder::new();
    match size() {
        Some(size) => builder.stack_size(size),
        None => builder,
    }
}
