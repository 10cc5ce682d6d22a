//! Letting the others run.
//!
//! A goroutine whose operations are always ready would never suspend. Suspending operations
//! therefore take part in tokio's cooperative budget. Blocking ones, in plain functions, cannot be
//! stopped by it: they keep a count of their own, and stand aside when it says so.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use tokio::task::coop::poll_proceed;

use crate::block;

pin_project! {
    /// A future that takes part in the cooperative budget.
    pub struct Coop<F> {
        #[pin]
        future: F,
    }
}

impl<F> Coop<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future }
    }
}

impl<F: Future> Future for Coop<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let budget = ready!(poll_proceed(context));
        let output = ready!(self.project().future.poll(context));
        budget.made_progress();
        Poll::Ready(output)
    }
}

/// Takes one from the budget, and suspends when there is nothing left.
pub(crate) async fn proceed() {
    Coop::new(std::future::ready(())).await;
}

/// After so many operations in a row that did not block, a plain function looks at the clock.
const OPERATIONS: u32 = 128;

/// For so long a plain function may keep its worker to itself while its operations are ready.
const SLICE: Duration = Duration::from_millis(1);

thread_local! {
    static OPERATIONS_IN_A_ROW: Cell<u32> = const { Cell::new(0) };
    static SLICE_START: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Starts a new slice: the scheduler has just chosen to run this goroutine.
pub(crate) fn start_slice() {
    OPERATIONS_IN_A_ROW.set(0);
    SLICE_START.set(None);
}

/// Counts a blocking operation that did not need to block, and stands aside when it is time to.
pub(crate) fn did_not_block() {
    let count = OPERATIONS_IN_A_ROW.get() + 1;
    OPERATIONS_IN_A_ROW.set(count % OPERATIONS);
    if count < OPERATIONS {
        return;
    }
    let now = Instant::now();
    match SLICE_START.get() {
        Some(start) if now - start < SLICE => {}
        Some(_) => {
            block::stand_aside();
            SLICE_START.set(Some(Instant::now()));
        }
        None => SLICE_START.set(Some(now)),
    }
}
