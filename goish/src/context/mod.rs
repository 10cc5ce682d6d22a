//! Go's `context`: when to stop, why, and values that go with a request.
//!
//! | Go | Rust |
//! |---|---|
//! | `func f(ctx context.Context)` | `fn f(ctx: context::Context)` |
//! | `context.Background()`, `context.TODO()` | `context::Background()`, `context::TODO()` |
//! | `ctx, cancel := context.WithCancel(parent)` | `let (ctx, cancel) = context::WithCancel(&parent);` |
//! | `context.WithTimeout(parent, time.Second)` | `context::WithTimeout(&parent, time::Second)` |
//! | `context.WithDeadline(parent, t)` | `context::WithDeadline(&parent, t)` |
//! | `ctx, cancel := context.WithCancelCause(parent)` | `let (ctx, cancel) = context::WithCancelCause(&parent);` |
//! | `cancel()`, `cancel(err)` | `cancel()`, `cancel(err)` |
//! | `case <-ctx.Done():` | `case <-ctx.Done():` |
//! | `ctx.Err() == context.Canceled` | `ctx.Err() == context::Canceled` |
//! | `ctx.Err() == context.DeadlineExceeded` | `ctx.Err() == context::DeadlineExceeded` |
//! | `context.Cause(ctx)` | `context::Cause(&ctx)` |
//! | `t, ok := ctx.Deadline()` | `let (t, ok) = ctx.Deadline();` |
//! | `context.WithValue(parent, key{}, "ann")` | `context::WithValue(&parent, Key, "ann")` |
//! | `user, ok := ctx.Value(key{}).(string)` | `let user = ctx.Value::<&str>(Key);`, an `Option` |
//! | `context.WithoutCancel(ctx)` | `context::WithoutCancel(&ctx)` |
//! | `stop := context.AfterFunc(ctx, f)` | `let stop = context::AfterFunc(&ctx, f);` |
//!
//! A context is given by value or by reference, as one likes. `defer cancel()` is worth its line here
//! too: a context that was cancelled is forgotten by its parent.
//!
//! ```
//! use goish::prelude::*;
//!
//! fn f(ctx: context::Context, out: Chan<int>) -> error {
//!     for n in 0.. {
//!         select! {
//!             case out <- n:
//!             case <-ctx.Done():
//!                 return ctx.Err()
//!         }
//!     }
//!     nil
//! }
//!
//! let (ctx, cancel) = context::WithCancel(&context::Background());
//! let out = chan!(int);
//! let g = go! { f(ctx, out) };
//! assert_eq!(out.Recv(), (0, true));
//! cancel();
//! assert!(g.Wait().unwrap() == context::Canceled);
//! assert!(ctx.Err() == context::Canceled);
//!
//! #[derive(PartialEq)]
//! struct Key;
//!
//! let parent = context::WithValue(&context::TODO(), Key, "ann");
//! let (ctx, _cancel) = context::WithTimeout(&parent, time::Millisecond);
//! assert_eq!(ctx.Value::<&str>(Key), Some("ann"));
//! let (t, ok) = ctx.Deadline();
//! assert!(ok && t.Before(time::Now().Add(time::Second)));
//! ctx.Done().Recv();
//! assert!(ctx.Err() == context::DeadlineExceeded);
//! assert!(context::WithoutCancel(&ctx).Err() == nil);
//!
//! const ErrTooSlow: error = errors::New!("too slow");
//! let (ctx, cancel) = context::WithCancelCause(&parent);
//! let called = chan!(());
//! let stop = {
//!     let called = called.clone();
//!     context::AfterFunc(&ctx, move || close!(called))
//! };
//! cancel(ErrTooSlow);
//! called.Recv();
//! assert!(!stop());
//! assert!(ctx.Err() == context::Canceled && context::Cause(&ctx) == ErrTooSlow);
//!
//! let (ctx, _cancel) = context::WithDeadline(&parent, time::Now());
//! assert!(ctx.Err() == context::DeadlineExceeded);
//! ```

use std::any::Any;
use std::borrow::Borrow;
use std::sync::Arc;

use crate::errors::{self, error, nil};
use crate::time::{self, Duration, Time};

mod cancel;
mod node;
#[cfg(test)]
mod tests;

use cancel::{Call, Cancel, Reason};
pub use node::Context;
use node::Kind;

/// Why a context ended that was cancelled: [`Context::Err`] is equal to it.
#[expect(non_upper_case_globals, reason = "Go's name")]
pub const Canceled: error = errors::New!("context canceled");

/// Why a context ended whose deadline has passed: [`Context::Err`] is equal to it.
#[expect(non_upper_case_globals, reason = "Go's name")]
pub const DeadlineExceeded: error = errors::New!("context deadline exceeded");

/// Cancels a context: `cancel()`. It may be called by anybody, and again, which does nothing. What
/// was derived from the context is cancelled when it returns.
///
/// Dropping it cancels nothing, as in Go.
pub type CancelFunc = Arc<dyn Fn() + Send + Sync>;

/// Cancels a context and says why: `cancel(err)`. With nil the cause is [`Canceled`].
pub type CancelCauseFunc = Arc<dyn Fn(error) + Send + Sync>;

/// Keeps a function from being called: `stop()`. See [`AfterFunc`].
pub type StopFunc = Arc<dyn Fn() -> bool + Send + Sync>;

/// The context that never ends: for `main`, and where all others come from.
pub fn Background() -> Context {
    Context::background()
}

/// As [`Background`]: where it is not yet clear which context to take.
pub fn TODO() -> Context {
    Context::todo()
}

/// A context that ends when `cancel()` is called, or with its parent.
///
/// ```
/// use goish::prelude::*;
///
/// let (ctx, cancel) = context::WithCancel(context::Background());
/// assert!(ctx.Err() == nil);
/// cancel();
/// ctx.Done().Recv();
/// assert!(ctx.Err() == context::Canceled);
/// ```
#[must_use = "who drops `cancel` leaves the context to its parent's end"]
pub fn WithCancel(parent: impl Borrow<Context>) -> (Context, CancelFunc) {
    let (ctx, cancel) = cancellable(parent.borrow());
    (ctx, cancels(cancel))
}

/// As [`WithCancel`], and `cancel(err)` says why: [`Cause`] gives that error.
#[must_use = "who drops `cancel` leaves the context to its parent's end"]
pub fn WithCancelCause(parent: impl Borrow<Context>) -> (Context, CancelCauseFunc) {
    let (ctx, cancel) = cancellable(parent.borrow());
    let cancels = move |cause| cancel.cancel(Reason::new(Canceled, cause));
    (ctx, Arc::new(cancels))
}

/// As [`WithDeadline`], so much time from now.
///
/// ```
/// use goish::prelude::*;
///
/// fn slow(ctx: &context::Context) -> error {
///     select! {
///         case <-ctx.Done():
///             ctx.Err()
///         case <-time::After(time::Hour):
///             nil
///     }
/// }
/// let (ctx, cancel) = context::WithTimeout(context::Background(), time::Millisecond);
/// assert!(slow(&ctx) == context::DeadlineExceeded);
/// cancel();
/// ```
#[must_use = "who drops `cancel` leaves the context to its deadline"]
pub fn WithTimeout(parent: impl Borrow<Context>, timeout: Duration) -> (Context, CancelFunc) {
    WithTimeoutCause(parent, timeout, nil)
}

/// As [`WithTimeout`], with the error that [`Cause`] gives when the time is over.
#[must_use = "who drops `cancel` leaves the context to its deadline"]
pub fn WithTimeoutCause(
    parent: impl Borrow<Context>,
    timeout: Duration,
    cause: error,
) -> (Context, CancelFunc) {
    WithDeadlineCause(parent, time::Now().Add(timeout), cause)
}

/// A context that ends at that time, when `cancel()` is called, or with its parent. A deadline that
/// is later than the parent's is the parent's.
///
/// Until then the runtime has a timer for it, which `cancel()` takes back.
#[must_use = "who drops `cancel` leaves the context to its deadline"]
pub fn WithDeadline(parent: impl Borrow<Context>, deadline: Time) -> (Context, CancelFunc) {
    WithDeadlineCause(parent, deadline, nil)
}

/// As [`WithDeadline`], with the error that [`Cause`] gives when the time has come.
#[must_use = "who drops `cancel` leaves the context to its deadline"]
pub fn WithDeadlineCause(
    parent: impl Borrow<Context>,
    deadline: Time,
    cause: error,
) -> (Context, CancelFunc) {
    let parent = parent.borrow();
    if let (earlier, true) = parent.Deadline()
        && earlier.Before(deadline)
    {
        return WithCancel(parent);
    }
    let cancel = Cancel::under(parent.cancel());
    cancel.at(time::Until(deadline), Reason::new(DeadlineExceeded, cause));
    let ctx = parent.child(Some(cancel.clone()), Some(deadline), Kind::Deadline);
    (ctx, cancels(cancel))
}

/// A context with a value, which is found by its key in this context and in all that come from it.
///
/// Keys are compared by their type and their value. A type of one's own is nobody else's key.
///
/// ```
/// use goish::prelude::*;
///
/// #[derive(PartialEq)]
/// struct UserKey;
///
/// #[derive(Clone)]
/// struct User {
///     name: string,
/// }
///
/// let user = User { name: "ann".into() };
/// let ctx = context::WithValue(context::Background(), UserKey, user);
/// assert_eq!(ctx.Value::<User>(UserKey).unwrap().name, "ann");
/// assert!(ctx.Value::<User>("UserKey").is_none());
/// ```
#[must_use = "the parent does not have the value"]
pub fn WithValue<K, V>(parent: impl Borrow<Context>, key: K, value: V) -> Context
where
    K: PartialEq + Any + Send + Sync,
    V: Any + Send + Sync,
{
    let parent = parent.borrow();
    let (cancel, deadline) = (parent.cancel().cloned(), parent.deadline());
    parent.child(cancel, deadline, Kind::value(key, value))
}

/// A context with the values of its parent that does not end with it, nor at its deadline.
#[must_use = "the parent ends as it did"]
pub fn WithoutCancel(parent: impl Borrow<Context>) -> Context {
    parent.borrow().child(None, None, Kind::WithoutCancel)
}

/// Why a context ended: the cause that was given first, by whoever cancelled it or one that it comes
/// from, or else what [`Context::Err`] says. Nil while it has not ended.
pub fn Cause(ctx: impl Borrow<Context>) -> error {
    match ctx.borrow().cancel() {
        Some(cancel) => cancel.cause(),
        None => nil,
    }
}

/// Calls a function in a goroutine of its own when the context has ended; at once, if it has.
/// Channel operations in it block, as in any closure.
///
/// `stop()` prevents the call. True if that is due to this call of it, false if the function has been
/// called or the call been prevented before. It does not wait for a function that runs.
///
/// ```
/// use goish::prelude::*;
///
/// let (ctx, cancel) = context::WithCancel(context::Background());
/// let c = chan!(string, 1);
/// let called = c.clone();
/// context::AfterFunc(&ctx, move || called.Send("the context has ended".into()));
/// let stop = context::AfterFunc(&ctx, || unreachable!("it is stopped"));
/// assert!(stop());
/// cancel();
/// assert_eq!(c.Recv().0, "the context has ended");
/// ```
pub fn AfterFunc(ctx: impl Borrow<Context>, function: impl FnOnce() + Send + 'static) -> StopFunc {
    let call = Call::new(function);
    let registration = ctx
        .borrow()
        .cancel()
        .and_then(|cancel| cancel.call(&call).map(|number| (cancel.clone(), number)));
    Arc::new(move || {
        let stopped = call.take();
        if stopped.is_some()
            && let Some((cancel, number)) = &registration
        {
            cancel.forget(*number);
        }
        stopped.is_some()
    })
}

fn cancellable(parent: &Context) -> (Context, Arc<Cancel>) {
    let cancel = Cancel::under(parent.cancel());
    let ctx = parent.child(Some(cancel.clone()), parent.deadline(), Kind::Cancel);
    (ctx, cancel)
}

fn cancels(cancel: Arc<Cancel>) -> CancelFunc {
    Arc::new(move || cancel.cancel(Reason::new(Canceled, nil)))
}
