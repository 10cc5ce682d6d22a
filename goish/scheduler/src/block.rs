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

use futures_lite::future::block_on;
use tokio::task::block_in_place;
use tokio::task::coop::unconstrained;

use crate::registry::{Running, running};
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
    match Thread::this() {
        Thread::Worker(running) => {
            hand_on();
            running.block(blocking)
        }
        Thread::Foreign => {
            hand_on();
            block_in_place(blocking)
        }
        Thread::Other => blocking(),
    }
}

#[track_caller]
fn hand_on() {
    panics::at_operation();
    calls::count(Location::caller());
}

#[track_caller]
fn park_on<F: Future>(future: Pin<&mut F>) -> F::Output {
    run(|| block_on(future))
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
    fn this() -> Self {
        match running() {
            Some(running) if running.is_on_worker() => Self::Worker(running),
            _ if multi_thread::is_on_worker() => Self::Foreign,
            _ => Self::Other,
        }
    }
}
