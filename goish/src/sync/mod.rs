//! Go's `sync`: each type waits by suspending in the body of `go!`, and by blocking elsewhere.

mod cond;
mod guarded;
mod mutex;
mod once;
mod protocol;
mod rw_mutex;
mod wait_group;

pub use cond::Cond;
pub use mutex::{Locking, Mutex, MutexGuard};
pub use once::Once;
pub use rw_mutex::{RWMutex, RWMutexReadGuard, RWMutexWriteGuard, Reading, Writing};
pub use wait_group::WaitGroup;

/// A guard: what it guards, by `*`, Go's name for dropping it, and what is said when it is dropped at
/// once.
macro_rules! guard {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $unlock:ident, $mend:literal) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use = $mend]
        pub struct $name<'a, T: ?Sized>($inner);

        impl<T: ?Sized> $name<'_, T> {
            /// Unlocks it, as dropping the guard does.
            pub fn $unlock(self) {}
        }

        impl<T: ?Sized> std::ops::Deref for $name<'_, T> {
            type Target = T;
            #[inline]
            fn deref(&self) -> &T {
                &self.0
            }
        }
    };
}

macro_rules! guard_mut {
    ($name:ident) => {
        impl<T: ?Sized> std::ops::DerefMut for $name<'_, T> {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                &mut self.0
            }
        }
    };
}

use {guard, guard_mut};
