//! The state word: everything about a goroutine that more than one party changes.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use super::super::sync::AtomicUsize;

/// One turn that is owed to the goroutine: it is in a queue, or it runs.
const SCHEDULED: usize = 1;
/// Two turns: the same, and it has been woken since. With `SCHEDULED` this is one number of two
/// bits, so that a turn that ends is a subtraction, whether another follows or not.
const AGAIN: usize = 2;
const TURNS: usize = 3;
/// It has ended. Its output is in the cell if there is a handle, and dropped if there is none.
const DONE: usize = 1 << 2;
/// Somebody may still join.
const HANDLE: usize = 1 << 3;
/// The awaiter's word holds a waker, which belongs to the cell.
const AWAITER: usize = 1 << 4;
/// The awaiter has been taken back once, so there may be another in its place. It stays set.
const REPLACED: usize = 1 << 5;
/// The cell's memory is the global allocator's. It never changes.
const SYSTEM: usize = 1 << 6;
/// One counted waker.
const WAKER: usize = 1 << 7;

/// The state word.
#[repr(transparent)]
pub(super) struct State(AtomicUsize);

/// What the state word was.
#[derive(Clone, Copy)]
pub(super) struct Snapshot(usize);

/// What became of a wake.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// The goroutine waited: whoever woke it holds it now, and queues it.
    Ready,
    /// Whoever holds it gives it another turn.
    Noted,
    /// It has ended. The state is as it was: a waker that was to be given up is still counted.
    Ended,
}

impl Snapshot {
    #[inline]
    pub(super) fn is_done(self) -> bool {
        self.0 & DONE != 0
    }

    #[inline]
    pub(super) fn has_handle(self) -> bool {
        self.0 & HANDLE != 0
    }

    #[inline]
    pub(super) fn has_awaiter(self) -> bool {
        self.0 & AWAITER != 0
    }

    #[inline]
    pub(super) fn is_replaced(self) -> bool {
        self.0 & REPLACED != 0
    }

    #[inline]
    pub(super) fn wakers(self) -> usize {
        self.0 / WAKER
    }
}

impl State {
    /// A goroutine's that is held by its maker, who queues it, and that has a handle.
    #[inline]
    pub(super) fn new(system: bool) -> Self {
        Self(AtomicUsize::new(
            SCHEDULED | HANDLE | if system { SYSTEM } else { 0 },
        ))
    }

    /// What others gave away with what is seen here, the caller may have.
    #[inline]
    pub(super) fn look(&self) -> Snapshot {
        Snapshot(self.0.load(Acquire))
    }

    /// Whether the memory is the global allocator's.
    #[inline]
    pub(super) fn is_system(&self) -> bool {
        self.0.load(Relaxed) & SYSTEM != 0
    }

    // The turns, of which only who holds the goroutine takes one away (I1).

    /// What woke the goroutine while it was queued is answered by the turn that begins. That this
    /// looks without writing is right: who is overlooked gets another turn.
    #[inline]
    pub(super) fn begin_turn(&self) {
        if self.0.load(Relaxed) & AGAIN != 0 {
            self.0.fetch_sub(SCHEDULED, Acquire);
        }
    }

    /// Whether the goroutine was woken since its turn began: then the caller still holds it, and
    /// queues it. Otherwise others may hold it from here on.
    #[inline]
    pub(super) fn end_turn(&self) -> bool {
        self.0.fetch_sub(SCHEDULED, AcqRel) & AGAIN != 0
    }

    /// Wakes by a waker that stays.
    #[inline]
    pub(super) fn wake_by_ref(&self) -> Woken {
        self.wake(0)
    }

    /// Wakes by a waker that is given up with it.
    #[inline]
    pub(super) fn wake_by_value(&self) -> Woken {
        self.wake(WAKER)
    }

    /// It releases what the wake is about to the turn that answers it, and acquires what the last
    /// turn left, for the next that holds the goroutine. It must write even if nothing changes.
    #[inline]
    fn wake(&self, given_up: usize) -> Woken {
        let mut now = self.0.load(Relaxed);
        loop {
            if now & DONE != 0 {
                return Woken::Ended;
            }
            let turn = if now & AGAIN == 0 { SCHEDULED } else { 0 };
            let next = now + turn - given_up;
            match self.0.compare_exchange_weak(now, next, AcqRel, Relaxed) {
                Ok(_) if now & TURNS == 0 => return Woken::Ready,
                Ok(_) => return Woken::Noted,
                Err(other) => now = other,
            }
        }
    }

    // The wakers.

    /// Counts one more. As with `Arc`, the bound is so far off that many threads can pass it before
    /// one of them sees to it that the count does not come round.
    #[inline]
    pub(super) fn add_waker(&self) {
        if self.0.fetch_add(WAKER, Relaxed) > isize::MAX.cast_unsigned() {
            super::die("fatal error: a goroutine has too many wakers\n");
        }
    }

    /// Counts one less. Whether nobody has the cell any more, so that the caller frees it (I5).
    #[inline]
    pub(super) fn drop_waker(&self) -> bool {
        let before = Snapshot(self.0.fetch_sub(WAKER, AcqRel));
        before.wakers() == 1 && before.is_done() && !before.has_handle()
    }

    // The end.

    /// Ends the goroutine, if the state is as it was seen. The awaiter's waker is the caller's then.
    /// If it was ever replaced, the caller counts as a waker, too, and so may still touch the cell.
    #[inline]
    pub(super) fn end(&self, seen: Snapshot) -> Result<(), Snapshot> {
        let mut next = (seen.0 | DONE) & !(TURNS | AWAITER);
        if seen.has_awaiter() && seen.is_replaced() {
            next += WAKER;
        }
        self.0
            .compare_exchange_weak(seen.0, next, AcqRel, Acquire)
            .map(drop)
            .map_err(Snapshot)
    }

    // The handle. Whatever it does to a goroutine that has not ended, it does unless that ends.

    /// Says that the awaiter's word holds a waker. Fails if the goroutine has ended.
    #[inline]
    pub(super) fn set_awaiter(&self, seen: Snapshot) -> Result<(), Snapshot> {
        self.unless_done(seen, |now| now | AWAITER).map(drop)
    }

    /// Takes the awaiter's waker back. Fails if the goroutine has ended, and wakes it.
    pub(super) fn take_awaiter(&self, seen: Snapshot) -> Result<Snapshot, Snapshot> {
        self.unless_done(seen, |now| (now & !AWAITER) | REPLACED)
    }

    /// Gives up the handle, and takes the awaiter's waker back. Fails if the goroutine has ended.
    #[inline]
    pub(super) fn drop_handle(&self, seen: Snapshot) -> Result<(), Snapshot> {
        self.unless_done(seen, |now| now & !(HANDLE | AWAITER))
            .map(drop)
    }

    /// Gives up the handle of a goroutine that has ended, and whose output is gone. Whether nobody
    /// has the cell any more, so that the caller frees it (I5).
    #[inline]
    pub(super) fn drop_done_handle(&self, seen: Snapshot) -> bool {
        seen.wakers() == 0 || Snapshot(self.0.fetch_and(!HANDLE, AcqRel)).wakers() == 0
    }

    #[inline]
    fn unless_done(
        &self,
        seen: Snapshot,
        next: impl Fn(usize) -> usize,
    ) -> Result<Snapshot, Snapshot> {
        let mut now = seen.0;
        while now & DONE == 0 {
            let next = next(now);
            match self.0.compare_exchange_weak(now, next, AcqRel, Acquire) {
                Ok(_) => return Ok(Snapshot(next)),
                Err(other) => now = other,
            }
        }
        Err(Snapshot(now))
    }

    /// To loom, freeing a cell is an access to its state: it must come after everybody's.
    #[cfg(goish_loom)]
    pub(super) fn freed(&mut self) {
        self.0.with_mut(|_| ());
    }

    /// As if there were as many wakers as can be counted.
    #[cfg(all(test, not(goish_loom)))]
    pub(super) fn exhaust(&self) {
        self.0.fetch_or(isize::MIN.cast_unsigned(), Relaxed);
    }
}
