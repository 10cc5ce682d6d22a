//! Blocking: what an operation does in a plain function, in a closure, or outside the runtime.
//!
//! On a worker of a runtime the worker is handed on first, so that the goroutines that were
//! waiting for it, the counterpart perhaps among them, run on.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Future, pending};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_lite::future::block_on;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use tokio::task::coop::unconstrained;

use crate::goroutine::panics;
use crate::{coop, runtime};

/// Blocks until the future is done.
#[track_caller]
pub(crate) fn on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(unconstrained(future));
    let mut context = Context::from_waker(Waker::noop());
    if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
        coop::did_not_block();
        panics::wait_until_decided();
        return output;
    }
    park_on(future)
}

/// Blocks until a future is done that is known not to be ready.
#[track_caller]
pub(crate) fn park<F: Future>(future: F) -> F::Output {
    park_on(pin!(future))
}

/// Blocks for ever.
#[track_caller]
pub(crate) fn forever() -> ! {
    match park(pending::<Infallible>()) {}
}

/// Runs something that blocks.
#[track_caller]
pub(crate) fn run<R>(blocking: impl FnOnce() -> R) -> R {
    if !is_on_worker() {
        let output = blocking();
        panics::wait_until_decided();
        return output;
    }
    panics::decided();
    let _blocked = Blocked::here();
    block_in_place(blocking)
}

#[track_caller]
fn park_on<F: Future>(future: Pin<&mut F>) -> F::Output {
    run(|| block_on(future))
}

/// Lets the goroutines run that wait for this worker.
pub(crate) fn stand_aside() {
    if is_on_worker() {
        // A task of the same runtime runs when somebody has taken up the worker.
        let turn = Handle::current().spawn(runtime::helper(std::future::ready(())));
        // The task does nothing that could fail, and a runtime that is shut down has no turns.
        let _ = block_in_place(|| block_on(turn));
    } else {
        std::thread::yield_now();
    }
}

/// Whether this thread works for a runtime that can replace it.
fn is_on_worker() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}

/// How many goroutines may block in plain functions at once: each occupies a thread, and a few of
/// the runtime's threads must remain for its workers.
const MOST: usize = runtime::MOST_THREADS - 1_000;

static BLOCKED: AtomicUsize = AtomicUsize::new(0);
static CALLS: Mutex<BTreeMap<Place, u64>> = Mutex::new(BTreeMap::new());

type Place = (&'static str, u32, u32);

/// One goroutine that blocks in a plain function.
struct Blocked;

impl Blocked {
    #[track_caller]
    fn here() -> Self {
        let location = Location::caller();
        let place = (location.file(), location.line(), location.column());
        let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(place).or_default() += 1;
        drop(calls);
        let blocked = Self;
        if BLOCKED.fetch_add(1, Ordering::Relaxed) >= MOST {
            panic!(
                "more than {MOST} goroutines block in plain functions at once: make the function \
                 `#[go_fn] async fn`, which needs no thread"
            );
        }
        blocked
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        BLOCKED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A line of a plain function at which goroutines blocked, and handed their workers on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockingCall {
    /// The source file.
    pub file: &'static str,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// How often.
    pub count: u64,
}

/// Every line that blocked so far, the most frequent first.
pub(crate) fn calls() -> Vec<BlockingCall> {
    let calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    let calls = calls.iter();
    let mut calls: Vec<_> = calls
        .map(|(&(file, line, column), &count)| BlockingCall {
            file,
            line,
            column,
            count,
        })
        .collect();
    calls.sort_by_key(|call| std::cmp::Reverse(call.count));
    calls
}
