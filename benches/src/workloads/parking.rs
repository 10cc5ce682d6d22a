//! Knowing that tasks are parked, without sleeping and hoping.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::sync::Notify;

/// A gate that opens once a number of tasks have arrived.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    missing: AtomicU64,
    open: Notify,
}

impl Gate {
    /// A gate that waits for `count` arrivals; `count` must not be 0.
    pub(super) fn new(count: u64) -> Self {
        Gate(Arc::new(Inner {
            missing: AtomicU64::new(count),
            open: Notify::new(),
        }))
    }

    /// Arrives.
    pub(super) fn arrive(&self) {
        // Acquire and release, so that what every arrival wrote is seen by whoever waits.
        if self.0.missing.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.open.notify_one();
        }
    }

    /// Waits until all have arrived. One task may wait, once.
    pub(super) async fn opened(&self) {
        self.0.open.notified().await;
    }

    /// Runs an operation and arrives as soon as its first poll is over: by then it either waits in
    /// the channel's queue or is done. That is exact, where a count taken before the operation would
    /// only say that it is about to park.
    ///
    /// A struct, and not an `async fn`, because that would hold the operation twice, and what parked
    /// tasks hold is measured.
    pub(super) fn pass<F: Future>(&self, operation: F) -> Pass<'_, F> {
        Pass {
            gate: Some(self),
            operation,
        }
    }
}

pin_project! {
    /// See [`Gate::pass`].
    pub(super) struct Pass<'a, F> {
        // Until it has arrived.
        gate: Option<&'a Gate>,
        #[pin]
        operation: F,
    }
}

impl<F: Future> Future for Pass<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let poll = this.operation.poll(context);
        if let Some(gate) = this.gate.take() {
            gate.arrive();
        }
        poll
    }
}
