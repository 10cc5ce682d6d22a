//! Mutual exclusion.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::guarded::{Guarded, Owning};
use super::protocol::exclusion::{self, Exclusion};
use super::protocol::primitives::const_unless_modelled;
use super::{guard, guard_mut};
use crate::block;
use crate::coop::{self, Coop};

/// Go's `sync.Mutex`, around the value that it guards.
///
/// As in Go, whoever comes while it is free takes it; but once somebody has waited for more than a
/// millisecond, it is handed on in the order of arrival until nobody has.
///
/// Its guard may be kept across any other operation, in a goroutine too. A panic unlocks it.
///
/// ```
/// use goish::prelude::*;
///
/// let total = std::sync::Arc::new(sync::Mutex::new(0));
/// let wg = sync::WaitGroup::new();
/// for n in 1..=10 {
///     wg.Add(1);
///     go!{
///         *total.Lock() += n;
///         wg.Done();
///     };
/// }
/// wg.Wait();
/// assert_eq!(*total.Lock(), 55);
/// ```
#[derive(Default)]
pub struct Mutex<T: ?Sized>(Guarded<Exclusion, T>);

guard! {
    /// A locked [`Mutex`]; it is unlocked when this is dropped.
    MutexGuard, Owning<'a, T>, Unlock,
    "it is unlocked where its guard is dropped, and that is here: write `let guard = m.Lock();`"
}
guard_mut! { MutexGuard }

impl<T> Mutex<T> {
    const_unless_modelled! {
        /// An unlocked mutex.
        pub fn new(value: T) -> Self {
            Self(Guarded::new(Exclusion::new(), value))
        }
    }

    /// The value, without the mutex.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Locks it, and waits for that while somebody else has it.
    #[track_caller]
    #[inline]
    pub fn Lock(&self) -> MutexGuard<'_, T> {
        match self.0.lock.try_lock() {
            Some(owned) => {
                coop::did_not_block();
                MutexGuard(self.0.exclusively(owned))
            }
            None => block::on(self.lock()),
        }
    }

    /// Locks it if nobody has it.
    pub fn TryLock(&self) -> Option<MutexGuard<'_, T>> {
        let owned = self.0.lock.try_lock();
        coop::did_not_block();
        owned.map(|owned| MutexGuard(self.0.exclusively(owned)))
    }

    /// Locks it, and waits for that while somebody else has it.
    ///
    /// Cancel safety: dropping it before it completes gives up its place in the line, and hands on
    /// a lock that it was given.
    #[inline]
    pub fn lock(&self) -> Locking<'_, T> {
        Locking {
            mutex: &self.0,
            owned: Coop::new(self.0.lock.lock()),
        }
    }

    /// The value: who has the only reference needs no lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

/// The future of [`Mutex::lock`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Locking<'a, T: ?Sized> {
    mutex: &'a Guarded<Exclusion, T>,
    owned: Coop<exclusion::Locking<'a>>,
}

impl<'a, T: ?Sized> Future for Locking<'a, T> {
    type Output = MutexGuard<'a, T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<MutexGuard<'a, T>> {
        let owned = ready!(Pin::new(&mut self.owned).poll(context));
        Poll::Ready(MutexGuard(self.mutex.exclusively(owned)))
    }
}

impl<T: ?Sized> MutexGuard<'_, T> {
    /// Unlocks the mutex, waits for something, and locks it again.
    pub(super) async fn unlocked_during(self, wait: impl Future<Output = ()>) -> Self {
        let guarded = self.0.guarded();
        drop(self);
        Coop::new(wait).await;
        Self(guarded.exclusively(guarded.lock.lock().await))
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Mutex");
        match self.0.lock.try_lock() {
            Some(owned) => debug.field("data", &self.0.exclusively(owned)),
            None => debug.field("data", &format_args!("<locked>")),
        };
        debug.finish()
    }
}
