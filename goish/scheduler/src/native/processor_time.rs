//! How much a thread has computed: by it the watch tells a goroutine that computes from one that
//! stands in the system.

#[cfg(all(target_os = "linux", not(miri)))]
mod edition {
    /// A thread's clock of processor time.
    #[derive(Clone, Copy, Debug)]
    pub(in super::super) struct Clock(Option<libc::clockid_t>);

    /// This thread's.
    pub(in super::super) fn of_this_thread() -> Clock {
        let mut clock = 0;
        // SAFETY: the calling thread lives, and `clock` is a place to write to.
        let failed = unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut clock) };
        Clock((failed == 0).then_some(clock))
    }

    impl Clock {
        /// Nanoseconds that the thread has computed; `None` when that is not known, or it has ended.
        pub(in super::super) fn read(self) -> Option<u64> {
            let mut time = libc::timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            // SAFETY: `time` is a place to write to. A clock of a thread that has ended is refused.
            let failed = unsafe { libc::clock_gettime(self.0?, &raw mut time) };
            let seconds = u64::try_from(time.tv_sec).ok()?;
            let nanoseconds = u64::try_from(time.tv_nsec).ok()?;
            (failed == 0).then_some(seconds * 1_000_000_000 + nanoseconds)
        }
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod edition {
    /// No clock: only Linux has one for each thread that others can read.
    #[derive(Clone, Copy, Debug)]
    pub(in super::super) struct Clock;

    /// This thread's.
    pub(in super::super) fn of_this_thread() -> Clock {
        Clock
    }

    impl Clock {
        /// Not known.
        pub(in super::super) fn read(self) -> Option<u64> {
            None
        }
    }
}

pub(super) use edition::{Clock, of_this_thread};
