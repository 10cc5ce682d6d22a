//! A worker: a place at which goroutines run, with what belongs to it. Go calls it a P.
//!
//! # Invariants
//!
//! - **W1**: at most one thread holds a worker. It is the thread whose [`current`] is the worker, or
//!   one that has just got it and is about to make it so. Only the holder touches what is marked as
//!   the holder's: the ring's tail, the heap, the cells of [`Own`].
//! - **W2**: a worker that nobody holds is in one of three places: in the list of the idle with a vacant
//!   permit, in the pool of unused workers, or on its way in a seat. Whoever takes it out of there
//!   holds it, and no other can.
//! - **W3**: workers are leaked: a reference to one is good for ever.

use std::cell::Cell;
use std::ptr::{NonNull, null, null_mut};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64};

use crossbeam_utils::CachePadded;

use super::cell::Task;
use super::inject::Inject;
use super::permit::Permit;
use super::ring::{Overflow, Ring};
use super::slab::Heap;
use super::thread::Seat;
use super::timers::Timers;

/// A worker looks at the queue of all every so many turns, so that a full queue of its own does not
/// starve that one. The number is Go's, a prime, so that it does not beat with anything.
const TURNS_BETWEEN_LOOKS: u32 = 61;

/// So many times in a row the goroutine that was woken last is run next; then those behind it have
/// their turn. Two that hand a message to and fro would otherwise keep the worker to themselves.
const MOST_IN_A_ROW: u32 = 64;

/// The worker's goroutine has kept it for too long, and another worker has taken its place.
pub(super) const COMPUTES: u8 = 1;
/// The same, and the goroutine's thread stands still in the system.
pub(super) const SLEEPS: u8 = 2;

pub(super) struct Worker {
    /// Its place in the table of workers.
    pub(super) id: usize,
    ring: Ring<()>,
    /// The goroutine that was woken last, and runs next. Others may take it, if the holder is long
    /// about what it does.
    next: CachePadded<AtomicPtr<()>>,
    pub(super) heap: Heap,
    pub(super) timers: Timers,
    /// Where the holder's thread sleeps when there is nothing to do.
    pub(super) permit: CachePadded<Permit>,
    /// The thread that holds it, or held it last.
    pub(super) seat: AtomicPtr<Seat>,
    /// Goroutines run so far, wrapping: the watch sees by it whether the worker gets on.
    pub(super) turns: AtomicU32,
    /// Whether it has nothing to do, and the watch need not look at it.
    pub(super) rests: AtomicBool,
    /// 0, or why another worker has its place: set by the watch, taken back by the holder.
    pub(super) replaced: AtomicU8,
    /// Goroutines that were made here, and that ended here. Only the holder counts.
    pub(super) spawned: AtomicU64,
    pub(super) ended: AtomicU64,
    pub(super) own: Own,
}

/// What only the holder touches (W1).
pub(super) struct Own {
    /// Whether it is counted among those that search for work.
    pub(super) searches: Cell<bool>,
    /// Whether this thread stands in tokio's driver.
    pub(super) drives: Cell<bool>,
    /// Whether the driver's sleep has been told that there is work.
    pub(super) driver_told: Cell<bool>,
    /// Whether its last sleep was short: then it looks around a moment before the next.
    pub(super) slept_shortly: Cell<bool>,
    /// When it last let the driver have a turn, or looked whether it should.
    pub(super) looked: Cell<u64>,
    in_a_row: Cell<u32>,
    random: Cell<u32>,
}

// SAFETY: W1 and W2: `own` is touched by one thread at a time, and passes from one to the next
// through an atomic of the permit, of a seat or of the pool's lock. Everything else is for sharing.
unsafe impl Sync for Worker {}
// SAFETY: as above.
unsafe impl Send for Worker {}

thread_local! {
    static CURRENT: Cell<*const Worker> = const { Cell::new(null()) };
}

/// The worker that this thread holds.
#[inline]
pub(super) fn current() -> Option<&'static Worker> {
    // SAFETY: W3.
    unsafe { CURRENT.get().as_ref() }
}

/// Says which worker this thread holds.
pub(super) fn set_current(worker: Option<&'static Worker>) {
    CURRENT.set(worker.map_or(null(), |worker| worker));
}

/// A goroutine that is ready, as queues hold it.
#[inline]
pub(super) fn entry(task: Task) -> NonNull<()> {
    // SAFETY: a task is the address of a cell.
    unsafe { NonNull::new_unchecked(task.as_ptr()) }
}

/// # Safety
///
/// The entry came out of a queue, or of the place of the next one.
#[inline]
unsafe fn task_of(entry: NonNull<()>) -> Task {
    // SAFETY: what is in a queue came from `entry`, and whoever takes it out holds it.
    unsafe { Task::from_ptr(entry.as_ptr()) }
}

impl Worker {
    /// A worker that the caller holds.
    pub(super) fn new(id: usize) -> &'static Self {
        // A generator that starts at zero stays there.
        let seed = (id as u32).wrapping_mul(0x9E37_79B9) | 1;
        Box::leak(Box::new(Self {
            id,
            ring: Ring::new(),
            next: CachePadded::new(AtomicPtr::new(null_mut())),
            heap: Heap::new(),
            timers: Timers::new(),
            permit: CachePadded::new(Permit::new()),
            seat: AtomicPtr::new(null_mut()),
            turns: AtomicU32::new(0),
            rests: AtomicBool::new(false),
            replaced: AtomicU8::new(0),
            spawned: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            own: Own {
                searches: Cell::new(false),
                drives: Cell::new(false),
                driver_told: Cell::new(false),
                slept_shortly: Cell::new(false),
                looked: Cell::new(0),
                in_a_row: Cell::new(0),
                random: Cell::new(seed),
            },
        }))
    }

    /// Puts a goroutine at the end of this worker's queue.
    ///
    /// # Safety
    ///
    /// The caller holds this worker.
    #[inline]
    pub(super) unsafe fn push(&self, task: Task, inject: &Inject<()>) {
        // SAFETY: the caller holds this worker, so it is the ring's owner (W1).
        if let Err(Overflow(block)) = unsafe { self.ring.push(entry(task)) } {
            inject.push_block(block);
        }
    }

    /// Has a goroutine run next, and gives back the one that was to: it belongs at the queue's end.
    ///
    /// Any thread that the holder's is may call it; it is one exchange.
    #[inline]
    pub(super) fn run_next(&self, task: Task) -> Option<Task> {
        let before = self.next.swap(task.as_ptr(), AcqRel);
        // SAFETY: what stood in the place is a goroutine that is ready, and now it is the caller's.
        NonNull::new(before).map(|before| unsafe { task_of(before) })
    }

    /// Takes away the goroutine that was to run next.
    pub(super) fn take_next(&self) -> Option<Task> {
        if self.next.load(Relaxed).is_null() {
            return None;
        }
        let task = self.next.swap(null_mut(), AcqRel);
        // SAFETY: as in `run_next`.
        NonNull::new(task).map(|task| unsafe { task_of(task) })
    }

    /// The goroutine that is to run next, to be told from others.
    pub(super) fn peek_next(&self) -> *mut () {
        self.next.load(Relaxed)
    }

    /// Takes away the goroutine that was seen to run next, if it still is.
    pub(super) fn take_seen(&self, seen: *mut ()) -> Option<Task> {
        let taken = self
            .next
            .compare_exchange(seen, null_mut(), AcqRel, Relaxed)
            .ok()?;
        // SAFETY: as in `run_next`. That another goroutine may by now have the address of the one that
        // was seen does not matter: whichever stands there is ready.
        NonNull::new(taken).map(|task| unsafe { task_of(task) })
    }

    /// Goroutines in its queue.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether anything waits here to be run.
    pub(super) fn has_work(&self) -> bool {
        self.len() > 0 || !self.next.load(Acquire).is_null()
    }

    /// The goroutine that is to be run now, from this worker's queue or from that of all.
    ///
    /// # Safety
    ///
    /// The caller holds this worker.
    #[inline]
    pub(super) unsafe fn find(&self, inject: &Inject<()>, share_among: usize) -> Option<Task> {
        let turn = self.turns.load(Relaxed);
        if turn.is_multiple_of(TURNS_BETWEEN_LOOKS) && !inject.is_empty() {
            // SAFETY: the caller holds this worker.
            let task = unsafe { self.find_injected(inject, share_among) };
            if task.is_some() {
                return task;
            }
        }
        if let Some(task) = self.take_next() {
            let in_a_row = self.own.in_a_row.get() + 1;
            if in_a_row <= MOST_IN_A_ROW || self.len() == 0 {
                self.own.in_a_row.set(in_a_row);
                return Some(task);
            }
            // SAFETY: the caller holds this worker.
            unsafe { self.push(task, inject) };
        }
        self.own.in_a_row.set(0);
        // SAFETY: the caller holds this worker, so it is the ring's owner (W1).
        if let Some(task) = unsafe { self.ring.pop() } {
            // SAFETY: what is in a ring is ready.
            return Some(unsafe { task_of(task) });
        }
        if inject.is_empty() {
            return None;
        }
        // SAFETY: the caller holds this worker.
        unsafe { self.find_injected(inject, share_among) }
    }

    /// From the queue of all workers one to run, with a share of the rest for this worker's queue.
    ///
    /// # Safety
    ///
    /// The caller holds this worker.
    #[inline(never)]
    pub(super) unsafe fn find_injected(
        &self,
        inject: &Inject<()>,
        share_among: usize,
    ) -> Option<Task> {
        // SAFETY: the caller holds this worker, so it is the ring's owner (W1).
        let task = unsafe { inject.pop(&self.ring, share_among) }?;
        // SAFETY: what is in the queue is ready.
        Some(unsafe { task_of(task) })
    }

    /// Half of another worker's queue: one to run, the rest into this worker's own.
    ///
    /// # Safety
    ///
    /// The caller holds this worker, and not the other.
    pub(super) unsafe fn steal_from(&self, victim: &Worker) -> Option<Task> {
        // SAFETY: the caller holds this worker, so it is the owner of the ring that is stolen into (W1).
        let task = unsafe { victim.ring.steal_into(&self.ring) }?;
        // SAFETY: what was in a ring is ready.
        Some(unsafe { task_of(task) })
    }

    /// Puts everything that waits here into the queue of all workers. Whether there was anything.
    ///
    /// # Safety
    ///
    /// The caller holds this worker.
    pub(super) unsafe fn give_all_away(&self, inject: &Inject<()>) -> bool {
        let mut block: Vec<NonNull<()>> = Vec::new();
        block.extend(self.take_next().map(entry));
        // SAFETY: the caller holds this worker, so it is the ring's owner (W1).
        block.extend(std::iter::from_fn(|| unsafe { self.ring.pop() }));
        let was_there = !block.is_empty();
        if was_there {
            inject.push_block(block.into_boxed_slice());
        }
        was_there
    }

    /// Takes in the memory that others have freed, and gives them theirs.
    ///
    /// # Safety
    ///
    /// The caller holds this worker.
    pub(super) unsafe fn settle_memory(&self) {
        // SAFETY: the caller holds this worker, so it owns the heap (W1).
        unsafe {
            self.heap.flush();
            self.heap.collect();
        }
    }

    /// A number that does not look like the last (xorshift, after Marsaglia).
    pub(super) fn random(&self) -> usize {
        let mut x = self.own.random.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.own.random.set(x);
        x as usize
    }

    /// Counts a goroutine that is made here.
    #[inline]
    pub(super) fn count_spawned(&self) {
        // Only the holder writes, so a load and a store count as well as an addition that locks.
        let count = self.spawned.load(Relaxed);
        self.spawned.store(count + 1, Relaxed);
    }

    /// Counts a goroutine that has ended here.
    #[inline]
    pub(super) fn count_ended(&self) {
        let count = self.ended.load(Relaxed);
        self.ended.store(count + 1, Relaxed);
    }

    /// Counts a turn.
    #[inline]
    pub(super) fn count_turn(&self) -> u32 {
        let turn = self.turns.load(Relaxed).wrapping_add(1);
        self.turns.store(turn, Relaxed);
        turn
    }

    /// Says that the watch need not look at it, or has to.
    pub(super) fn set_rests(&self, rests: bool) {
        self.rests.store(rests, Release);
    }
}
