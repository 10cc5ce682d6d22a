//! The runtime: workers, goroutines, and what is known about them.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use goish_scheduler::{Unknown, block, runtime};
use tokio::runtime::Handle;

pub use goish_scheduler::runtime::BlockingCall;
pub use goish_scheduler::{Held, HeldWorker};

pub use crate::goroutine::{Goroutine, Panicked};
use crate::types::int;

/// Spawns a future as a goroutine, as `go!{ … }` does its body.
///
/// The first goroutine starts the runtime. When that is impossible, it says why in a sentence and
/// ends the program with exit code 2: the variable `GOMAXPROCS` holds no number of workers or
/// `GOISH_SCHEDULER` no scheduler of this build, or the system gives no threads.
#[inline]
pub fn spawn<F>(future: F) -> Goroutine<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Goroutine::new(runtime::spawn::<Unknown, F>(future))
}

/// The number of workers. With `n` of 1 or more it is set, which the scheduler `tokio` allows only
/// before the first goroutine; with less it is only asked for. Comes back with the number before the
/// call.
///
/// # Panics
///
/// When a runtime that runs with another number of workers would have to change it and cannot, and
/// when `n` is more than 10,000. If the number is neither set here nor a number of workers in the
/// variable `GOMAXPROCS`, the program ends with exit code 2.
#[track_caller]
pub fn GOMAXPROCS(n: int) -> int {
    let before = runtime::workers();
    if let Ok(n @ 1..) = usize::try_from(n)
        && let Err(unchangeable) = runtime::set_workers(n)
    {
        panic!(
            "GOMAXPROCS({n}) came too late: {unchangeable}; call it before the first goroutine, or \
             set the variable GOMAXPROCS"
        );
    }
    to_int(before)
}

/// The processors that this program may use.
pub fn NumCPU() -> int {
    to_int(runtime::processors())
}

/// The goroutines that exist now: `main`'s, and every one that was spawned and has not ended.
pub fn NumGoroutine() -> int {
    to_int(runtime::goroutines()) + int::from(!MAIN_IS_ONE.load(Ordering::Relaxed))
}

/// Whether `main` is a goroutine like the others: then it is counted as they are.
static MAIN_IS_ONE: AtomicBool = AtomicBool::new(false);

/// From now on `main` is a goroutine like the others.
pub(crate) fn main_is_a_goroutine() {
    MAIN_IS_ONE.store(true, Ordering::Relaxed);
}

/// Lets other goroutines run. In the body of `go!` it suspends the goroutine.
pub fn Gosched() {
    block::stand_aside();
}

/// Runs something that blocks, such as a call of the system's, and hands the worker of the goroutine
/// on meanwhile. It gives what that gives.
///
/// The goroutine keeps its thread: this is for calls that goish does not know. What computes needs
/// its worker, and is better without. On a thread that runs no goroutine it only calls the function.
/// [`blocking_calls`] counts it. What a goroutine panics with in it is the goroutine's panic.
///
/// ```
/// use goish::prelude::*;
///
/// let g = go! { runtime::blocking(|| std::fs::read_to_string("Cargo.toml")) };
/// assert!(g.Wait().unwrap().unwrap().contains("[package]"));
/// ```
#[track_caller]
pub fn blocking<R>(call: impl FnOnce() -> R) -> R {
    block::run(call)
}

/// Where goroutines blocked in plain functions or closures, and how often, the most frequent line
/// first. Each time the worker was handed on, which costs a switch of threads: a function that
/// stands high up here is worth a `#[go_fn]`.
pub fn blocking_calls() -> Vec<BlockingCall> {
    runtime::blocking_calls()
}

/// What kept workers from other goroutines until they were replaced, the most frequent first: loops
/// without an operation, and calls of the system that nobody knew to block. The scheduler `tokio`
/// does not notice.
pub fn held_workers() -> Vec<HeldWorker> {
    runtime::held_workers()
}

/// The name of the scheduler that runs the goroutines, or that will when the first is spawned.
///
/// It is the first of [`schedulers`], unless the variable `GOISH_SCHEDULER` names another. If that
/// has none of those names, the program ends with exit code 2.
pub fn scheduler() -> &'static str {
    runtime::scheduler().name
}

/// The names of the schedulers of this build: the features `scheduler-…` that are on.
pub fn schedulers() -> Vec<&'static str> {
    runtime::schedulers().iter().map(|info| info.name).collect()
}

/// tokio's handle to the runtime, which starts if it did not run yet. Its timers and its I/O are
/// what goroutines may use; tasks that are spawned through it directly are not goroutines.
pub fn handle() -> &'static Handle {
    runtime::handle()
}

fn to_int(number: usize) -> int {
    int::try_from(number).unwrap_or(int::MAX)
}
