//! A value, and the lock that decides who may touch it: the one place of `sync` with `unsafe`.
//!
//! The invariants that it relies on, of the protocols below, which are modelled:
//!
//! 1. While an [`Owned`] of an [`Exclusion`] exists, there is no other of the same.
//! 2. While a [`Writing`] of a [`Sharing`] exists that its future has given out, there is no other
//!    and no [`Reading`] of the same.
//!
//! And of this file:
//!
//! 3. A guard is made from a permit of the very lock beside the value, and keeps it for as long as
//!    it exists. The value is reached through a guard alone, or through the only reference.

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};

use super::protocol::exclusion::{Exclusion, Owned};
use super::protocol::sharing::{Reading, Sharing, Writing};

/// A value beside its lock.
#[derive(Default)]
pub(super) struct Guarded<L, T: ?Sized> {
    pub(super) lock: L,
    value: UnsafeCell<T>,
}

// SAFETY: by invariants 1 and 3 the value is touched by one thread at a time, so sharing this only
// moves the value between threads.
unsafe impl<T: ?Sized + Send> Sync for Guarded<Exclusion, T> {}
// SAFETY: by invariants 2 and 3 the value is touched by one thread at a time, or read by several.
unsafe impl<T: ?Sized + Send + Sync> Sync for Guarded<Sharing, T> {}

impl<L, T> Guarded<L, T> {
    pub(super) const fn new(lock: L, value: T) -> Self {
        Self {
            lock,
            value: UnsafeCell::new(value),
        }
    }

    pub(super) fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<L, T: ?Sized> Guarded<L, T> {
    pub(super) fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T: ?Sized> Guarded<Exclusion, T> {
    /// The value, to who has locked it.
    #[inline]
    pub(super) fn exclusively<'a>(&'a self, permit: Owned<'a>) -> Owning<'a, T> {
        assert!(std::ptr::eq(permit.lock(), &self.lock), "another lock's");
        Exclusive {
            guarded: self,
            _permit: permit,
        }
    }
}

impl<T: ?Sized> Guarded<Sharing, T> {
    /// The value, to the writer.
    #[inline]
    pub(super) fn exclusively<'a>(&'a self, permit: Writing<'a>) -> Alone<'a, T> {
        assert!(std::ptr::eq(permit.lock(), &self.lock), "another lock's");
        Exclusive {
            guarded: self,
            _permit: permit,
        }
    }

    /// The value, to a reader.
    #[inline]
    pub(super) fn shared<'a>(&'a self, permit: Reading<'a>) -> Shared<'a, T> {
        assert!(std::ptr::eq(permit.lock(), &self.lock), "another lock's");
        Shared {
            value: &self.value,
            _permit: permit,
        }
    }
}

/// The value of a mutex, for who has locked it.
pub(super) type Owning<'a, T> = Exclusive<'a, Exclusion, Owned<'a>, T>;
/// The value of a lock for many readers or one writer, for the writer.
pub(super) type Alone<'a, T> = Exclusive<'a, Sharing, Writing<'a>, T>;

/// The value, for one alone.
pub(super) struct Exclusive<'a, L, P, T: ?Sized> {
    guarded: &'a Guarded<L, T>,
    _permit: P,
}

impl<'a, L, P, T: ?Sized> Exclusive<'a, L, P, T> {
    /// What it is that is locked.
    pub(super) fn guarded(&self) -> &'a Guarded<L, T> {
        self.guarded
    }
}

// SAFETY: this is a `&mut T`, by invariants 1 to 3, a lock that threads share, and a permit.
unsafe impl<L: Sync, P: Send, T: ?Sized + Send> Send for Exclusive<'_, L, P, T> {}
// SAFETY: as above; shared, it only gives `&T`.
unsafe impl<L: Sync, P: Sync, T: ?Sized + Sync> Sync for Exclusive<'_, L, P, T> {}

impl<L, P, T: ?Sized> Deref for Exclusive<'_, L, P, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: by invariants 1 to 3 nobody else reaches the value while `self` exists.
        unsafe { &*self.guarded.value.get() }
    }
}

impl<L, P, T: ?Sized> DerefMut for Exclusive<'_, L, P, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and `self` is borrowed by one alone.
        unsafe { &mut *self.guarded.value.get() }
    }
}

/// The value, for reading.
pub(super) struct Shared<'a, T: ?Sized> {
    value: &'a UnsafeCell<T>,
    _permit: Reading<'a>,
}

// SAFETY: this is a `&T`, by invariants 2 and 3, and a permit.
unsafe impl<T: ?Sized + Sync> Send for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for Shared<'_, T> {}

impl<T: ?Sized> Deref for Shared<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: by invariants 2 and 3 nobody writes to the value while `self` exists.
        unsafe { &*self.value.get() }
    }
}

impl<L, P, T: ?Sized + fmt::Debug> fmt::Debug for Exclusive<'_, L, P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Shared<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<L, T: ?Sized> fmt::Debug for Guarded<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}
