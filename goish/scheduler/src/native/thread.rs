//! Threads: who holds a worker, who waits for one, and how a worker passes from one to another. Go
//! calls a thread an M.

use std::cell::Cell;
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::processor_time::{self, Clock};
use super::state::Native;
use super::worker::{Worker, set_current};
use crate::threads::{self, Limit};
use crate::{ending, forking, stack};

/// How many threads there may be, and what limits them.
static MOST: LazyLock<(usize, Limit)> = LazyLock::new(threads::most);

/// For so long a thread that has no worker stays; tokio's blocking threads stay as long.
const KEPT: Duration = Duration::from_secs(10);

/// For so long it looks whether it gets one before it sleeps: about what a sleep and a wake-up cost.
const MOMENT: Duration = Duration::from_micros(20);

/// Where a thread waits for a worker. Seats are leaked: one is some ten words, and threads are few.
pub(super) struct Seat {
    /// Null, [`asleep`], or the worker that the thread has got.
    worker: AtomicPtr<Worker>,
    pub(super) thread: Thread,
    /// What tells how much its thread has computed.
    pub(super) clock: Clock,
}

thread_local! {
    /// The seat of this thread, if it is one of the scheduler's.
    static SEAT: Cell<*const Seat> = const { Cell::new(null()) };
}

/// This thread, which is one of the scheduler's, holds the worker from here on.
///
/// Whoever wakes the worker finds the thread by its seat. So a thread that takes a worker back must
/// say so, too: another may have held it meanwhile.
pub(super) fn hold(worker: &'static Worker) {
    worker.seat.store(SEAT.get().cast_mut(), Release);
    set_current(Some(worker));
}

/// Says in a seat that its thread sleeps.
fn asleep() -> *mut Worker {
    std::ptr::dangling_mut()
}

impl Seat {
    fn of_this_thread() -> &'static Self {
        Box::leak(Box::new(Self {
            worker: AtomicPtr::new(null_mut()),
            thread: thread::current(),
            clock: processor_time::of_this_thread(),
        }))
    }

    /// Gives the thread that sits here a worker that the caller holds (W2).
    fn give(&self, worker: &'static Worker) {
        let worker = std::ptr::from_ref(worker).cast_mut();
        if self.worker.swap(worker, AcqRel) == asleep() {
            self.thread.unpark();
        }
    }

    /// The worker that this thread has got.
    fn take(&self) -> Option<&'static Worker> {
        let worker = self.worker.load(Acquire);
        if worker.is_null() || worker == asleep() {
            return None;
        }
        self.worker.store(null_mut(), Release);
        // SAFETY: W3; what is neither null nor `asleep` was put there by `give`.
        Some(unsafe { &*worker })
    }

    /// Looks for a moment whether it gets a worker.
    fn look(&self) -> Option<&'static Worker> {
        let end = Instant::now() + MOMENT;
        loop {
            let worker = self.take();
            if worker.is_some() || Instant::now() >= end {
                return worker;
            }
            std::hint::spin_loop();
        }
    }

    /// Sleeps until it gets a worker, or until the instant.
    fn wait(&self, end: Instant) -> Option<&'static Worker> {
        let sleeps = self
            .worker
            .compare_exchange(null_mut(), asleep(), AcqRel, Acquire);
        if sleeps.is_ok() {
            while self.worker.load(Acquire) == asleep() {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    // Whoever gives a worker meanwhile has found it asleep, and is not missed.
                    let woken = self
                        .worker
                        .compare_exchange(asleep(), null_mut(), AcqRel, Acquire);
                    if woken.is_ok() {
                        return None;
                    }
                    break;
                }
                thread::park_timeout(left);
            }
        }
        self.take()
    }
}

/// Threads that have no worker, and wait for one.
#[derive(Default)]
pub(super) struct Spares {
    list: Mutex<Vec<&'static Seat>>,
    /// Whether one of them looks, and does not sleep yet: one is enough, and more would keep the
    /// processors from those who have work.
    is_looking: AtomicBool,
}

impl Spares {
    fn list(&self) -> std::sync::MutexGuard<'_, Vec<&'static Seat>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread that has come last, and may not sleep yet.
    fn pop(&self) -> Option<&'static Seat> {
        self.list().pop()
    }

    /// Waits for a worker. `None` when none was to be had for long: the thread may end.
    fn wait(&self, seat: &'static Seat) -> Option<&'static Worker> {
        self.list().push(seat);
        if !self.is_looking.swap(true, AcqRel) {
            let worker = seat.look();
            self.is_looking.store(false, Release);
            if worker.is_some() {
                return worker;
            }
        }
        loop {
            if let Some(worker) = seat.wait(Instant::now() + KEPT) {
                return Some(worker);
            }
            let mut list = self.list();
            if let Some(at) = list.iter().position(|&other| std::ptr::eq(other, seat)) {
                list.remove(at);
                return None;
            }
            // Somebody has taken the seat off the list, and is about to give it a worker.
        }
    }
}

impl Native {
    /// Finds a worker a thread. The caller holds the worker, and no longer does afterwards.
    pub(super) fn staff(&'static self, worker: &'static Worker) {
        forking::refuse_child();
        match self.spares.pop() {
            Some(seat) => seat.give(worker),
            None => self.start_thread(worker),
        }
    }

    /// Starts a thread that holds the worker. As in Go, a program that gets no more threads ends.
    fn start_thread(&'static self, worker: &'static Worker) {
        let (most, limit) = &*MOST;
        if self.threads.fetch_add(1, Relaxed) >= *most {
            refuse(&format!("{limit} allows goish {most} threads"));
        }
        let started = || {
            let builder = stack::builder().name("goish-worker".to_owned());
            builder.spawn(move || self.live(worker)).is_ok()
        };
        if !threads::is_room() || !started() {
            refuse(&threads::refused());
        }
    }

    /// The life of a thread: it works for one worker after the other.
    fn live(&'static self, first: &'static Worker) {
        // Once for the thread and not for each poll: a goroutine finds tokio's context always there.
        let _context = self.driver.handle().enter();
        let seat = Seat::of_this_thread();
        SEAT.set(seat);
        let mut worker = first;
        loop {
            hold(worker);
            self.work();
            match self.spares.wait(seat) {
                Some(next) => worker = next,
                None => {
                    self.threads.fetch_sub(1, Relaxed);
                    return;
                }
            }
        }
    }
}

/// Ends the program as Go does when the system refuses a thread.
fn refuse(why: &str) -> ! {
    ending::refuse(&format!(
        "{why}; each goroutine that waits in a plain function holds one: make the function `#[go_fn]`, \
         which needs none, or raise the limit"
    ))
}
