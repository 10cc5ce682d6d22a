//! A goroutine's cell: its turns, its end, its handle and its wakers.
//!
//! Freed cells are overwritten and kept until the model ends, and freeing one counts as an access to
//! everything in it. So a touch that comes too late fails the model.

use std::alloc::{self, Layout};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use crate::native::cell::{Join, Ran, Schedule, Task, new, run};

/// Explores with at most three preemptions, unless `LOOM_MAX_PREEMPTIONS` says otherwise: loom's own
/// advice for models of this size.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(move || {
        model();
        HOUSE.settle();
    });
}

loom::lazy_static! {
    static ref HOUSE: House = House::default();
}

/// The scheduler of one exploration. What is std's here is no step of the model.
#[derive(Default)]
struct House {
    queue: loom::sync::Mutex<VecDeque<Task>>,
    cells: Mutex<Vec<Memory>>,
    ended: std::sync::atomic::AtomicUsize,
}

struct Memory {
    address: usize,
    layout: Layout,
    freed: bool,
}

struct Here;

impl Schedule for Here {
    fn ready(task: Task) {
        let mut queue = HOUSE.queue.lock().unwrap();
        assert!(!queue.contains(&task), "queued twice");
        queue.push_back(task);
    }

    fn allocate(layout: Layout) -> (NonNull<u8>, bool) {
        // SAFETY: a cell has a header, so the size is not zero.
        let memory = NonNull::new(unsafe { alloc::alloc(layout) }).unwrap();
        HOUSE.cells.lock().unwrap().push(Memory {
            address: memory.as_ptr().expose_provenance(),
            layout,
            freed: false,
        });
        (memory, false)
    }

    unsafe fn free(memory: NonNull<u8>, layout: Layout, _: bool) {
        let mut cells = HOUSE.cells.lock().unwrap();
        let cell = cells
            .iter_mut()
            .find(|cell| cell.address == memory.addr().get());
        let cell = cell.unwrap();
        assert_eq!(cell.layout, layout);
        assert!(!mem::replace(&mut cell.freed, true), "freed twice");
        // SAFETY: the caller has the cell to itself.
        unsafe { memory.write_bytes(0xa5, layout.size()) };
    }

    fn ended() {
        HOUSE
            .ended
            .fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

impl House {
    /// When everybody is done: every goroutine has ended and its cell is freed.
    fn settle(&self) {
        let cells = self.cells.lock().unwrap();
        let freed = cells.iter().filter(|cell| cell.freed).count();
        let ended = self.ended.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!((ended, freed), (cells.len(), cells.len()));
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for cell in self.cells.get_mut().unwrap() {
            let memory = std::ptr::with_exposed_provenance_mut(cell.address);
            // SAFETY: allocated with this layout, and dropped here only.
            unsafe { alloc::dealloc(memory, cell.layout) };
        }
    }
}

/// Runs what is queued, until nothing is.
fn work() {
    loop {
        let task = HOUSE.queue.lock().unwrap().pop_front();
        let Some(task) = task else { return };
        // SAFETY: it was queued, so it is held.
        if let Ran::Again(task) = unsafe { run(task) } {
            Here::ready(task);
        }
    }
}

/// Makes a goroutine and queues it.
fn go<F>(future: F) -> Join<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (task, join) = new::<Here, F>(future);
    Here::ready(task);
    join
}

/// Makes a goroutine, lets it wait, and takes its waker. Its further turns are `turn`'s.
fn parked<T: Send + 'static>(
    mut turn: impl FnMut() -> Poll<T> + Send + 'static,
) -> (Join<T>, Waker) {
    let given = Arc::new(Mutex::new(None));
    let place = given.clone();
    let mut first = true;
    let join = go(poll_fn(move |context| {
        if mem::take(&mut first) {
            *place.lock().unwrap() = Some(context.waker().clone());
            return Poll::Pending;
        }
        turn()
    }));
    work();
    let waker = given.lock().unwrap().take().unwrap();
    (join, waker)
}

fn poll<T>(join: &mut Join<T>, waker: &Waker) -> Poll<T> {
    Pin::new(join).poll(&mut Context::from_waker(waker))
}

/// What somebody does with a waker.
#[derive(Clone, Copy, Debug)]
enum Use {
    Wake,
    WakeByRef,
    Drop,
}

impl Use {
    const WAKES: [Use; 2] = [Use::Wake, Use::WakeByRef];
    const ALL: [Use; 3] = [Use::Wake, Use::WakeByRef, Use::Drop];

    fn of(self, waker: Waker) {
        match self {
            Use::Wake => waker.wake(),
            Use::WakeByRef => waker.wake_by_ref(),
            Use::Drop => drop(waker),
        }
    }
}

/// What somebody does with a handle.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Dropped,
    Joined,
}

impl Fate {
    const ALL: [Fate; 2] = [Fate::Dropped, Fate::Joined];

    fn befall<T>(self, join: Join<T>) {
        match self {
            Fate::Dropped => drop(join),
            Fate::Joined => drop(block_on(join)),
        }
    }
}

/// A value whose drop loom knows of: it must come once, and after what was done to it before.
struct Tracked(loom::sync::Arc<UnsafeCell<usize>>);

// SAFETY: the cell is touched when the value is dropped, and when nobody has it any more.
unsafe impl Send for Tracked {}

impl Drop for Tracked {
    fn drop(&mut self) {
        // SAFETY: whoever drops the value has it to itself; that it has is what loom checks here.
        self.0.with_mut(|drops| unsafe { *drops += 1 });
    }
}

/// How often a [`Tracked`] was dropped.
struct Drops(loom::sync::Arc<UnsafeCell<usize>>);

impl Drops {
    /// Called when everybody is done.
    fn assert_dropped_once(&self) {
        // SAFETY: nobody has the value any more; that nobody has is what loom checks here.
        assert_eq!(self.0.with(|drops| unsafe { *drops }), 1);
    }
}

fn tracked() -> (Tracked, Drops) {
    let drops = loom::sync::Arc::new(UnsafeCell::new(0));
    (Tracked(drops.clone()), Drops(drops))
}

/// An executor of others, of which loom knows who made its wakers: that must come before its wakes.
struct Bell {
    made: UnsafeCell<()>,
    rings: std::sync::atomic::AtomicUsize,
}

// SAFETY: what is not `Sync` is written by who makes it; that this comes first is what loom checks.
unsafe impl Sync for Bell {}
// SAFETY: as above.
unsafe impl Send for Bell {}

impl Bell {
    fn new() -> (Arc<Self>, Waker) {
        let bell = Arc::new(Self {
            made: UnsafeCell::new(()),
            rings: std::sync::atomic::AtomicUsize::new(0),
        });
        bell.made.with_mut(|_| ());
        (bell.clone(), bell.into())
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.made.with(|_| ());
        self.rings.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

/// Somebody who waits for an end.
enum Waits {
    Bell(Arc<Bell>),
    Goroutine(Join<()>),
}

impl Waits {
    fn new(is_goroutine: bool) -> (Self, Waker) {
        if is_goroutine {
            let (join, waker) = parked(|| Poll::Ready(()));
            (Waits::Goroutine(join), waker)
        } else {
            let (bell, waker) = Bell::new();
            (Waits::Bell(bell), waker)
        }
    }

    /// Called when everybody is done.
    fn is_woken(&self) -> bool {
        work();
        match self {
            Waits::Bell(bell) => bell.rings.load(std::sync::atomic::Ordering::SeqCst) > 0,
            Waits::Goroutine(join) => join.is_ended(),
        }
    }

    /// Called when everybody is done, with the only waker that is left.
    fn settle(self, waker: Waker) {
        waker.wake();
        work();
        if let Waits::Bell(bell) = self {
            assert_eq!(Arc::strong_count(&bell), 1, "a waker is still kept");
        }
    }
}

/// A goroutine is woken again while it is queued or runs: it sees what it is woken for, and is in
/// one queue only (guards that a wake is noted, that it publishes, and what a turn acquires).
#[test]
fn a_wake_is_not_lost() {
    for kind in Use::WAKES {
        explore(move || {
            let flag = loom::sync::Arc::new(AtomicBool::new(false));
            let seen = flag.clone();
            let (join, waker) = parked(move || match seen.load(Ordering::Relaxed) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            });
            let other = waker.clone();
            let waking = thread::spawn(move || {
                flag.store(true, Ordering::Relaxed);
                kind.of(other);
            });
            waker.wake();
            work();
            waking.join().unwrap();
            work();
            assert!(join.is_ended());
        });
    }
}

/// A goroutine is woken during a turn: it comes again, or is queued by who woke it, and not both
/// (guards the subtraction that ends a turn).
#[test]
fn a_wake_during_a_turn_brings_one_more() {
    for kind in Use::WAKES {
        explore(move || {
            let flag = loom::sync::Arc::new(AtomicBool::new(false));
            let saw = Arc::new(std::sync::atomic::AtomicBool::new(false));
            let (looks_at, notes) = (flag.clone(), saw.clone());
            let mut turns = 0;
            let (join, waker) = parked(move || {
                turns += 1;
                if turns == 1 {
                    let seen = looks_at.load(Ordering::Relaxed);
                    notes.store(seen, std::sync::atomic::Ordering::SeqCst);
                    return Poll::Pending;
                }
                Poll::Ready(turns)
            });
            let other = waker.clone();
            waker.wake_by_ref();
            let task = HOUSE.queue.lock().unwrap().pop_front().unwrap();
            let waking = thread::spawn(move || {
                flag.store(true, Ordering::Relaxed);
                kind.of(other);
            });
            // SAFETY: it was queued, so it is held.
            let ran = unsafe { run(task) };
            waking.join().unwrap();
            let queued = HOUSE.queue.lock().unwrap().len();
            let saw = saw.load(std::sync::atomic::Ordering::SeqCst);
            match ran {
                Ran::Again(task) => {
                    assert_eq!(queued, 0);
                    Here::ready(task);
                }
                Ran::Waiting => assert!(queued == 1 || queued == 0 && saw),
                Ran::Ended => panic!("it ends at its next turn"),
            }
            waker.wake();
            work();
            assert_eq!(block_on(join), 2);
        });
    }
}

/// Two wake a goroutine that waits, and both run what is queued: it is queued once, run by one at a
/// time, and each turn finds what the last one left (guards who becomes the holder, and that a turn
/// releases what a wake acquires).
#[test]
fn two_wakers_make_one_holder() {
    for kind in Use::WAKES {
        explore(move || {
            let flags = loom::sync::Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
            let (seen, wakes) = (flags.clone(), flags);
            let (join, waker) = parked(move || {
                if seen.iter().all(|flag| flag.load(Ordering::Relaxed)) {
                    return Poll::Ready(());
                }
                Poll::Pending
            });
            let (other, mine) = (waker.clone(), wakes.clone());
            let waking = thread::spawn(move || {
                mine[0].store(true, Ordering::Relaxed);
                kind.of(other);
                work();
            });
            wakes[1].store(true, Ordering::Relaxed);
            waker.wake();
            work();
            waking.join().unwrap();
            work();
            assert!(join.is_ended());
        });
    }
}

/// A handle is dropped, or joined from a thread, while its goroutine ends on another: the output is
/// there for who has it, dropped once, and the cell is freed once (guards that the end and the handle
/// agree on who has the output, and the second look of who waits).
#[test]
fn a_handle_goes_while_its_goroutine_ends() {
    for fate in Fate::ALL {
        explore(move || {
            let (value, drops) = tracked();
            let mut value = Some(value);
            let join = go(poll_fn(move |_| Poll::Ready(value.take())));
            let working = thread::spawn(work);
            fate.befall(join);
            working.join().unwrap();
            drops.assert_dropped_once();
        });
    }
}

/// A goroutine waits for another, on two workers (guards that the end wakes who waits).
#[test]
fn a_goroutine_joins_a_goroutine() {
    explore(|| {
        let (value, drops) = tracked();
        let inner = go(async move { value });
        let outer = go(async move { drop(inner.await) });
        let working = thread::spawn(work);
        work();
        working.join().unwrap();
        assert!(outer.is_ended());
        drops.assert_dropped_once();
    });
}

/// Who waits for an end is replaced while it comes: the newest is woken, or finds the output; and
/// every waker is given up (guards that the awaiter is taken back before another is put in its place,
/// that the end takes no stale one, and touches the cell only while it is counted).
#[test]
fn the_newest_awaiter_is_woken() {
    for kinds in [[true, true], [true, false], [false, true], [false, false]] {
        explore(move || replaced(kinds, false));
    }
}

/// The same of a third awaiter, so that the state may look as it did before it came (guards that the
/// end acquires the awaiter that it takes).
#[test]
fn the_newest_of_three_awaiters_is_woken() {
    for kinds in [[true, true], [true, false], [false, true], [false, false]] {
        explore(move || replaced(kinds, true));
    }
}

/// Whether the stale and the fresh one are goroutines, and whether another has been replaced before.
fn replaced([stale, fresh]: [bool; 2], is_third: bool) {
    let mut join = go(async { 7 });
    let task = HOUSE.queue.lock().unwrap().pop_front().unwrap();
    if is_third {
        assert!(poll(&mut join, Waker::noop()).is_pending());
    }
    let (stale, stale_waker) = Waits::new(stale);
    assert!(poll(&mut join, &stale_waker).is_pending());
    let goroutine = fresh.then(|| Waits::new(true));
    Here::ready(task);
    let working = thread::spawn(work);
    // A bell is made here: what publishes it is the poll.
    let (fresh, fresh_waker) = goroutine.unwrap_or_else(|| Waits::new(false));
    // The second may find the end that the first has waited for, and take the cell with it.
    let polls = if is_third { 2 } else { 1 };
    let is_ready = (0..polls).any(|_| poll(&mut join, &fresh_waker).is_ready());
    working.join().unwrap();
    assert!(is_ready || fresh.is_woken());
    assert!(is_ready || poll(&mut join, &fresh_waker).is_ready());
    stale.settle(stale_waker);
    fresh.settle(fresh_waker);
}

/// A handle that waits is dropped while its goroutine ends: the waker is woken or let go, once
/// (guards that the awaiter is taken back with the handle).
#[test]
fn an_awaiter_goes_with_its_handle() {
    for kind in [true, false] {
        explore(move || {
            let (value, drops) = tracked();
            let mut value = Some(value);
            let (waits, waker) = Waits::new(kind);
            let mut join = go(poll_fn(move |_| Poll::Ready(value.take())));
            assert!(poll(&mut join, &waker).is_pending());
            let working = thread::spawn(work);
            drop(join);
            working.join().unwrap();
            drops.assert_dropped_once();
            waits.settle(waker);
        });
    }
}

/// A waker is used while its goroutine ends, and its handle is gone, or goes afterwards: it is in no
/// queue when it has ended, and the last frees the cell (guards what a wake finds after the end, and
/// who frees).
#[test]
fn a_waker_is_used_while_its_goroutine_ends() {
    for kind in Use::ALL {
        for is_detached in [true, false] {
            explore(move || {
                let (value, drops) = tracked();
                let mut value = Some(value);
                let (join, waker) = parked(move || Poll::Ready(value.take()));
                let mut join = Some(join);
                if is_detached {
                    join = None;
                }
                let other = waker.clone();
                let waking = thread::spawn(move || kind.of(other));
                waker.wake();
                work();
                drop(join);
                waking.join().unwrap();
                work();
                drops.assert_dropped_once();
            });
        }
    }
}

/// After the end the handle and the last wakers go at once (guards that each looks at the other).
#[test]
fn the_last_go_after_the_end() {
    for kind in Use::ALL {
        for fate in Fate::ALL {
            explore(move || {
                let (value, drops) = tracked();
                let mut value = Some(value);
                let (join, waker) = parked(move || Poll::Ready(value.take()));
                let [second, third] = [waker.clone(), waker.clone()];
                waker.wake();
                work();
                let waking = thread::spawn(move || kind.of(second));
                let dropping = thread::spawn(move || drop(third));
                fate.befall(join);
                waking.join().unwrap();
                dropping.join().unwrap();
                drops.assert_dropped_once();
            });
        }
    }
}

/// A goroutine ends, its handle is dropped and its waker used, all at once.
#[test]
fn all_go_at_once() {
    for kind in Use::ALL {
        explore(move || {
            let (value, drops) = tracked();
            let mut value = Some(value);
            let (join, waker) = parked(move || Poll::Ready(value.take()));
            let other = waker.clone();
            waker.wake();
            let waking = thread::spawn(move || kind.of(other));
            let dropping = thread::spawn(move || drop(join));
            work();
            waking.join().unwrap();
            dropping.join().unwrap();
            drops.assert_dropped_once();
        });
    }
}
