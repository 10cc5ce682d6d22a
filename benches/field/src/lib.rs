//! What goish is compared with, each as a program that answers as the lab's own child does.
//!
//! A goroutine runtime implements [`Goroutines`] and is measured by the [`cases`]; a channel crate
//! implements the lab's own `Subject` and is measured by the lab's own workloads. [`child`] is what
//! their programs, one file each in `src/bin/`, have in common.

pub mod blocking;
pub mod cases;
pub mod child;
pub mod goroutines;

pub use goroutines::Goroutines;
