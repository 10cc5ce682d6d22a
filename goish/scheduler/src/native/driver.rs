//! tokio's driver: timers, sockets and tasks of tokio's, which goroutines may use.
//!
//! The scheduler has a runtime of tokio's with the current thread as its only one. Whichever worker
//! has nothing to do sleeps in it, and so has what the driver wakes at once; while all are busy, one
//! of them gives it a turn now and then. Two other ways were measured: tokio's runtime on a thread of
//! its own answers a socket four times more slowly, and workers as tasks of tokio's multi-threaded
//! runtime cannot be relieved of a goroutine that computes.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::{Instant, Sleep};

use super::clock;
use super::state::Native;
use super::worker::Worker;

/// How long the driver goes without a turn while all workers are busy.
pub(super) const BETWEEN_TURNS: u64 = 100_000;

/// Nobody sleeps in the driver.
const NOBODY: u64 = 0;

pub(super) struct Driver {
    /// Locked by the thread that stands in it.
    runtime: Mutex<Runtime>,
    handle: Handle,
    /// Wakes whoever sleeps in it.
    waker: Mutex<Option<Waker>>,
    /// Until when it sleeps, by the scheduler's clock.
    sleeps_until: AtomicU64,
    /// When somebody last left it.
    left: AtomicU64,
    /// Whether its last turn brought work: then an idle worker goes there at once and does not spin.
    is_fruitful: AtomicBool,
    held: AtomicBool,
}

impl Driver {
    /// # Errors
    ///
    /// When the system gives no driver.
    pub(super) fn new(most_blocking_threads: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(most_blocking_threads)
            .thread_name("goish-blocking")
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Mutex::new(runtime),
            waker: Mutex::new(None),
            sleeps_until: AtomicU64::new(NOBODY),
            left: AtomicU64::new(0),
            is_fruitful: AtomicBool::new(false),
            held: AtomicBool::new(false),
        })
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Whether somebody stands in it.
    pub(super) fn is_held(&self) -> bool {
        self.held.load(SeqCst)
    }

    /// Whether it is worth going there at once.
    pub(super) fn is_worth_a_look(&self) -> bool {
        self.is_fruitful.load(Relaxed) && !self.is_held()
    }

    /// How long nobody has been there.
    pub(super) fn left_alone_for(&self, now: u64) -> u64 {
        now.saturating_sub(self.left.load(Relaxed))
    }

    /// Wakes whoever sleeps in it.
    pub(super) fn wake(&self) {
        // Called outside the lock: what a waker does is not ours to know.
        let waker = self.lock_waker().clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Makes sure that whoever sleeps in it does not sleep past the deadline.
    pub(super) fn wake_before(&self, deadline: u64) {
        if deadline == u64::MAX {
            return;
        }
        // The deadline is in a worker's timers by now. Either the sleeper sees it there after it has
        // said until when it sleeps, or that is seen here: both sides fence between the two.
        std::sync::atomic::fence(SeqCst);
        if deadline < self.sleeps_until.load(SeqCst) {
            self.wake();
        }
    }

    fn lock_waker(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets this thread into the driver if nobody is there.
    pub(super) fn enter(&self) -> Option<Inside<'_>> {
        let runtime = match self.runtime.try_lock() {
            Ok(runtime) => runtime,
            // A task of tokio's does not unwind out of the driver; a bug of ours that did changes
            // nothing in it.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        self.held.store(true, SeqCst);
        Some(Inside {
            driver: self,
            runtime,
        })
    }
}

/// This thread stands in the driver.
pub(super) struct Inside<'a> {
    driver: &'a Driver,
    runtime: MutexGuard<'a, Runtime>,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.driver.left.store(clock::now(), Relaxed);
        self.driver.held.store(false, SeqCst);
    }
}

impl Inside<'_> {
    /// Lets the driver have a turn without a sleep. What it wakes is queued as what the worker's own
    /// goroutines wake.
    pub(super) fn turn(self, worker: &Worker) {
        worker.own.drives.set(true);
        worker.own.driver_told.set(true);
        self.runtime.block_on(tokio::task::yield_now());
        worker.own.drives.set(false);
    }

    /// Sleeps until there is something to do: for this worker, which has announced that it is idle, or
    /// for a timer.
    pub(super) fn sleep(self, worker: &Worker, native: &Native) {
        let driver = self.driver;
        worker.own.drives.set(true);
        self.runtime.block_on(async {
            let mut alarm = pin!(None::<Sleep>);
            poll_fn(|context| {
                // What it was told of may be gone: another worker has taken it. Then it must be told of
                // what comes next.
                worker.own.driver_told.set(false);
                if worker.has_work() || !native.inject.is_empty() {
                    return Poll::Ready(());
                }
                {
                    let mut waker = driver.lock_waker();
                    match &mut *waker {
                        Some(waker) => waker.clone_from(context.waker()),
                        None => *waker = Some(context.waker().clone()),
                    }
                }
                // The waker is there, so from here on nothing is missed.
                if worker.permit.is_notified() {
                    return Poll::Ready(());
                }
                let deadline = driver.say_until_when(native);
                let now = clock::now();
                if deadline <= now {
                    return Poll::Ready(());
                }
                if deadline == u64::MAX {
                    alarm.set(None);
                } else {
                    let deadline = Instant::now() + Duration::from_nanos(deadline - now);
                    match alarm.as_mut().as_pin_mut() {
                        Some(alarm) => alarm.reset(deadline),
                        None => alarm.set(Some(tokio::time::sleep_until(deadline))),
                    }
                    if let Some(alarm) = alarm.as_mut().as_pin_mut()
                        && alarm.poll(context).is_ready()
                    {
                        return Poll::Ready(());
                    }
                }
                if worker.permit.prepare_drive() {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            })
            .await;
        });
        driver.sleeps_until.store(NOBODY, SeqCst);
        worker.own.drives.set(false);
        let is_fruitful = worker.has_work() || !native.inject.is_empty();
        if driver.is_fruitful.load(Relaxed) != is_fruitful {
            driver.is_fruitful.store(is_fruitful, Relaxed);
        }
    }
}

impl Driver {
    /// Finds the earliest deadline of all timers, and says that the driver sleeps until then.
    fn say_until_when(&self, native: &Native) -> u64 {
        let mut deadline = native.earliest_deadline();
        loop {
            self.sleeps_until.store(deadline, SeqCst);
            std::sync::atomic::fence(SeqCst);
            // See `wake_before`.
            let again = native.earliest_deadline();
            if again >= deadline {
                return deadline;
            }
            deadline = again;
        }
    }
}
