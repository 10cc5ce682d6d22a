//! Goroutines and their handles.

use std::fmt;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::panics::{self, Outcome, Panicked, Unobserved};
use crate::registry::{Join, Running, Slot};
use crate::scheduler::Place;
use crate::turn::Sliced;
use crate::{runtime, slice};

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
pub(crate) fn spawn<P: Place, F>(running: Running, future: F) -> Goroutine<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Goroutine {
        slot: Slot::new(running.spawn::<P, _>(Body::new(future))),
    }
}

pin_project! {
    /// The body of a goroutine: it turns a panic into an outcome, and never unwinds. The output is
    /// the outcome itself, so whoever drops it unobserved, the scheduler included, ends the program.
    ///
    /// It is as large as the future that it holds.
    ///
    /// Invariant 1: the future is there until the drop.
    struct Body<F> {
        #[pin]
        future: ManuallyDrop<F>,
    }

    impl<F> PinnedDrop for Body<F> {
        /// The body of `go!` has dropped all it had when it ends, and what panicked then is its
        /// outcome. Another future may have kept something, and its outcome is told already.
        fn drop(this: Pin<&mut Self>) {
            // SAFETY: the future is not moved, and dropped in its place.
            let future = unsafe { this.project().future.get_unchecked_mut() };
            // SAFETY: the future is there, and this is the last use of it: invariant 1.
            panics::unheard::<F>(|| unsafe { ManuallyDrop::drop(future) });
        }
    }
}

impl<F: Future> Body<F> {
    fn new(future: F) -> Self {
        Self {
            future: ManuallyDrop::new(future),
        }
    }
}

impl<F: Future> Future for Body<F> {
    type Output = Outcome<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        slice::start();
        let future = self.project().future;
        // SAFETY: what a pinned field holds is pinned with it: it is dropped in its place, and
        // nothing moves it before.
        let future = unsafe { future.map_unchecked_mut(|future| &mut **future) };
        let guard = panics::enter();
        // After a panic the future is not polled again: this returns `Ready`.
        let polled = catch_unwind(AssertUnwindSafe(|| future.poll(context)));
        match polled {
            Ok(polled) => {
                drop(guard);
                polled.map(Outcome::value)
            }
            Err(payload) => {
                let panic = Unobserved::new(payload, runtime::current());
                drop(guard);
                panics::leave();
                Poll::Ready(Outcome::panic(panic))
            }
        }
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
