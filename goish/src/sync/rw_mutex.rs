//! Many readers or one writer.

use super::{guard, guard_mut};
use crate::{block, coop};

/// Go's `sync.RWMutex`, around the value that it guards. A writer that waits lets no further
/// reader in before it.
#[derive(Debug, Default)]
pub struct RWMutex<T: ?Sized>(tokio::sync::RwLock<T>);

guard! {
    /// A [`RWMutex`] locked for writing; it is unlocked when this is dropped.
    RWMutexWriteGuard, RwLockWriteGuard, Unlock
}
guard_mut! { RWMutexWriteGuard }

guard! {
    /// A [`RWMutex`] locked for reading; it is unlocked when this is dropped.
    RWMutexReadGuard, RwLockReadGuard, RUnlock
}

impl<T> RWMutex<T> {
    /// An unlocked mutex.
    pub const fn new(value: T) -> Self {
        Self(tokio::sync::RwLock::const_new(value))
    }

    /// The value, without the mutex.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> RWMutex<T> {
    /// Locks it for writing, and waits for that while anybody else has it.
    #[track_caller]
    pub fn Lock(&self) -> RWMutexWriteGuard<'_, T> {
        match self.0.try_write() {
            Ok(guard) => {
                coop::did_not_block();
                RWMutexWriteGuard(guard)
            }
            Err(_) => block::on(self.lock()),
        }
    }

    /// Locks it for reading, and waits for that while a writer has it or waits for it.
    #[track_caller]
    pub fn RLock(&self) -> RWMutexReadGuard<'_, T> {
        match self.0.try_read() {
            Ok(guard) => {
                coop::did_not_block();
                RWMutexReadGuard(guard)
            }
            Err(_) => block::on(self.read()),
        }
    }

    /// Locks it for writing if nobody has it.
    pub fn TryLock(&self) -> Option<RWMutexWriteGuard<'_, T>> {
        let guard = self.0.try_write().ok();
        coop::did_not_block();
        guard.map(RWMutexWriteGuard)
    }

    /// Locks it for reading if no writer has it or waits for it.
    pub fn TryRLock(&self) -> Option<RWMutexReadGuard<'_, T>> {
        let guard = self.0.try_read().ok();
        coop::did_not_block();
        guard.map(RWMutexReadGuard)
    }

    /// Locks it for writing, and waits for that while anybody else has it.
    ///
    /// Cancel safety: dropping it before it completes gives up its place in the queue.
    pub async fn lock(&self) -> RWMutexWriteGuard<'_, T> {
        RWMutexWriteGuard(self.0.write().await)
    }

    /// Locks it for reading, and waits for that while a writer has it or waits for it.
    ///
    /// Cancel safety: dropping it before it completes gives up its place in the queue.
    pub async fn read(&self) -> RWMutexReadGuard<'_, T> {
        RWMutexReadGuard(self.0.read().await)
    }
}
