//! Letting the others run.
//!
//! A goroutine whose operations are always ready would never suspend. So each thread counts the
//! operations that the goroutine on it does in a row, looks at the clock now and then, and when its
//! slice is over has it stand aside.
//!
//! tokio's own cooperative budget would do the same by count alone: it ends after 128 operations,
//! which for a channel is about two microseconds, less than it costs to stand aside. Measured on
//! two cores, a send and a receive with a buffer took 2 to 4 times as long with it as without.
//! With a slice of time they take 1.1 to 1.5 times as long, the future around them included, and the
//! slice is a hundredth of Go's, which stops a goroutine after 10 ms.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use tokio::runtime::Handle;

use crate::block;

pin_project! {
    /// A future that stands aside first if the slice is over.
    #[derive(Debug)]
    pub struct Coop<F> {
        #[pin]
        future: F,
    }
}

impl<F> Coop<F> {
    #[inline]
    pub(crate) fn new(future: F) -> Self {
        Self { future }
    }
}

impl<F: Future> Future for Coop<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if is_time_to_look() && is_over(SUSPENDING) {
            return stand_aside(context);
        }
        let output = ready!(self.project().future.poll(context));
        one_more();
        Poll::Ready(output)
    }
}

/// Has the task polled again once others had the worker, and the timers a look.
#[cold]
fn stand_aside<T>(context: &mut Context<'_>) -> Poll<T> {
    match pin!(tokio::task::yield_now()).poll(context) {
        // What a first poll does is to ask for the second.
        Poll::Ready(()) => context.waker().wake_by_ref(),
        Poll::Pending => {}
    }
    Poll::Pending
}

/// Counts an operation, and suspends when the slice is over.
pub(crate) async fn proceed() {
    Coop::new(std::future::ready(())).await;
}

/// After so many operations in a row a goroutine looks at the clock. The first look starts the slice,
/// so one whose operations are far apart stands aside after twice as many: as with tokio's budget.
const OPERATIONS: u32 = 64;

/// For so long a goroutine may keep its worker if it can suspend.
const SUSPENDING: Duration = Duration::from_micros(100);

/// For so long if it cannot: in a plain function it stands aside by a change of threads.
const BLOCKING: Duration = Duration::from_millis(1);

thread_local! {
    static OPERATIONS_IN_A_ROW: Cell<u32> = const { Cell::new(0) };
    static SLICE_START: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Starts a new slice: the scheduler has just chosen to run this goroutine.
#[inline]
pub(crate) fn start_slice() {
    OPERATIONS_IN_A_ROW.set(0);
    SLICE_START.set(None);
}

/// Counts an operation that did not have to wait.
#[inline]
fn one_more() {
    OPERATIONS_IN_A_ROW.set(OPERATIONS_IN_A_ROW.get().saturating_add(1));
}

#[inline]
fn is_time_to_look() -> bool {
    OPERATIONS_IN_A_ROW.get() >= OPERATIONS
}

/// Looks at the clock: whether the slice has lasted this long. If so the next one begins, also for a
/// task that is no goroutine and will not say when it does. A thread outside a runtime keeps nobody
/// waiting.
#[cold]
fn is_over(length: Duration) -> bool {
    OPERATIONS_IN_A_ROW.set(0);
    let now = Instant::now();
    let over = SLICE_START.get().is_some_and(|start| now - start >= length);
    if over || SLICE_START.get().is_none() {
        SLICE_START.set(Some(now));
    }
    over && Handle::try_current().is_ok()
}

/// Counts a blocking operation that did not need to block, and stands aside when it is time to.
pub(crate) fn did_not_block() {
    one_more();
    if is_time_to_look() && is_over(BLOCKING) {
        block::stand_aside();
        SLICE_START.set(Some(Instant::now()));
    }
}
