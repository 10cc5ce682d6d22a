//! A goroutine's turn: an operation takes part in the slice, and suspends when it is spent.

use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use pin_project_lite::pin_project;
use tokio::runtime::Handle;

use crate::registry::running;
use crate::{multi_thread, slice};

pin_project! {
    /// A future that stands aside first if the slice is spent.
    #[derive(Debug)]
    pub struct Sliced<F> {
        #[pin]
        future: F,
    }
}

impl<F> Sliced<F> {
    /// The future, as an operation.
    #[inline]
    pub fn new(future: F) -> Self {
        Self { future }
    }
}

impl<F: Future> Future for Sliced<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if slice::is_time_to_look() && slice::is_spent(slice::SUSPENDING) && poll_yield(context) {
            return Poll::Pending;
        }
        let output = ready!(self.project().future.poll(context));
        slice::count();
        Poll::Ready(output)
    }
}

/// Counts an operation, and suspends when the slice is spent.
pub async fn proceed() {
    Sliced::new(ready(())).await;
}

/// Lets the others run.
pub async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        if !poll_yield(context) {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await;
}

/// Has the goroutine, or what else is polled here, polled again once others had the worker. False if
/// it keeps nobody waiting: outside a runtime, and where somebody only looks whether it is ready.
#[cold]
fn poll_yield(context: &mut Context<'_>) -> bool {
    if context.waker().will_wake(Waker::noop()) {
        return false;
    }
    match running() {
        Some(running) if running.is_on_worker() => running.poll_yield(context),
        _ if Handle::try_current().is_ok() => multi_thread::poll_yield(context),
        _ => return false,
    }
    true
}
