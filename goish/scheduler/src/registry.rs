//! Which schedulers were built, and the one that runs. A new scheduler is one line here, one feature
//! and one folder.
//!
//! A program runs one scheduler, which is known when its first goroutine is spawned. So what is
//! chosen is a variant of an enum: to ask it is a branch that always goes the same way, and none at
//! all when only one was built.

use std::cell::UnsafeCell;
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::runtime::Handle;

use crate::scheduler::{HeldWorker, Info, Lost, Place, Scheduler, Unchangeable};

static RUNNING: OnceLock<Running> = OnceLock::new();

/// The scheduler that runs, if one has been started.
#[inline]
pub(crate) fn running() -> Option<Running> {
    RUNNING.get().copied()
}

/// The scheduler that runs; it is started by the first who asks.
#[inline]
pub(crate) fn running_or_start(start: impl FnOnce() -> Running) -> Running {
    *RUNNING.get_or_init(start)
}

/// Takes what a slot holds, once.
///
/// # Safety
///
/// The slot is initialised, unless `is_taken`; and nothing but this function and the slot's drop
/// reads it.
unsafe fn take<J>(is_taken: &AtomicBool, join: &UnsafeCell<MaybeUninit<J>>) -> Option<J> {
    // Relaxed: who shares the slot has made what was written before known to all who take.
    if is_taken.swap(true, Ordering::Relaxed) {
        return None;
    }
    // SAFETY: the flag has changed from false to true here, which it does once: so it is initialised,
    // and nobody else reads it, now or later.
    Some(unsafe { (*join.get()).assume_init_read() })
}

macro_rules! schedulers {
    ($($built:meta => $variant:ident, $scheduler:ty;)+) => {
        /// The schedulers of this build, in the order of preference as the default.
        pub(crate) const BUILT: &[Info] = &[$(
            #[cfg($built)]
            <$scheduler as Scheduler>::INFO,
        )+];

        /// The scheduler that runs.
        #[derive(Clone, Copy)]
        pub(crate) enum Running {
            $(#[cfg($built)] $variant(&'static $scheduler),)+
        }

        /// Runs an expression with the scheduler that runs.
        macro_rules! with {
            ($running:expr, $with:ident => $do:expr) => {
                match $running {
                    $(#[cfg($built)] Running::$variant($with) => $do,)+
                }
            };
        }

        impl Running {
            /// Starts the scheduler of that name, which was built.
            pub(crate) fn start(name: &str, workers: usize) -> io::Result<Self> {
                $(
                    #[cfg($built)]
                    if name == <$scheduler as Scheduler>::INFO.name {
                        return <$scheduler as Scheduler>::start(workers).map(Self::$variant);
                    }
                )+
                Err(io::Error::other(format!("there is no scheduler `{name}`")))
            }

            #[inline]
            pub(crate) fn spawn<P: Place, F>(self, future: F) -> Join<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                match self {
                    $(
                        #[cfg($built)]
                        Self::$variant(scheduler) => Join::$variant(scheduler.spawn::<P, F>(future)),
                    )+
                }
            }

            pub(crate) fn alarm(self, deadline: Instant, waker: Waker) -> Alarm {
                match self {
                    $(
                        #[cfg($built)]
                        Self::$variant(scheduler) => {
                            Alarm::$variant(scheduler.alarm(deadline, waker))
                        }
                    )+
                }
            }

            pub(crate) fn sleep_until(self, deadline: Instant) -> Sleep {
                match self {
                    $(
                        #[cfg($built)]
                        Self::$variant(scheduler) => {
                            Sleep::$variant(scheduler.sleep_until(deadline))
                        }
                    )+
                }
            }
        }

        /// The handle to a goroutine of the scheduler that runs.
        pub(crate) enum Join<T: Send + 'static> {
            $(#[cfg($built)] $variant(<$scheduler as Scheduler>::Join<T>),)+
        }

        impl<T: Send + 'static> Future for Join<T> {
            type Output = Result<T, Lost>;

            #[inline]
            fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
                match self.get_mut() {
                    $(
                        #[cfg($built)]
                        Self::$variant(join) => Pin::new(join).poll(context),
                    )+
                }
            }
        }

        /// A handle that can be taken through a shared reference. The flag lies beside the
        /// variant's tag: so it is no larger than two words.
        ///
        /// Invariant: the join is initialised, and its owner is this slot, unless `is_taken`.
        pub(crate) enum Slot<T: Send + 'static> {
            $(
                #[cfg($built)]
                $variant {
                    is_taken: AtomicBool,
                    join: UnsafeCell<MaybeUninit<<$scheduler as Scheduler>::Join<T>>>,
                },
            )+
        }

        impl<T: Send + 'static> Slot<T> {
            #[inline]
            pub(crate) fn new(join: Join<T>) -> Self {
                match join {
                    $(
                        #[cfg($built)]
                        Join::$variant(join) => Self::$variant {
                            is_taken: AtomicBool::new(false),
                            join: UnsafeCell::new(MaybeUninit::new(join)),
                        },
                    )+
                }
            }

            /// What it holds, unless somebody has taken it.
            #[inline]
            pub(crate) fn take(&self) -> Option<Join<T>> {
                match self {
                    $(
                        #[cfg($built)]
                        Self::$variant { is_taken, join } => {
                            // SAFETY: the slot's invariant; only this and the drop read it.
                            unsafe { take(is_taken, join) }.map(Join::$variant)
                        }
                    )+
                }
            }
        }

        impl<T: Send + 'static> Drop for Slot<T> {
            #[inline]
            fn drop(&mut self) {
                drop(self.take());
            }
        }

        /// A pending sleep on the scheduler that runs.
        pub(crate) enum Sleep {
            $(#[cfg($built)] $variant(<$scheduler as Scheduler>::Sleep),)+
        }

        /// An alarm of the scheduler that runs. Dropped before its time, it wakes nobody.
        #[expect(dead_code, reason = "it is kept, not read")]
        pub(crate) enum Alarm {
            $(#[cfg($built)] $variant(<$scheduler as Scheduler>::Alarm),)+
        }

        impl Future for Sleep {
            type Output = ();

            fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
                // SAFETY: what is projected to is pinned with the whole: nothing here moves it, and
                // there is no drop that would.
                match unsafe { self.get_unchecked_mut() } {
                    $(
                        #[cfg($built)]
                        // SAFETY: as above.
                        Self::$variant(sleep) => unsafe { Pin::new_unchecked(sleep) }.poll(context),
                    )+
                }
            }
        }
    };
}

// The first that was built is the default.
// A build without any of the features has the native one.
schedulers! {
    any(feature = "scheduler-native", not(feature = "scheduler-tokio")) => Native, crate::native::Native;
    feature = "scheduler-tokio" => Tokio, crate::tokio::Tokio;
}

// SAFETY: through a shared reference a slot only gives its join away, to one who takes: that is to send
// it to another thread, and what is sent is `Send` (`Scheduler::Join`).
unsafe impl<T: Send + 'static> Sync for Slot<T> {}

impl Running {
    #[inline]
    pub(crate) fn is_wanted(self) -> bool {
        with!(self, scheduler => scheduler.is_wanted())
    }

    pub(crate) fn is_on_worker(self) -> bool {
        with!(self, scheduler => scheduler.is_on_worker())
    }

    pub(crate) fn poll_yield(self, context: &mut Context<'_>) {
        with!(self, scheduler => scheduler.poll_yield(context));
    }

    #[inline]
    pub(crate) fn block<R>(self, blocking: impl FnOnce() -> R) -> R {
        with!(self, scheduler => scheduler.block(blocking))
    }

    pub(crate) fn stand_aside(self) {
        with!(self, scheduler => scheduler.stand_aside());
    }

    pub(crate) fn workers(self) -> usize {
        with!(self, scheduler => scheduler.workers())
    }

    pub(crate) fn set_workers(self, workers: usize) -> Result<(), Unchangeable> {
        with!(self, scheduler => scheduler.set_workers(workers))
    }

    pub(crate) fn goroutines(self) -> usize {
        with!(self, scheduler => scheduler.goroutines())
    }

    pub(crate) fn current(self) -> Option<u64> {
        with!(self, scheduler => scheduler.current())
    }

    pub(crate) fn handle(self) -> &'static Handle {
        with!(self, scheduler => scheduler.handle())
    }

    pub(crate) fn held_workers(self) -> Vec<HeldWorker> {
        with!(self, scheduler => scheduler.held_workers())
    }

    pub(crate) fn info(self) -> Info {
        fn info_of<S: Scheduler>(_: &S) -> Info {
            S::INFO
        }
        with!(self, scheduler => info_of(scheduler))
    }
}
