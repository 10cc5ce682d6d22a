//! A goroutine, as the task that tokio runs.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::panics;

pin_project! {
    /// A goroutine's future, and between two turns the output of one that panicked.
    ///
    /// tokio does not say when it has kept or dropped an output. A worker comes to its next task, or
    /// parks, when that is done; but a thread that has handed its worker on while the goroutine
    /// blocked may never do either. So such an output is given in a turn of its own, which does
    /// nothing else: it is run by a thread that has a worker, and keeps it.
    #[project = Stage]
    pub(super) enum Task<F: Future> {
        Running {
            #[pin]
            future: F,
        },
        Panicked { output: Option<F::Output> },
    }
}

impl<F: Future> Task<F> {
    pub(super) fn new(future: F) -> Self {
        Self::Running { future }
    }
}

impl<F: Future> Future for Task<F> {
    type Output = F::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        match self.as_mut().project() {
            Stage::Running { future } => {
                let polled = future.poll(context);
                if polled.is_pending() || !panics::delay() {
                    return polled;
                }
                if let Poll::Ready(output) = polled {
                    let output = Some(output);
                    self.set(Self::Panicked { output });
                }
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Stage::Panicked { output } => {
                panics::leave();
                output.take().map_or(Poll::Pending, Poll::Ready)
            }
        }
    }
}
