//! Many readers or one writer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::guarded::{Alone, Guarded, Shared};
use super::protocol::primitives::const_unless_modelled;
use super::protocol::sharing::{self, Sharing};
use super::{guard, guard_mut};
use crate::block;
use crate::coop::{self, Coop};

/// Go's `sync.RWMutex`, around the value that it guards. A writer that waits lets no further
/// reader in before it, and
/// when it is done, those that came meanwhile go in before the next writer.
#[derive(Default)]
pub struct RWMutex<T: ?Sized>(Guarded<Sharing, T>);

guard! {
    /// A [`RWMutex`] locked for writing; it is unlocked when this is dropped.
    RWMutexWriteGuard, Alone<'a, T>, Unlock,
    "it is unlocked where its guard is dropped, and that is here: write `let guard = m.Lock();`"
}
guard_mut! { RWMutexWriteGuard }

guard! {
    /// A [`RWMutex`] locked for reading; it is unlocked when this is dropped.
    RWMutexReadGuard, Shared<'a, T>, RUnlock,
    "it is unlocked where its guard is dropped, and that is here: write `let guard = m.RLock();`"
}

impl<T> RWMutex<T> {
    const_unless_modelled! {
        /// An unlocked mutex.
        pub fn new(value: T) -> Self {
            Self(Guarded::new(Sharing::new(), value))
        }
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
        match self.0.lock.try_write() {
            Some(writing) => {
                coop::did_not_block();
                RWMutexWriteGuard(self.0.exclusively(writing))
            }
            None => block::on(self.lock()),
        }
    }

    /// Locks it for reading, and waits for that while a writer has it or waits for it.
    #[track_caller]
    pub fn RLock(&self) -> RWMutexReadGuard<'_, T> {
        match self.0.lock.count_in() {
            Some(reading) => {
                coop::did_not_block();
                RWMutexReadGuard(self.0.shared(reading))
            }
            None => block::on(self.read()),
        }
    }

    /// Locks it for writing if nobody has it.
    pub fn TryLock(&self) -> Option<RWMutexWriteGuard<'_, T>> {
        let writing = self.0.lock.try_write();
        coop::did_not_block();
        writing.map(|writing| RWMutexWriteGuard(self.0.exclusively(writing)))
    }

    /// Locks it for reading if no writer has it or waits for it.
    pub fn TryRLock(&self) -> Option<RWMutexReadGuard<'_, T>> {
        let reading = self.0.lock.try_read();
        coop::did_not_block();
        reading.map(|reading| RWMutexReadGuard(self.0.shared(reading)))
    }

    /// Locks it for writing, and waits for that while anybody else has it.
    ///
    /// Cancel safety: dropping it before it completes gives up its place in the line, and lets in
    /// whom it kept out.
    #[inline]
    pub fn lock(&self) -> Writing<'_, T> {
        Writing {
            mutex: &self.0,
            writing: Coop::new(self.0.lock.write()),
        }
    }

    /// Locks it for reading, and waits for that while a writer has it or waits for it.
    ///
    /// Cancel safety: dropping it before it completes gives up its place in the line.
    #[inline]
    pub fn read(&self) -> Reading<'_, T> {
        Reading {
            mutex: &self.0,
            reading: Coop::new(self.0.lock.read()),
        }
    }

    /// The value: who has the only reference needs no lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

/// The future of [`RWMutex::lock`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Writing<'a, T: ?Sized> {
    mutex: &'a Guarded<Sharing, T>,
    writing: Coop<sharing::Closing<'a>>,
}

impl<'a, T: ?Sized> Future for Writing<'a, T> {
    type Output = RWMutexWriteGuard<'a, T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let writing = ready!(Pin::new(&mut self.writing).poll(context));
        Poll::Ready(RWMutexWriteGuard(self.mutex.exclusively(writing)))
    }
}

/// The future of [`RWMutex::read`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Reading<'a, T: ?Sized> {
    mutex: &'a Guarded<Sharing, T>,
    reading: Coop<sharing::Entering<'a>>,
}

impl<'a, T: ?Sized> Future for Reading<'a, T> {
    type Output = RWMutexReadGuard<'a, T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let reading = ready!(Pin::new(&mut self.reading).poll(context));
        Poll::Ready(RWMutexReadGuard(self.mutex.shared(reading)))
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RWMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RWMutex");
        match self.0.lock.try_read() {
            Some(reading) => debug.field("data", &self.0.shared(reading)),
            None => debug.field("data", &format_args!("<locked>")),
        };
        debug.finish()
    }
}
