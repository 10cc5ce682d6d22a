//! Handles: what a goroutine shares with whoever spawned it.

use std::marker::Send;
use std::sync::{Arc, Weak};

use goish_engines::Engine;

use crate::chan::{Chan, RecvChan, SendChan};
use crate::context::Context;
use crate::errors::error;
use crate::sync::WaitGroup;
use crate::time::{Ticker, Timer};
use crate::{errgroup, semaphore, singleflight};

/// A value whose clones stand for the same thing: a channel, a group, an [`Arc`].
///
/// [`go!`](crate::go) shares the handles that its body uses, and moves everything else. Derive it
/// for a struct or an enum of handles, and goroutines share that, too:
///
/// ```
/// use goish::prelude::*;
///
/// #[derive(goish::Handle)]
/// struct Pool {
///     jobs: Chan<int>,
///     results: Chan<int>,
/// }
///
/// fn work(pool: Pool) {
///     for job in range!(pool.jobs) {
///         pool.results.Send(2 * job);
///     }
/// }
///
/// let pool = Pool { jobs: chan!(int), results: chan!(int) };
/// for _ in 0..4 {
///     go! { work(pool) };
/// }
/// pool.jobs.Send(21);
/// assert_eq!(pool.results.Recv(), (42, true));
/// ```
///
/// Do not implement it for a value whose clones are copies, as those of a number or a `Vec` are:
/// what a goroutine changed there, nobody else would see.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handle: a clone of it would be another value",
    label = "goroutines cannot share this",
    note = "put it into an `Arc`, or an `Arc<sync::Mutex<…>>` if it changes"
)]
pub trait Handle: Sized {
    /// One more handle to the same thing.
    #[must_use = "it is one more handle, and does nothing by itself"]
    fn share(&self) -> Self;
}

macro_rules! handles {
    ($([$($generics:tt)*] $handle:ty;)*) => {$(
        impl<$($generics)*> Handle for $handle {
            #[inline]
            fn share(&self) -> Self {
                self.clone()
            }
        }
    )*};
}

handles! {
    [T: Send, E: Engine] Chan<T, E>;
    [T: Send, E: Engine] RecvChan<T, E>;
    [T: Send, E: Engine] SendChan<T, E>;
    [] Context;
    [] Ticker;
    [] Timer;
    [] WaitGroup;
    [] error;
    [] errgroup::Group;
    [] semaphore::Weighted;
    [V: Send, K] singleflight::Group<V, K>;
    [T: ?Sized] Arc<T>;
    [T: ?Sized] Weak<T>;
}
