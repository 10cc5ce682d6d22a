//! The scheduler's state, and what passes between its parts.

use std::alloc::Layout;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicUsize};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::cell::{self, Join, Schedule, Task};
use super::driver::Driver;
use super::idle::Idle;
use super::inject::Inject;
use super::permit::Found;
use super::slab;
use super::thread::Spares;
use super::timers::Timers;
use super::watch::Watch;
use super::worker::{Worker, current, entry};
use crate::forking;
use crate::scheduler::Place;

/// How many workers there may be, those that took the place of a held one included.
const MOST_WORKERS: usize = 2 * crate::runtime::MOST_WORKERS;

/// How many threads tokio may start for `spawn_blocking`: Go's own limit on threads.
const MOST_BLOCKING_THREADS: usize = 10_000;

/// The scheduler. There is one in a process, from its start until the process ends: nothing is torn
/// down under goroutines that still run.
pub(crate) struct Native {
    /// Workers that were made; null beyond `made`.
    pub(super) workers: Box<[AtomicPtr<Worker>]>,
    pub(super) made: AtomicUsize,
    /// Workers that have left their place, and wait for another (W2).
    pub(super) unused: Mutex<Vec<usize>>,
    /// How many workers there should be, and how many there are.
    pub(super) target: AtomicUsize,
    pub(super) active: AtomicUsize,
    pub(super) inject: Inject<()>,
    pub(super) idle: Idle,
    pub(super) spares: Spares,
    /// Threads that hold a worker, or wait for one, or block in a plain function.
    pub(super) threads: AtomicUsize,
    pub(super) driver: Driver,
    /// Timers that were made by threads which hold no worker.
    pub(super) timers: Timers,
    pub(super) watch: Watch,
    /// Goroutines that were made by such threads, less those that ended on them.
    pub(super) outside: AtomicI64,
}

static NATIVE: AtomicPtr<Native> = AtomicPtr::new(null_mut());

/// The scheduler, which has started: whoever has a goroutine or a worker knows that.
#[inline]
pub(super) fn native() -> &'static Native {
    // SAFETY: set once, by `start`, to a leaked value. Only goroutines and workers lead here, and
    // there are none before.
    unsafe { &*NATIVE.load(Acquire) }
}

impl Native {
    /// Starts it, once in a process.
    ///
    /// # Errors
    ///
    /// When the system gives no driver or no thread for the watch.
    pub(crate) fn start(workers: usize) -> io::Result<&'static Self> {
        static STARTED: OnceLock<&'static Native> = OnceLock::new();
        let mut failed = None;
        // The driver may be refused, and then the next call may try again.
        let driver = Driver::new(MOST_BLOCKING_THREADS)?;
        let native = STARTED.get_or_init(|| {
            let native: &'static Native = Box::leak(Box::new(Self {
                workers: (0..MOST_WORKERS)
                    .map(|_| AtomicPtr::new(null_mut()))
                    .collect(),
                made: AtomicUsize::new(0),
                unused: Mutex::new(Vec::new()),
                target: AtomicUsize::new(0),
                active: AtomicUsize::new(0),
                inject: Inject::new(),
                idle: Idle::new(),
                spares: Spares::default(),
                threads: AtomicUsize::new(0),
                driver,
                timers: Timers::new(),
                watch: Watch::default(),
                outside: AtomicI64::new(0),
            }));
            NATIVE.store(std::ptr::from_ref(native).cast_mut(), Release);
            failed = native.start_watch().err();
            native.change_workers(workers);
            native
        });
        match failed {
            None => Ok(native),
            Some(error) => Err(error),
        }
    }

    /// The workers that there are, those without work included.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static Worker> {
        let made = self.made.load(Acquire).min(MOST_WORKERS);
        self.workers[..made]
            .iter()
            // SAFETY: what is not null was leaked (W3).
            .filter_map(|worker| unsafe { worker.load(Acquire).as_ref() })
    }

    pub(super) fn worker(&self, id: usize) -> &'static Worker {
        // SAFETY: whoever knows the number has it from a worker, which stands in the table (W3).
        unsafe { &*self.workers[id].load(Acquire) }
    }

    /// Changes the number of workers.
    pub(crate) fn change_workers(&'static self, workers: usize) {
        let workers = workers.clamp(1, MOST_WORKERS / 2);
        // `SeqCst`, as where workers step back: those that do by what the number was before see what it
        // is now, or are seen here.
        self.target.store(workers, SeqCst);
        self.fill_up();
        // Those that are too many step back when they next come by: idle ones now.
        for _ in workers..self.active.load(Acquire) {
            self.wake_anybody();
        }
    }

    /// Adds workers until there are as many as there should be.
    pub(super) fn fill_up(&'static self) {
        while self.active.load(SeqCst) < self.target.load(SeqCst) {
            if !self.add_worker() {
                return;
            }
        }
    }

    pub(crate) fn workers(&self) -> usize {
        self.target.load(Acquire)
    }

    /// Adds a worker, with a thread of its own. False when there are too many.
    pub(super) fn add_worker(&'static self) -> bool {
        let unused = {
            let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
            unused.pop()
        };
        let worker = match unused {
            Some(id) => self.worker(id),
            None => match self.make_worker() {
                Some(worker) => worker,
                None => return false,
            },
        };
        self.active.fetch_add(1, AcqRel);
        worker.set_rests(false);
        self.watch.rise();
        self.staff(worker);
        true
    }

    fn make_worker(&self) -> Option<&'static Worker> {
        let claimed = self.made.fetch_update(AcqRel, Acquire, |made| {
            (made < MOST_WORKERS).then_some(made + 1)
        });
        let id = claimed.ok()?;
        let worker = Worker::new(id);
        self.workers[id].store(std::ptr::from_ref(worker).cast_mut(), Release);
        Some(worker)
    }

    /// Queues a goroutine from a thread that holds no worker.
    #[cold]
    pub(super) fn inject(&'static self, task: Task) {
        forking::refuse_child();
        self.inject.push(entry(task));
        self.notify();
    }

    /// Has an idle worker look for what was just queued, if one is idle and none looks.
    #[inline]
    pub(super) fn notify(&'static self) {
        if let Some(id) = self.idle.notify() {
            self.unpark(self.worker(id));
        }
    }

    /// The same. Whether one was idle and has been woken, or one searches already.
    pub(super) fn wake_anybody(&'static self) -> bool {
        match self.idle.notify() {
            Some(id) => {
                self.unpark(self.worker(id));
                true
            }
            None => self.idle.is_searched(),
        }
    }

    /// Wakes a worker that was taken off the list of the idle, counted as searching.
    fn unpark(&'static self, worker: &'static Worker) {
        forking::refuse_child();
        match worker.permit.notify() {
            Found::Running => {}
            Found::Parked => {
                // SAFETY: a seat is leaked. A worker's thread sets it before it sleeps.
                let seat = unsafe { worker.seat.load(Acquire).as_ref() };
                if let Some(seat) = seat {
                    seat.thread.unpark();
                }
            }
            Found::Driving => self.driver.wake(),
            Found::Vacant => {
                // Nobody holds it, and it is off the list: it is this thread's now (W2).
                worker.permit.consume();
                worker.own.searches.set(true);
                worker.set_rests(false);
                self.watch.rise();
                self.staff(worker);
            }
        }
    }

    /// When the next of all timers is due, by the scheduler's clock; the greatest number if there is
    /// none.
    pub(super) fn earliest_deadline(&self) -> u64 {
        let outside = self.timers.next();
        self.all()
            .map(|worker| worker.timers.next())
            .fold(outside, u64::min)
    }

    /// Fires what is due of everybody's timers.
    pub(super) fn fire_all_timers(&self, now: u64) {
        /// Timers of one worker that are fired in a row.
        const AT_ONCE: usize = 256;
        let outside = std::iter::once(&self.timers);
        for timers in outside.chain(self.all().map(|worker| &worker.timers)) {
            if timers.next() <= now {
                fire(timers, now, AT_ONCE);
            }
        }
    }

    /// The goroutines that exist.
    pub(crate) fn goroutines(&self) -> usize {
        let outside = self.outside.load(Relaxed);
        let count = self.all().fold(outside, |count, worker| {
            let (spawned, ended) = (worker.spawned.load(Relaxed), worker.ended.load(Relaxed));
            count + spawned.wrapping_sub(ended) as i64
        });
        usize::try_from(count).unwrap_or(0)
    }

    pub(crate) fn handle(&self) -> &tokio::runtime::Handle {
        self.driver.handle()
    }
}

/// Fires what is due of these timers. A waker of somebody else's that panics has told so by the panic
/// hook, and must not take this thread, and the worker that it may hold, with it.
pub(super) fn fire(timers: &Timers, now: u64, limit: usize) {
    let fired = catch_unwind(AssertUnwindSafe(|| timers.fire(now, limit)));
    if let Err(payload) = fired {
        // What it panicked with may panic once more when it is dropped.
        std::mem::forget(payload);
    }
}

/// Whether this thread runs goroutines, and not tasks of tokio's.
pub(crate) fn is_on_worker() -> bool {
    current().is_some_and(|worker| !worker.own.drives.get())
}

/// Makes a goroutine, which an idle worker may take.
#[inline]
pub(crate) fn spawn<P: Place, F>(native: &'static Native, future: F) -> Join<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (task, join) = cell::new::<Cells<P>, F>(future);
    match current() {
        Some(worker) if worker.own.drives.get() => {
            worker.count_spawned();
            native.woken_by_driver(worker, task);
        }
        Some(worker) => {
            worker.count_spawned();
            // SAFETY: this thread holds the worker (W1).
            unsafe { worker.push(task, &native.inject) };
            native.notify();
        }
        None => {
            native.outside.fetch_add(1, Relaxed);
            native.inject(task);
        }
    }
    join
}

/// What cells ask of the scheduler, for goroutines that are made at a place.
pub(crate) struct Cells<P>(PhantomData<P>);

impl<P: Place> Schedule for Cells<P> {
    const MADE_AT: Option<&'static str> = P::AT;

    #[inline]
    fn ready(task: Task) {
        let native = native();
        let Some(worker) = current() else {
            return native.inject(task);
        };
        if worker.own.drives.get() {
            return native.woken_by_driver(worker, task);
        }
        // What runs next needs nobody else: this goroutine is about to suspend. If it goes on instead,
        // the watch finds somebody, unless it looks rarely.
        match worker.run_next(task) {
            Some(before) => {
                // SAFETY: this thread holds the worker (W1).
                unsafe { worker.push(before, &native.inject) };
                native.notify();
            }
            None if !native.watch.is_awake() => native.notify(),
            None => {}
        }
    }

    #[inline]
    fn allocate(layout: Layout) -> (NonNull<u8>, bool) {
        if layout.size() <= slab::LARGEST
            && layout.align() <= 16
            && let Some(worker) = current()
        {
            // SAFETY: this thread holds the worker, so it owns the heap (W1).
            return (unsafe { worker.heap.allocate(layout.size()) }, false);
        }
        // SAFETY: a cell is larger than nothing.
        let memory = unsafe { std::alloc::alloc(layout) };
        match NonNull::new(memory) {
            Some(memory) => (memory, true),
            None => std::alloc::handle_alloc_error(layout),
        }
    }

    #[inline]
    unsafe fn free(memory: NonNull<u8>, layout: Layout, system: bool) {
        // SAFETY: the caller gives back what `allocate` gave, to whom it came from. This thread holds
        // the worker, so it owns the heap (W1).
        unsafe {
            if system {
                std::alloc::dealloc(memory.as_ptr(), layout);
            } else if let Some(worker) = current() {
                worker.heap.free(memory);
            } else {
                slab::free_from_outside(memory);
            }
        }
    }

    #[inline]
    fn ended() {
        match current() {
            Some(worker) => worker.count_ended(),
            None => drop(native().outside.fetch_sub(1, Relaxed)),
        }
    }
}

impl Native {
    /// Queues what the driver has woken, and has this worker's thread leave the driver.
    fn woken_by_driver(&'static self, worker: &'static Worker, task: Task) {
        if self.inject.is_empty() {
            // SAFETY: this thread holds the worker (W1).
            unsafe { worker.push(task, &self.inject) };
        } else {
            // Before the backlog: whoever waits for a socket or a timer has waited already.
            self.inject.push_first(entry(task));
        }
        if !worker.own.driver_told.replace(true) {
            self.driver.wake();
        }
    }
}
