//! Counting goroutines: tokio's own count has the tasks of the user's, too.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

static GOROUTINES: AtomicUsize = AtomicUsize::new(0);

/// The goroutines that exist.
pub(super) fn goroutines() -> usize {
    GOROUTINES.load(Relaxed)
}

pin_project! {
    /// A future that counts until it has been dropped, as tokio does when it has ended, before
    /// anybody hears of that.
    pub(super) struct Counted<F> {
        #[pin]
        future: F,
        one: One,
    }
}

impl<F> Counted<F> {
    pub(super) fn new(future: F) -> Self {
        GOROUTINES.fetch_add(1, Relaxed);
        Self { future, one: One }
    }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(context)
    }
}

/// One that is counted.
struct One;

impl Drop for One {
    fn drop(&mut self) {
        GOROUTINES.fetch_sub(1, Relaxed);
    }
}
