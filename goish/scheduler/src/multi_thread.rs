//! Threads of a multi-threaded tokio runtime, whoever's it is: plain functions block there, too, and
//! the runtime knows how to replace a worker.

use std::cell::Cell;
use std::future::ready;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::{block_in_place, yield_now};

/// Whether this thread works for such a runtime.
pub(crate) fn is_on_worker() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}

/// For so long the runtime need not look at its timers and its I/O.
const LOOK: Duration = Duration::from_micros(100);

thread_local! {
    static LAST_LOOK: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Has the task polled again once others had the worker. Now and then the runtime looks at its timers
/// and its I/O before, which is a call of the system's.
pub(crate) fn poll_yield(context: &mut Context<'_>) {
    let now = Instant::now();
    if LAST_LOOK.get().is_some_and(|last| now - last < LOOK) {
        context.waker().wake_by_ref();
        return;
    }
    LAST_LOOK.set(Some(now));
    match pin!(yield_now()).poll(context) {
        // What a first poll does is to ask for the second.
        Poll::Ready(()) => context.waker().wake_by_ref(),
        Poll::Pending => {}
    }
}

/// Lets the tasks run that wait for this worker.
pub(crate) fn stand_aside() {
    // A task of the same runtime runs when somebody has taken up the worker.
    let turn = Handle::current().spawn(ready(()));
    // The task does nothing that could fail, and a runtime that is shut down has no turns.
    let _ = block_in_place(|| block_on(turn));
}
