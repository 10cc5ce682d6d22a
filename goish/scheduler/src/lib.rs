//! The goroutines of goish: what runs them, and nothing of what they say to each other.
//!
//! A [`Scheduler`] is a feature and a folder here, and one of those that were built runs the
//! program: the one that the variable `GOISH_SCHEDULER` names, or the first of
//! [`runtime::schedulers`]. Around it stands what is the same for all: [the body of a goroutine and
//! its handle](Goroutine), [panics](Panicked), [the slice](turn) and [blocking in plain
//! functions](block).

pub mod block;
mod calls;
mod ending;
mod forking;
mod goroutine;
mod multi_thread;
// With the models no scheduler is built of it, only its protocols.
#[cfg(any(
    feature = "scheduler-native",
    not(feature = "scheduler-tokio"),
    goish_loom
))]
mod native;
mod panics;
mod registry;
pub mod runtime;
mod scheduler;
mod slice;
mod stack;
mod threads;
#[cfg(feature = "scheduler-tokio")]
mod tokio;
pub mod turn;
mod waiting;

pub use goroutine::{Goroutine, Waiting};
pub use panics::{Panicked, message_of};
pub use scheduler::{Held, HeldWorker, Info, Lost, Place, Scheduler, Unchangeable, Unknown};
