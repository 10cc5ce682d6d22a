//! Nobody sleeps while something is queued: a wake-up that is lost leaves everybody asleep, which
//! loom reports as a deadlock.

use std::mem;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize as Count, Ordering::SeqCst};
use std::sync::{Arc, Mutex as Unmodelled};

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread::{self, JoinHandle, Thread};

use super::{explore, explore_within};
use crate::native::idle::Idle;
use crate::native::inject::Inject;
use crate::native::permit::{Found, Permit};
use crate::native::ring::Ring;

/// How a worker sleeps.
#[derive(Clone, Copy)]
enum Bed {
    /// Its thread parks.
    Park,
    /// Its thread sleeps in the driver.
    Drive,
    /// It gives its thread away.
    Vacate,
}
use Bed::{Drive, Park, Vacate};
use Stage::{Announced, Running, Searching};

/// What a worker has done so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has run something, and looks for more.
    Running,
    /// It was found without a thread, and counts as searching.
    Searching,
    /// It has announced that it is idle, and has found nothing.
    Announced,
}

/// An entry. What runs is the same for all: only how many have run counts.
type Entry = u8;

fn entry() -> NonNull<Entry> {
    NonNull::dangling()
}

/// Two workers, of which a model may use one.
struct World {
    beds: &'static [Bed],
    inject: Inject<Entry>,
    rings: [Ring<Entry>; 2],
    idle: Idle,
    permits: [Permit; 2],
    /// Each worker's thread, which may not have begun yet.
    threads: [Unmodelled<Option<Thread>>; 2],
    /// The driver was woken. Who sleeps in it is the first worker.
    driver: AtomicBool,
    /// What the driver will bring.
    events: AtomicUsize,
    /// How many entries have not run yet.
    left: AtomicUsize,
    stopped: AtomicBool,
    /// How many entries must run at the same time.
    together: usize,
    running: Mutex<usize>,
    run: Condvar,
    /// Wake-ups that were decided on, of which the woken worker has not found anything yet.
    under_way: Count,
    /// Threads that were found for a worker that had none.
    found: Unmodelled<Vec<JoinHandle<()>>>,
}

impl World {
    /// Workers that begin at this stage, without work; for so many entries, of which so many must run
    /// at the same time.
    fn new(
        beds: &'static [Bed],
        stage: Stage,
        entries: usize,
        together: usize,
    ) -> (Arc<Self>, Vec<JoinHandle<()>>) {
        let world = Arc::new(Self {
            beds,
            inject: Inject::new(),
            rings: [Ring::new(), Ring::new()],
            idle: Idle::new(),
            permits: [Permit::new(), Permit::new()],
            threads: [Unmodelled::new(None), Unmodelled::new(None)],
            driver: AtomicBool::new(false),
            events: AtomicUsize::new(0),
            left: AtomicUsize::new(entries),
            stopped: AtomicBool::new(false),
            together,
            running: Mutex::new(0),
            run: Condvar::new(),
            under_way: Count::new(0),
            found: Unmodelled::new(Vec::new()),
        });
        if stage == Announced {
            (0..beds.len()).for_each(|id| world.idle.announce(id, false));
        }
        let workers = (0..beds.len()).map(|id| world.start(id, stage)).collect();
        (world, workers)
    }

    /// Finds a worker a thread.
    fn start(self: &Arc<Self>, id: usize, stage: Stage) -> JoinHandle<()> {
        let world = self.clone();
        let started = thread::spawn(move || world.work(id, stage));
        *self.threads[id].lock().unwrap() = Some(started.thread().clone());
        started
    }

    fn unpark(&self, id: usize) {
        self.threads[id].lock().unwrap().as_ref().unwrap().unpark();
    }

    /// From outside of the workers.
    fn inject(self: &Arc<Self>) {
        self.inject.push(entry());
        self.notify();
    }

    fn notify(self: &Arc<Self>) {
        if let Some(id) = self.idle.notify() {
            if !self.stopped.load(Ordering::Relaxed) {
                assert_eq!(
                    self.under_way.fetch_add(1, SeqCst),
                    0,
                    "two wake-ups at once"
                );
            }
            self.wake(id);
        }
    }

    fn wake(self: &Arc<Self>, id: usize) {
        match self.permits[id].notify() {
            Found::Running => {}
            Found::Parked => self.unpark(id),
            Found::Driving => self.wake_driver(),
            Found::Vacant => {
                self.permits[id].consume();
                let thread = self.start(id, Searching);
                self.found.lock().unwrap().push(thread);
            }
        }
    }

    fn wake_driver(&self) {
        // An exchange, so that of two who wake it at once the sleeper sees what both have done.
        self.driver.swap(true, Ordering::AcqRel);
        self.unpark(0);
    }

    /// The driver has so many entries to bring.
    fn event(&self, entries: usize) {
        self.events.fetch_add(entries, Ordering::AcqRel);
        self.wake_driver();
    }

    /// What a worker does.
    fn work(self: &Arc<Self>, id: usize, stage: Stage) {
        let mut searching = stage == Searching;
        if stage == Announced && !self.sleep(id, &mut searching) {
            return;
        }
        while !self.stopped.load(Ordering::Acquire) {
            if let Some(entry) = self.next(id, &mut searching) {
                if mem::take(&mut searching) {
                    self.no_longer_under_way();
                    if self.idle.found() {
                        self.notify();
                    }
                }
                self.run(entry);
                continue;
            }
            if searching {
                self.no_longer_under_way();
            }
            self.idle.announce(id, searching);
            if self.anything() {
                if self.idle.withdraw(id) {
                    self.idle.search_again();
                } else {
                    self.take_permit(id);
                }
                searching = true;
            } else if !self.sleep(id, &mut searching) {
                return;
            }
        }
        if searching {
            let _ = self.idle.give_up();
        }
    }

    /// Sleeps after an announcement. False if the worker has no thread from here on.
    fn sleep(self: &Arc<Self>, id: usize, searching: &mut bool) -> bool {
        *searching = true;
        match self.beds[id] {
            Park => self.take_permit(id),
            Drive => *searching = self.sleep_in_driver(id),
            Vacate => {
                if self.permits[id].vacate() {
                    return false;
                }
                self.permits[id].consume();
            }
        }
        true
    }

    fn no_longer_under_way(&self) {
        let _ = self
            .under_way
            .fetch_update(SeqCst, SeqCst, |count| count.checked_sub(1));
    }

    /// Something to run: from the worker's own queue, that of all, or, searching, the other's.
    fn next(&self, id: usize, searching: &mut bool) -> Option<NonNull<Entry>> {
        let ring = &self.rings[id];
        // SAFETY: one thread at a time is this worker.
        let own = unsafe { ring.pop().or_else(|| self.inject.pop(ring, 2)) };
        if own.is_some() {
            return own;
        }
        *searching = *searching || self.idle.start_searching(self.rings.len());
        if !*searching {
            return None;
        }
        // SAFETY: as above.
        unsafe { self.rings[1 - id].steal_into(ring) }
    }

    /// The look after the announcement.
    fn anything(&self) -> bool {
        self.anything_queued() || self.stopped.load(Ordering::Acquire)
    }

    fn anything_queued(&self) -> bool {
        !self.inject.is_empty() || self.rings.iter().any(|ring| ring.len() > 0)
    }

    /// Sleeps until the worker is notified.
    fn take_permit(&self, id: usize) {
        if self.permits[id].prepare_park() {
            while !self.permits[id].is_notified() {
                thread::park();
            }
        }
        self.permits[id].consume();
    }

    /// Sleeps until the worker is notified, which it says then, or the driver has brought something.
    fn sleep_in_driver(self: &Arc<Self>, id: usize) -> bool {
        let mut brought = 0;
        while brought == 0 && self.permits[id].prepare_drive() {
            while !self.driver.swap(false, Ordering::AcqRel) {
                thread::park();
            }
            brought = self.events.swap(0, Ordering::AcqRel);
            for _ in 0..brought {
                // SAFETY: one thread at a time is this worker.
                unsafe { self.rings[id].push(entry()) }.unwrap();
            }
        }
        if self.idle.withdraw(id) {
            self.permits[id].consume();
            if brought > 1 {
                self.notify();
            }
            false
        } else {
            self.take_permit(id);
            true
        }
    }

    /// Runs an entry, which ends when so many have begun as must run together.
    fn run(self: &Arc<Self>, _entry: NonNull<Entry>) {
        let mut running = self.running.lock().unwrap();
        *running += 1;
        self.run.notify_all();
        while *running < self.together {
            running = self.run.wait(running).unwrap();
        }
        drop(running);
        match self.left.fetch_sub(1, Ordering::AcqRel) {
            0 => panic!("an entry ran twice"),
            1 => self.stop(),
            _ => {}
        }
    }

    /// Everything has run: everybody who sleeps wakes up, and ends.
    fn stop(self: &Arc<Self>) {
        self.stopped.store(true, Ordering::Release);
        for id in 0..self.beds.len() {
            if self.idle.withdraw(id) {
                // It is woken as if it had been notified.
                self.idle.search_again();
                self.wake(id);
            }
        }
    }

    /// Called when everybody who was to queue something has.
    fn end(&self, workers: Vec<JoinHandle<()>>) {
        for worker in workers {
            worker.join().unwrap();
        }
        let found = mem::take(&mut *self.found.lock().unwrap());
        for thread in found {
            thread.join().unwrap();
        }
        assert_eq!(
            self.left.load(Ordering::Acquire),
            0,
            "something has not run"
        );
        assert!(!self.anything_queued());
        assert!(self.idle.len() == 0 && !self.idle.is_searched());
    }
}

/// A worker goes to sleep while somebody queues (guards the fences, the look after the
/// announcement, and the permit).
#[test]
fn a_worker_goes_to_sleep() {
    explore(|| {
        let (world, workers) = World::new(&[Park], Running, 2, 1);
        world.inject();
        world.inject();
        world.end(workers);
    });
}

/// The same, with two who queue.
#[test]
fn a_worker_and_two_who_queue() {
    explore(|| {
        let (world, workers) = World::new(&[Park], Running, 2, 1);
        let other = {
            let world = world.clone();
            thread::spawn(move || world.inject())
        };
        world.inject();
        other.join().unwrap();
        world.end(workers);
    });
}

/// A worker that computes on has queued something: the other one takes it (guards the look at the
/// rings).
#[test]
fn a_worker_leaves_something_in_its_ring() {
    explore(|| {
        let (world, workers) = World::new(&[Park], Running, 2, 2);
        // This thread is the second worker.
        // SAFETY: nobody else is.
        unsafe { world.rings[1].push(entry()) }.unwrap();
        world.notify();
        world.run(entry());
        world.end(workers);
    });
}

/// Two entries that wait for each other need both workers, though at most one wake-up is under way
/// (guards that the last one that searches notifies).
#[test]
fn two_that_wait_for_each_other() {
    explore_within(2, || {
        let (world, workers) = World::new(&[Park, Park], Announced, 2, 2);
        world.inject();
        world.inject();
        world.end(workers);
    });
}

/// The driver brings something while somebody notifies the worker that sleeps in it (guards that
/// withdrawing tells the two apart, and that a permit is taken once).
#[test]
fn the_driver_wakes_a_worker_that_is_notified() {
    explore(|| {
        let (world, workers) = World::new(&[Drive], Running, 2, 1);
        let other = {
            let world = world.clone();
            thread::spawn(move || world.inject())
        };
        world.event(1);
        other.join().unwrap();
        world.end(workers);
    });
}

/// What the driver brings needs both workers (guards that the one which it wakes notifies).
#[test]
fn the_driver_brings_work_for_two() {
    explore(|| {
        let (world, workers) = World::new(&[Drive, Park], Announced, 2, 2);
        world.event(2);
        world.end(workers);
    });
}

/// A worker is left without a thread while somebody queues (guards that it is found, and keeps its
/// thread if it is notified before).
#[test]
fn a_worker_without_a_thread() {
    explore(|| {
        let (world, workers) = World::new(&[Vacate], Running, 2, 1);
        world.inject();
        world.inject();
        world.end(workers);
    });
}
