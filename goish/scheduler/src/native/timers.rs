//! Timers: who is to be woken when.
//!
//! Each worker has [`Timers`] of its own, so that its lock is nearly never waited for: it is taken to
//! enter a timer, by the worker itself; to take one out, mostly by the same worker; and to fire, by the
//! worker or by one that has nothing else to do. Whether anything is due is read without the lock.
//!
//! The order is a 4-ary [`Heap`] of small entries, and the wakers stand beside it in [`Slots`], which
//! a [`Key`] finds without a search. A timer that is taken out frees its waker at once and leaves its
//! entry behind: an entry has no way back from the slot, so that moving one in the heap writes
//! nothing but the heap. Entries that were left behind are dropped when they come first, and all at
//! once when they are more than half; so taking out costs a constant, and `next` is exact. Memory
//! that a peak took is given back in chunks.
//!
//! A wheel of lists was tried beside it: with 100,000 timers it took a third of the time for entering
//! and firing one, but fires 65 µs late, in no order, and has to search for what comes next.
//!
//! # Invariants
//!
//! 1. Under the lock, `next` is the least deadline of the heap, and the entry that has it is live:
//!    its slot has a waker.
//! 2. A slot is occupied exactly while the heap has one entry of its number.
//! 3. A stamp is given once. So a key finds the timer that it was made for, or nothing.
//! 4. No code of the user's runs under the lock: wakers are cloned, woken and dropped outside.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::Waker;

use super::sync::{AtomicU64, Mutex};

mod heap;
mod sleep;
mod slots;
#[cfg(all(test, not(goish_loom)))]
mod tests;

use heap::{Entry, Heap};
pub(crate) use sleep::{Alarm, Clock, Sleep};
use slots::Slots;

/// What [`Timers::next`] says when there is no timer.
pub(crate) const NEVER: u64 = u64::MAX;

/// How many wakers are taken out under one lock.
const BATCH: usize = 32;

/// Fewer entries than this may be left behind whatever their share is.
const FEW: usize = 64;

/// The timers of one worker. Deadlines are nanoseconds on the scheduler's clock.
#[derive(Debug)]
pub(crate) struct Timers {
    /// Invariant 1. Written under the lock, read without.
    next: AtomicU64,
    state: Mutex<State>,
}

/// The name of a timer in the [`Timers`] that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    slot: u32,
    stamp: u64,
}

#[derive(Debug)]
struct State {
    heap: Heap,
    slots: Slots,
    /// The stamp of the timer that was entered last.
    stamp: u64,
    /// How many entries of the heap were left behind.
    left_behind: usize,
}

impl Timers {
    /// No timers.
    pub(crate) fn new() -> Self {
        Self {
            next: AtomicU64::new(NEVER),
            state: Mutex::new(State {
                heap: Heap::new(),
                slots: Slots::new(),
                stamp: 0,
                left_behind: 0,
            }),
        }
    }

    /// Has `waker` woken when the deadline has come. True means that it is the earliest now: then
    /// the caller makes sure that somebody wakes in time for it.
    pub(crate) fn insert(&self, deadline: u64, waker: Waker) -> (Key, bool) {
        // The last nanosecond of the clock, 584 years away, is not told from never.
        let deadline = deadline.min(NEVER - 1);
        self.locked(|state| {
            let is_first = state.next() > deadline;
            state.stamp += 1;
            let stamp = state.stamp;
            let slot = state.slots.insert(stamp, waker);
            state.heap.push(Entry { deadline, slot });
            (Key { slot, stamp }, is_first)
        })
    }

    /// Takes a timer out, and gives back its waker: nobody wakes it any more. `None` means that it has
    /// fired, or is about to.
    pub(crate) fn remove(&self, key: Key) -> Option<Waker> {
        self.locked(|state| {
            let waker = state.slots.find(key.slot, key.stamp)?.take();
            state.leave_behind(key.slot);
            waker
        })
    }

    /// Has another waker woken by a timer. False means that it has fired, or is about to: the waker
    /// that it had was or will be woken, and the caller looks at the clock.
    pub(crate) fn replace(&self, key: Key, waker: &Waker) -> bool {
        let is_same = self.locked(|state| {
            let found = state.slots.find(key.slot, key.stamp);
            found.and_then(|found| found.as_ref().map(|old| old.will_wake(waker)))
        });
        match is_same {
            None => return false,
            Some(true) => return true,
            Some(false) => {}
        }
        // Outside the lock (invariant 4): so the timer may fire meanwhile, and is looked for again.
        let fresh = waker.clone();
        let replaced = self.locked(|state| match state.slots.find(key.slot, key.stamp) {
            Some(found) => Ok(found.replace(fresh)),
            None => Err(fresh),
        });
        replaced.is_ok()
    }

    /// The earliest deadline, or [`NEVER`]. What was inserted by this thread, or by one whose insert
    /// is known to have returned, is seen.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.next.load(Ordering::Acquire)
    }

    /// Fires what is due, the earliest first, `limit` timers at most. The wakers run in batches
    /// without the lock, and may do with the timers what they like. Comes back with how many it was.
    ///
    /// # Panics
    ///
    /// With what a waker panicked with, when all the others of its batch have been woken.
    pub(crate) fn fire(&self, now: u64, limit: usize) -> usize {
        // So that nothing is due when there is nothing.
        let now = now.min(NEVER - 1);
        let mut fired = 0;
        let mut batch = [const { None }; BATCH];
        while fired < limit && self.next() <= now {
            let room = BATCH.min(limit - fired);
            let count = self.locked(|state| state.take_due(now, &mut batch[..room]));
            wake_all(&mut batch[..count]);
            fired += count;
        }
        fired
    }

    /// Works on the state, and publishes what has become of `next`.
    fn locked<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        // Not poisoned by a panic of the user's (invariant 4).
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let output = work(&mut state);
        let next = state.next();
        // Only this lock's holder writes, so it sees what was written last.
        if self.next.load(Ordering::Relaxed) != next {
            self.next.store(next, Ordering::Release);
        }
        output
    }
}

impl State {
    /// How many entries and slots there is memory for.
    #[cfg(test)]
    fn kept(&self) -> usize {
        self.heap.capacity() + self.slots.capacity()
    }

    fn next(&self) -> u64 {
        self.heap.first().map_or(NEVER, |entry| entry.deadline)
    }

    /// Fills the batch with the wakers of what is due, and says how many they are.
    fn take_due(&mut self, now: u64, batch: &mut [Option<Waker>]) -> usize {
        let mut count = 0;
        while count < batch.len()
            && let Some(first) = self.heap.first()
            && first.deadline <= now
        {
            self.heap.pop();
            batch[count] = self.slots.vacate(first.slot);
            count += 1;
            self.clear_front();
        }
        self.heap.give_back();
        count
    }

    /// The slot's waker has been taken out: its entry is left behind, or dropped if that is easy.
    fn leave_behind(&mut self, slot: u32) {
        // A timer that was entered last and goes first, as in a select that is lost at once.
        if self.heap.last().is_some_and(|last| last.slot == slot) {
            self.heap.drop_last();
            self.slots.vacate(slot);
        } else {
            self.left_behind += 1;
        }
        self.clear_front();
        if self.left_behind > FEW && self.left_behind > self.heap.len() / 2 {
            let slots = &mut self.slots;
            self.heap.retain(|entry| {
                let is_live = slots.is_live(entry.slot);
                if !is_live {
                    slots.vacate(entry.slot);
                }
                is_live
            });
            self.left_behind = 0;
        }
        self.heap.give_back();
    }

    /// Drops the entries that were left behind and have come first (invariant 1).
    fn clear_front(&mut self) {
        while self.left_behind > 0
            && let Some(first) = self.heap.first()
            && !self.slots.is_live(first.slot)
        {
            self.heap.pop();
            self.slots.vacate(first.slot);
            self.left_behind -= 1;
        }
    }
}

/// Wakes all, also when one panics; then goes on with the first panic.
fn wake_all(batch: &mut [Option<Waker>]) {
    let mut wakers = batch.iter_mut().filter_map(Option::take);
    let mut panicked = None;
    while let Err(payload) =
        catch_unwind(AssertUnwindSafe(|| wakers.by_ref().for_each(Waker::wake)))
    {
        match panicked {
            None => panicked = Some(payload),
            // Dropping it could panic again.
            Some(_) => std::mem::forget(payload),
        }
    }
    if let Some(payload) = panicked {
        resume_unwind(payload);
    }
}
