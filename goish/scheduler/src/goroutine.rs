//! Goroutines and their handles.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::panics::{self, Outcome, Panicked, Unobserved};
use crate::registry::{Join, Running, Slot};
use crate::slice;
use crate::turn::Sliced;

/// A goroutine. Dropping it lets the goroutine go on alone; what it panics with, or has panicked
/// with, then ends the program, with Go's message and exit code 2.
pub struct Goroutine<R: Send + 'static> {
    slot: Slot<Outcome<R>>,
}

impl<R: Send + 'static> Goroutine<R> {
    /// Waits until the goroutine has ended, and gives the value of its body.
    ///
    /// Cancel safety: dropping what this gives is dropping the goroutine's handle.
    ///
    /// # Errors
    ///
    /// [`Panicked`], when it panicked.
    pub fn wait(self) -> Waiting<R> {
        self.take()
    }

    /// As [`wait`](Goroutine::wait), and leaves a handle behind with nothing to wait for: waiting
    /// once more gives an error.
    pub fn take(&self) -> Waiting<R> {
        Waiting {
            join: self.slot.take().map(Sliced::new),
        }
    }
}

impl<R: Send + 'static> fmt::Debug for Goroutine<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Goroutine").finish_non_exhaustive()
    }
}

// What panicked in the goroutine is not shared with who holds its handle.
impl<R: Send + 'static> UnwindSafe for Goroutine<R> {}
impl<R: Send + 'static> RefUnwindSafe for Goroutine<R> {}

/// The future of [`Goroutine::wait`].
#[must_use = "futures do nothing unless polled"]
pub struct Waiting<R: Send + 'static> {
    /// Nothing once it has ended, or if there was nothing to wait for.
    join: Option<Sliced<Join<Outcome<R>>>>,
}

impl<R: Send + 'static> Future for Waiting<R> {
    type Output = Result<R, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(join) = &mut self.join else {
            return Poll::Ready(Err(Panicked::waited_already()));
        };
        let outcome = ready!(Pin::new(join).poll(context));
        self.join = None;
        Poll::Ready(match outcome {
            Ok(outcome) => outcome.heard(),
            Err(lost) => Err(lost.into()),
        })
    }
}

impl<R: Send + 'static> fmt::Debug for Waiting<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

/// Spawns a goroutine.
#[inline]
pub(crate) fn spawn<F>(running: Running, future: F) -> Goroutine<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Goroutine {
        slot: Slot::new(running.spawn(Body::Running { future })),
    }
}

pin_project! {
    /// The body of a goroutine: it turns a panic into an outcome, and never unwinds. The output is
    /// the outcome itself, so whoever drops it unobserved, the scheduler included, ends the program.
    #[project = Stage]
    enum Body<F> {
        Running {
            #[pin]
            future: F,
        },
        // Everything that the future had is dropped.
        Panicked { panic: Option<Unobserved> },
        Ended,
    }
}

impl<F: Future> Future for Body<F> {
    type Output = Outcome<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.as_mut().project() {
            Stage::Running { .. } => {}
            Stage::Panicked { panic } => {
                let panic = panic.take();
                self.set(Self::Ended);
                return panic.map_or(Poll::Pending, |panic| {
                    panics::arrive();
                    Poll::Ready(Outcome::panic(panic))
                });
            }
            Stage::Ended => return Poll::Pending,
        }
        slice::start();
        let guard = panics::enter();
        let mut value = None;
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let Stage::Running { future } = self.as_mut().project() else {
                return;
            };
            if let Poll::Ready(output) = future.poll(context) {
                value = Some(output);
                // What the body still holds is dropped while its panics can be caught.
                self.set(Self::Ended);
            }
        }));
        let polled = match polled {
            Ok(()) => value.map_or(Poll::Pending, |value| Poll::Ready(Outcome::value(value))),
            Err(payload) => {
                let panic = Unobserved::new(payload, crate::runtime::current());
                panics::contain(|| drop(value));
                panics::contain(|| self.set(Self::Ended));
                self.set(Self::Panicked { panic: Some(panic) });
                // The outcome is given in a turn of its own. If this thread has handed its worker on,
                // it may never run a goroutine again, and could not tell when the outcome arrived.
                context.waker().wake_by_ref();
                Poll::Pending
            }
        };
        drop(guard);
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_two_words_and_a_body_as_large_as_its_future() {
        assert!(size_of::<Goroutine<()>>() <= 16);
        assert!(size_of::<Goroutine<[u64; 8]>>() <= 16);
        fn sizes<F: Future>(_: &F) -> (usize, usize) {
            (size_of::<F>(), size_of::<Body<F>>())
        }
        let (first, second) = (Box::new(1), Box::new(2));
        let future = async move {
            std::future::ready(()).await;
            *first + *second
        };
        let (alone, body) = sizes(&future);
        assert_eq!(alone, body);
    }
}
