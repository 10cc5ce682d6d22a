//! goish's own scheduler.

mod sync;
