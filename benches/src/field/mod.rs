//! The field: what `lab run --field` measures beside goish's own engines.
//!
//! [`register`] names the subjects: goroutine runtimes, channel crates, published goish, and Go.
//! [`cases`] are the cases of goroutine runtimes. `programs` finds or builds the program of each
//! subject, which then answers as the lab's own child does; one that cannot be had is a row that
//! says why.

pub mod cases;
pub(crate) mod programs;
pub mod register;
