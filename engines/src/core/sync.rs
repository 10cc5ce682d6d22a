//! The primitives that the core stands on, in two editions: the real ones, and loom's, under which
//! the model tests explore every interleaving (`--cfg goish_loom`).

#[cfg(not(goish_loom))]
mod edition {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize};

    /// How many pauses to step back for: a few microseconds, some hundred operations' worth.
    /// Measured on two cores, 16 senders against 16 receivers took 0.4 to 0.6 of the time of
    /// spinning on the lock; four times as many pauses changed nothing more.
    const PAUSES: u32 = 256;
    /// How often to step back before giving up the core.
    const STEPS_BACK: u32 = 4;
    /// How often to offer the core to others before sleeping.
    const YIELDS: u32 = 16;
    /// How long to sleep while the holder's thread is off its core for long.
    const NAP: Duration = Duration::from_micros(50);

    /// Waits a little before the lock is tried for the `round`-th time.
    fn step_back(round: u32) {
        if round < STEPS_BACK {
            (0..PAUSES).for_each(|_| std::hint::spin_loop());
        } else if round < STEPS_BACK + YIELDS {
            std::thread::yield_now();
        } else {
            std::thread::sleep(NAP);
        }
    }

    /// A lock that is taken and given back by hand, so that a select can hold several at once.
    ///
    /// It is one byte, and is given back by a plain store: who waits looks again by itself instead of
    /// being woken, so that an uncontended operation pays for one atomic exchange and not for two. What
    /// it guards is a few dozen instructions that call nobody, so a wait is long only while the holder's
    /// thread is off its core; then the waiter gives up its own.
    ///
    /// Stepping back is not looking at the lock. Whoever has it then runs a batch of operations on
    /// lines that stay in its cache, where two threads that compete for every operation pay for moving
    /// those lines each time.
    pub(crate) struct RawLock(AtomicBool);

    impl RawLock {
        pub(crate) fn new() -> Self {
            Self(AtomicBool::new(false))
        }

        #[inline]
        pub(crate) fn lock(&self) {
            if !self.try_lock() {
                self.lock_contended();
            }
        }

        #[inline]
        fn try_lock(&self) -> bool {
            !self.0.swap(true, Ordering::Acquire)
        }

        #[cold]
        fn lock_contended(&self) {
            let mut round = 0;
            loop {
                step_back(round);
                if self.try_lock() {
                    return;
                }
                round = round.saturating_add(1);
            }
        }

        /// # Safety
        ///
        /// The caller holds the lock.
        #[inline]
        pub(crate) unsafe fn unlock(&self) {
            self.0.store(false, Ordering::Release);
        }
    }

    /// Reads what only this thread can write at the moment.
    ///
    /// # Safety
    ///
    /// The caller holds the lock under which it is written.
    #[inline]
    pub(crate) unsafe fn load_alone(word: &AtomicU32) -> u32 {
        word.load(Ordering::Relaxed)
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
    pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize};

    /// Reads what only this thread can write at the moment. loom remembers of each thread's accesses to
    /// an atomic the last alone, and this one must not hide another.
    ///
    /// # Safety
    ///
    /// The caller holds the lock under which it is written.
    pub(crate) unsafe fn load_alone(word: &AtomicU32) -> u32 {
        // SAFETY: promised by the caller: nobody writes meanwhile.
        unsafe { word.unsync_load() }
    }

    /// loom's own mutex in the lock's place: it explores what the lock guards, and could not
    /// explore one whose waiters look again by themselves.
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

/// Asks for the cache line at an address, without waiting for it. Does nothing where the standard
/// library has no stable way to ask.
#[inline]
pub(crate) fn prefetch<T>(address: *const T) {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse"))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch never faults, whatever the address.
        unsafe { _mm_prefetch(address.cast(), _MM_HINT_T0) };
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse")))]
    let _ = address;
}
