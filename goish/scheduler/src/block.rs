//! Blocking: what an operation does in a plain function, in a closure, or outside the runtime.
//!
//! On a worker the worker is handed on first, so that the goroutines that were waiting for it, the
//! counterpart perhaps among them, run on.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread;

use tokio::task::block_in_place;
use tokio::task::coop::unconstrained;

use crate::registry::{Running, running};
use crate::waiting::wait_for;
use crate::{calls, multi_thread, panics, slice};

/// Blocks until the future is done.
#[track_caller]
pub fn on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(unconstrained(future));
    let mut context = Context::from_waker(Waker::noop());
    if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
        did_not_block();
        return output;
    }
    park_on(future)
}

/// Blocks until a future is done that is known not to be ready.
#[track_caller]
pub fn park<F: Future>(future: F) -> F::Output {
    park_on(pin!(future))
}

/// Blocks for ever.
#[track_caller]
pub fn forever() -> ! {
    match park(pending::<Infallible>()) {}
}

/// Runs something that blocks.
#[track_caller]
pub fn run<R>(blocking: impl FnOnce() -> R) -> R {
    let thread = Thread::this();
    thread.count();
    thread.block(blocking)
}

#[track_caller]
fn park_on<F: Future>(future: Pin<&mut F>) -> F::Output {
    let thread = Thread::this();
    thread.count();
    wait_for(
        future,
        || thread.is_wanted(),
        |sleep| Thread::this().block(sleep),
    )
}

/// Lets the goroutines run that wait for this worker.
pub fn stand_aside() {
    panics::at_operation();
    match Thread::this() {
        Thread::Worker(running) => running.stand_aside(),
        Thread::Foreign => multi_thread::stand_aside(),
        Thread::Other => thread::yield_now(),
    }
}

/// Counts a blocking operation that did not need to block, and stands aside when the slice is spent.
#[inline]
pub fn did_not_block() {
    slice::count();
    if slice::is_time_to_look() && slice::is_spent(slice::BLOCKING) {
        stand_aside();
        slice::start_now();
    }
}

/// A thread, by what it keeps from others when it blocks.
enum Thread {
    /// A worker of the scheduler that runs.
    Worker(Running),
    /// A worker of another multi-threaded tokio runtime.
    Foreign,
    /// None.
    Other,
}

impl Thread {
    /// A goroutine on it comes to an operation that blocks.
    #[track_caller]
    fn count(&self) {
        if !matches!(self, Self::Other) {
            panics::at_operation();
            calls::count(Location::caller());
        }
    }

    /// Whether somebody waits for what this thread has.
    fn is_wanted(&self) -> bool {
        match self {
            Self::Worker(running) => running.is_wanted(),
            // What waits for such a worker cannot be seen.
            Self::Foreign => true,
            Self::Other => false,
        }
    }

    /// Runs something that blocks, and hands the worker on meanwhile.
    fn block<R>(&self, blocking: impl FnOnce() -> R) -> R {
        match self {
            Self::Worker(running) => running.block(blocking),
            Self::Foreign => block_in_place(blocking),
            Self::Other => blocking(),
        }
    }

    fn this() -> Self {
        match running() {
            Some(running) if running.is_on_worker() => Self::Worker(running),
            _ if multi_thread::is_on_worker() => Self::Foreign,
            _ => Self::Other,
        }
    }
}
