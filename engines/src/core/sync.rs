//! The primitives that the core stands on, in two editions: the real ones, and loom's, under which
//! the model tests explore every interleaving (`--cfg goish_loom`).

#[cfg(not(goish_loom))]
mod edition {
    use lock_api::RawMutex as _;

    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::atomic::{AtomicU8, AtomicUsize};

    /// A lock that is taken and given back by hand, so that a select can hold several at once.
    pub(crate) struct RawLock(parking_lot::RawMutex);

    impl RawLock {
        /// How many pauses to step back for: a few microseconds, some hundred operations' worth.
        /// Measured on two cores, 16 senders against 16 receivers took 0.4 to 0.6 of the time of
        /// parking_lot's own spinning; four times as many pauses changed nothing more.
        const PAUSES: u32 = 256;
        /// How often to step back before the thread parks.
        const ROUNDS: u32 = 4;

        pub(crate) fn new() -> Self {
            Self(parking_lot::RawMutex::INIT)
        }

        #[inline]
        pub(crate) fn lock(&self) {
            if !self.0.try_lock() {
                self.lock_contended();
            }
        }

        /// Steps back, for a bounded time, and parks the thread if that was not enough.
        ///
        /// Stepping back is not looking at the lock. Whoever has it then runs a batch of operations
        /// on lines that stay in its cache, where two threads that compete for every operation pay
        /// for moving those lines each time.
        #[cold]
        fn lock_contended(&self) {
            for _ in 0..Self::ROUNDS {
                (0..Self::PAUSES).for_each(|_| std::hint::spin_loop());
                if self.0.try_lock() {
                    return;
                }
            }
            self.0.lock();
        }

        /// # Safety
        ///
        /// The caller holds the lock.
        #[inline]
        pub(crate) unsafe fn unlock(&self) {
            // SAFETY: the caller holds the lock.
            unsafe { self.0.unlock() }
        }
    }

    /// `std::cell::UnsafeCell` behind the interface of loom's.
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
            read(self.0.get())
        }

        #[inline]
        pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            write(self.0.get())
        }
    }
}

#[cfg(goish_loom)]
mod edition {
    use std::mem;

    use loom::sync::{Mutex, MutexGuard};

    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{AtomicU8, AtomicUsize};

    pub(crate) struct RawLock {
        mutex: Mutex<()>,
        guard: std::cell::UnsafeCell<Option<MutexGuard<'static, ()>>>,
    }

    // SAFETY: `guard` is touched only by the thread that holds `mutex`.
    unsafe impl Send for RawLock {}
    // SAFETY: as above.
    unsafe impl Sync for RawLock {}

    impl RawLock {
        pub(crate) fn new() -> Self {
            Self {
                mutex: Mutex::new(()),
                guard: std::cell::UnsafeCell::new(None),
            }
        }

        pub(crate) fn lock(&self) {
            let guard = self.mutex.lock().unwrap();
            // SAFETY: the guard is dropped by `unlock`, while `self` is borrowed, so `mutex` is
            // alive for as long as the guard is; this thread holds the lock, so nobody else
            // touches the cell.
            unsafe {
                let guard = mem::transmute::<MutexGuard<'_, ()>, MutexGuard<'static, ()>>(guard);
                *self.guard.get() = Some(guard);
            }
        }

        /// # Safety
        ///
        /// The caller holds the lock.
        pub(crate) unsafe fn unlock(&self) {
            // SAFETY: the caller holds the lock, so nobody else touches the cell.
            let guard = unsafe { (*self.guard.get()).take() };
            drop(guard);
        }
    }
}

pub(crate) use edition::*;
