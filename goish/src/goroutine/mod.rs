//! Goroutines and their handles.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

use crate::{block, coop};

pub(crate) mod panics;

pub use panics::Panicked;
use panics::Unobserved;

/// A goroutine. Dropping it lets the goroutine go on alone; what it panics with, or has panicked
/// with, then ends the program, with Go's message and exit code 2.
#[derive(Debug)]
pub struct Goroutine<R = ()> {
    /// Taken when somebody waits. The lock is for rewritten code, which waits through a shared
    /// reference to what the user gives away.
    task: Mutex<Option<Task<R>>>,
}

type Task<R> = JoinHandle<Outcome<R>>;
type Outcome<R> = Result<R, Unobserved>;

impl<R: Send + 'static> Goroutine<R> {
    /// Waits until the goroutine has ended, and gives the value of its body. In the body of `go!`
    /// it suspends the goroutine that waits.
    ///
    /// # Errors
    ///
    /// [`Panicked`], when it panicked.
    #[track_caller]
    pub fn Wait(self) -> Result<R, Panicked> {
        block::on(self.wait())
    }

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

    /// As `wait`, and leaves a handle behind with nothing to wait for.
    pub(crate) fn take(&self) -> Waiting<R> {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        Waiting { task: task.take() }
    }
}

/// The future of [`Goroutine::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Waiting<R> {
    task: Option<Task<R>>,
}

impl<R> Future for Waiting<R> {
    type Output = Result<R, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(task) = &mut self.task else {
            return Poll::Ready(Err(Panicked::waited_already()));
        };
        // tokio's own handle takes part in tokio's cooperative budget.
        let outcome = ready!(Pin::new(task).poll(context));
        self.task = None;
        Poll::Ready(match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => Err(panic.observe()),
            Err(error) => Err(lost(error)),
        })
    }
}

/// tokio lost the task: a value of its body panicked when it was dropped.
fn lost(error: JoinError) -> Panicked {
    match error.try_into_panic() {
        Ok(payload) => Panicked::with_payload(&*payload),
        Err(error) => Panicked::with_payload(&error.to_string()),
    }
}

/// Spawns a goroutine.
pub(crate) fn spawn<F>(runtime: &Handle, future: F) -> Goroutine<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let task = runtime.spawn(Body { future });
    Goroutine {
        task: Mutex::new(Some(task)),
    }
}

pin_project! {
    /// The body of a goroutine: it turns a panic into an outcome. The task's output is the outcome
    /// itself, so whoever drops it unobserved, tokio included, lets the program end.
    struct Body<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Body<F> {
    type Output = Outcome<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        coop::start_slice();
        let future = self.project().future;
        let guarded = panics::guard();
        // After a panic the future is not polled again: this returns `Ready`.
        let polled = catch_unwind(AssertUnwindSafe(|| future.poll(context)));
        drop(guarded);
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(Unobserved::new(&*payload))),
        }
    }
}
