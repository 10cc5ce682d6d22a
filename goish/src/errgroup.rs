//! `golang.org/x/sync/errgroup`: goroutines that are parts of one task, the first error of which is
//! the task's.
//!
//! | Go | Rust |
//! |---|---|
//! | `var g errgroup.Group` | `let g = errgroup::Group::new();` |
//! | `g, ctx := errgroup.WithContext(ctx)` | `let (g, ctx) = errgroup::WithContext(&ctx);` |
//! | `g.SetLimit(4)` | `g.SetLimit(4);` |
//! | `g.Go(func() error { … })` | `g.Go(move \|\| { … });` |
//! | `g.TryGo(f)` | `g.TryGo(f)` |
//! | `if err := g.Wait(); err != nil` | `let err = g.Wait(); if err != nil` |
//!
//! The function ends with an `error`, or with a `Result<(), error>` where it has a `?`.
//!
//! ```
//! use goish::prelude::*;
//!
//! const ErrUnlucky: error = errors::New!("unlucky");
//!
//! let (g, ctx) = errgroup::WithContext(&context::Background());
//! g.SetLimit(4);
//! for n in 1..=20 {
//!     let ctx = ctx.clone();
//!     g.Go(move || {
//!         if n == 13 {
//!             return ErrUnlucky;
//!         }
//!         ctx.Err()
//!     });
//! }
//! let err = g.Wait();
//! assert!(err == ErrUnlucky);
//! assert!(ctx.Err() == context::Canceled && context::Cause(&ctx) == ErrUnlucky);
//!
//! let g = errgroup::Group::new();
//! assert!(g.TryGo(|| {
//!     "12".parse::<int>()?;
//!     Ok(())
//! }));
//! assert!(g.Wait() == nil);
//! ```

use std::borrow::Borrow;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::chan::Chan;
use crate::context::{self, CancelCauseFunc, Context};
use crate::errors::{IntoError, error, nil};
use crate::sync::WaitGroup;
use crate::types::int;
use crate::{block, runtime};

/// Goroutines that are parts of one task. Clones are the same group.
///
/// What a goroutine of it panics with ends the program, as a panic that nobody hears of does: Go's
/// group does not pass it on either.
#[derive(Clone, Default)]
pub struct Group(Arc<State>);

#[derive(Default)]
struct State {
    goroutines: WaitGroup,
    /// A place in it for each that may be active; nil if there is no limit.
    limit: Mutex<Chan<()>>,
    first: OnceLock<error>,
    cancel: Option<CancelCauseFunc>,
}

/// A group, and a context that is cancelled when the first goroutine of the group fails, with that
/// error for its cause, and at the latest when [`Group::Wait`] returns.
#[must_use = "the group does nothing by itself"]
pub fn WithContext(parent: impl Borrow<Context>) -> (Group, Context) {
    let (ctx, cancel) = context::WithCancelCause(parent);
    let state = State {
        cancel: Some(cancel),
        ..State::default()
    };
    (Group(Arc::new(state)), ctx)
}

impl Group {
    /// A group without a limit, and without a context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows at most so many active goroutines from now on; with less than 0 there is no limit, and
    /// with 0 [`Go`](Group::Go) waits for ever.
    ///
    /// # Panics
    ///
    /// If goroutines of the group that fell under another limit are active.
    #[track_caller]
    pub fn SetLimit(&self, n: int) {
        let mut limit = self.0.limit.lock().unwrap_or_else(PoisonError::into_inner);
        let active = limit.Len();
        if active == 0 {
            *limit = if n < 0 { Chan::nil() } else { Chan::new(n) };
            return;
        }
        drop(limit);
        panic!(
            "errgroup: modify limit while {active} goroutines in the group are still active: set it \
             before the first `Go`, or after `Wait`"
        );
    }

    /// Calls the function in a goroutine of the group. Waits first while there are as many as the
    /// limit allows. In the body of `go!` that suspends the goroutine; channel operations in the
    /// function block, as in any closure, and [`go`](Group::go) suspends instead.
    #[track_caller]
    pub fn Go<R: IntoError>(&self, function: impl FnOnce() -> R + Send + 'static) {
        let limit = self.limit();
        if !limit.IsNil() {
            limit.Send(());
        }
        self.start(limit, async move { function() });
    }

    /// Calls the function in a goroutine of the group if the limit allows that now, and says whether
    /// it did.
    pub fn TryGo<R: IntoError>(&self, function: impl FnOnce() -> R + Send + 'static) -> bool {
        let limit = self.limit();
        let is_allowed = limit.IsNil() || limit.TrySend(());
        if is_allowed {
            self.start(limit, async move { function() });
        }
        is_allowed
    }

    /// Waits until all goroutines of the group have ended. Gives the first error that was not nil, and
    /// cancels the group's context.
    #[track_caller]
    pub fn Wait(&self) -> error {
        block::on(self.wait())
    }

    /// As [`Go`](Group::Go), with a future for the function. It is awaited while there are as many
    /// goroutines as the limit allows.
    ///
    /// Cancel safety: dropping it before it completes starts nothing.
    ///
    /// ```
    /// use goish::prelude::*;
    ///
    /// let c = chan!(int);
    /// let g = errgroup::Group::new();
    /// let counted = go! {
    ///     for n in 0..3 {
    ///         let c = c.clone();
    ///         g.go(async move {
    ///             let _ = c.send(n).await;
    ///             nil
    ///         })
    ///         .await;
    ///     }
    ///     g.Wait()
    /// };
    /// assert_eq!((0..3).map(|_| c.Recv().0).sum::<int>(), 3);
    /// assert!(counted.Wait().unwrap() == nil);
    /// ```
    pub async fn go<F>(&self, future: F)
    where
        F: Future<Output: IntoError> + Send + 'static,
    {
        let limit = self.limit();
        if !limit.IsNil() {
            // Nobody but the group has it, and the group does not close it.
            let _ = limit.send(()).await;
        }
        self.start(limit, future);
    }

    /// Waits until all goroutines of the group have ended, as [`Wait`](Group::Wait).
    ///
    /// Cancel safety: it may be dropped at any time.
    pub async fn wait(&self) -> error {
        self.0.goroutines.wait().await;
        let err = self.0.first.get().cloned().unwrap_or(nil);
        if let Some(cancel) = &self.0.cancel {
            cancel(err.clone());
        }
        err
    }

    fn limit(&self) -> Chan<()> {
        let limit = self.0.limit.lock();
        limit.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts a goroutine that has a place in the limit.
    fn start<F>(&self, limit: Chan<()>, future: F)
    where
        F: Future<Output: IntoError> + Send + 'static,
    {
        self.0.goroutines.Add(1);
        let active = Active {
            group: self.clone(),
            limit,
        };
        runtime::spawn(async move {
            let err = future.await.into_error();
            active.group.fail(err);
        });
    }

    fn fail(&self, err: error) {
        if err == nil {
            return;
        }
        let is_first = self.0.first.set(err.clone()).is_ok();
        if let Some(cancel) = &self.0.cancel
            && is_first
        {
            cancel(err);
        }
    }
}

/// A goroutine that has not ended. When it panics, it has.
struct Active {
    group: Group,
    limit: Chan<()>,
}

impl Drop for Active {
    fn drop(&mut self) {
        let _ = self.limit.try_recv();
        self.group.0.goroutines.Done();
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("goroutines", &self.0.goroutines)
            .field("limit", &self.limit())
            .field("first", &self.0.first)
            .finish_non_exhaustive()
    }
}
