//! What a call of a `#[go_fn]` function gives.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use goish_scheduler::block;
use pin_project_lite::pin_project;

pin_project! {
    /// A call of a [`#[go_fn]`](crate::go_fn) function, which has not run yet.
    ///
    /// In the bodies of [`go!`](crate::go), of `#[go_fn]` functions and of
    /// [`#[goish::main]`](crate::main) a call awaits itself: `f(c)` there is its value. Anywhere else
    /// [`Wait`](Call::Wait) for it, or `.await` it in async code.
    ///
    /// ```
    /// use goish::prelude::*;
    ///
    /// #[go_fn]
    /// fn sum(numbers: Chan<int>) -> int {
    ///     let mut sum = 0;
    ///     for n in range!(numbers) {
    ///         sum += n;
    ///     }
    ///     sum
    /// }
    ///
    /// let numbers = chan!(int);
    /// let doubled = go! { 2 * sum(numbers) };
    /// numbers.Send(21);
    /// close!(numbers);
    /// assert_eq!(doubled.Wait(), Ok(42));
    /// assert_eq!(sum(numbers).Wait(), 0);
    /// ```
    // Whether a value is one of these is asked of values of types that are not known yet, too, and
    // `Unpin` is what tells them apart: see `rt::called`.
    #[project(!Unpin)]
    #[must_use = "a call of a #[go_fn] function does nothing by itself: write `go! { f(x) };` to start \
                  it, or `f(x).Wait()` to wait for it here; in the body of `go!`, of a #[go_fn] \
                  function or of #[goish::main] it runs by itself"]
    pub struct Call<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Call<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future }
    }

    /// Runs it, and blocks until it has ended.
    ///
    /// In a plain function that a goroutine calls, this hands the goroutine's worker on.
    #[track_caller]
    pub fn Wait(self) -> F::Output {
        block::on(self)
    }
}

/// Cancel safety: dropping it ends the function where it waits.
impl<F: Future> Future for Call<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(context)
    }
}

impl<F> fmt::Debug for Call<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}
