//! Mutual exclusion.

use super::{guard, guard_mut};
use crate::{block, coop};

/// Go's `sync.Mutex`, around the value that it guards. Served in the order of arrival.
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
///     let (total, wg) = (total.clone(), wg.clone());
///     go!{
///         *total.Lock() += n;
///         wg.Done();
///     };
/// }
/// wg.Wait();
/// assert_eq!(*total.Lock(), 55);
/// ```
#[derive(Debug, Default)]
pub struct Mutex<T: ?Sized>(tokio::sync::Mutex<T>);

guard! {
    /// A locked [`Mutex`]; it is unlocked when this is dropped.
    MutexGuard, MutexGuard, Unlock
}
guard_mut! { MutexGuard }

impl<T> Mutex<T> {
    /// An unlocked mutex.
    pub const fn new(value: T) -> Self {
        Self(tokio::sync::Mutex::const_new(value))
    }

    /// The value, without the mutex.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Locks it, and waits for that while somebody else has it.
    #[track_caller]
    pub fn Lock(&self) -> MutexGuard<'_, T> {
        match self.0.try_lock() {
            Ok(guard) => {
                coop::did_not_block();
                MutexGuard(guard)
            }
            Err(_) => block::on(self.lock()),
        }
    }

    /// Locks it if nobody has it.
    pub fn TryLock(&self) -> Option<MutexGuard<'_, T>> {
        let guard = self.0.try_lock().ok();
        coop::did_not_block();
        guard.map(MutexGuard)
    }

    /// Locks it, and waits for that while somebody else has it.
    ///
    /// Cancel safety: dropping it before it completes gives up its place in the queue.
    pub async fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(self.0.lock().await)
    }
}
