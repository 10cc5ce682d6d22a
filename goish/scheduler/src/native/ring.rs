//! A worker's own queue: a ring that its owner fills and empties, and that others take half of.
//!
//! Entries are pointers; what they point at is none of the ring's business. `head` and `tail` count
//! up and never down; the entry of position `p` is in slot `p % CAPACITY`. Positions are as wide as
//! a pointer, so that on 64 bits none comes twice: a thief may stand still for as long as it likes,
//! between its look at the head and its attempt to move it, and is never taken in by a head that
//! has come round.
//!
//! # Invariants
//!
//! 1. Only the owner writes `tail` and the slots, and a slot only for a position from `tail` on and
//!    below `head + CAPACITY`, for a `head` that it has loaded with `Acquire`.
//! 2. `head` moves only by a read-modify-write from a value to a larger one, at most to `tail`, and
//!    whoever moves it has the entries in between to itself.
//! 3. Slots from `head` to `tail` hold entries, none of them null.
//!
//! # Why it is enough
//!
//! *A thief sees what was pushed.* The owner stores `tail` with `Release` after the slots (and after
//! everything that it did to the goroutines in them); the thief loads `tail` with `Acquire` before
//! it reads them.
//!
//! *A thief that succeeds has read no slot that was written anew.* It reads the slots of positions
//! from `h` on, and then moves `head` away from `h` with `Release`. A slot is written anew only after
//! its owner has loaded a `head` beyond `h` with `Acquire` (1). By (2) that value comes after the
//! thief's in the order of `head`'s changes, and as all of these are read-modify-writes it carries
//! the thief's release on, so that the thief's reads happened before. If somebody else has moved
//! `head` away from `h`, the thief fails, and throws away whatever it has read. The slots are
//! atomic only for this: a thief that is about to fail reads them while they are written.

use std::array;
use std::fmt;
use std::ptr::{self, NonNull};

use crossbeam_utils::CachePadded;

use super::sync::{AtomicPtr, AtomicUsize, Ordering, prefetch, spin_loop};

/// How many entries a ring has room for. A power of two, so that positions may wrap.
#[cfg(not(goish_loom))]
pub(crate) const CAPACITY: usize = 256;
/// Few, so that a model gets round the ring.
#[cfg(goish_loom)]
pub(crate) const CAPACITY: usize = 4;

/// How many entries leave a full ring.
pub(crate) const HALF: usize = CAPACITY / 2;

/// How many places ahead of the entry that is taken memory is asked for. One would come too late,
/// and more would throw out what the entry itself needs.
const AHEAD: usize = 3;

const _: () = assert!(CAPACITY.is_power_of_two());

/// Entries on their way into the queue of all workers.
pub(crate) type Block<T> = Box<[NonNull<T>]>;

/// What did not fit into a ring: the newer half of it, and the entry that was pushed, last.
///
/// It must go into the queue of all workers, and somebody must be notified then, even if a
/// notification was not due for the entry alone: while it was made, the ring looked empty.
#[must_use = "its entries are in no queue"]
pub(crate) struct Overflow<T>(pub(crate) Block<T>);

impl<T> fmt::Debug for Overflow<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Overflow").field(&self.0).finish()
    }
}

/// A queue of one worker.
pub(crate) struct Ring<T> {
    /// The position of the oldest entry. Moved by the owner and by thieves.
    head: CachePadded<AtomicUsize>,
    /// The position of the next entry. Moved by the owner.
    tail: CachePadded<AtomicUsize>,
    slots: [AtomicPtr<T>; CAPACITY],
}

// SAFETY: a ring passes pointers on and never follows them. Whoever pushes one says by that that
// it may be used on the thread of whoever takes it.
unsafe impl<T> Send for Ring<T> {}
// SAFETY: as above; what only the owner may do is `unsafe` and says so.
unsafe impl<T> Sync for Ring<T> {}

impl<T> Ring<T> {
    pub(crate) fn new() -> Self {
        Self::starting_at(0)
    }

    /// An empty ring whose first position is not 0.
    pub(super) fn starting_at(position: usize) -> Self {
        Self {
            head: CachePadded::new(AtomicUsize::new(position)),
            tail: CachePadded::new(AtomicUsize::new(position)),
            slots: array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
        }
    }

    #[inline]
    fn slot(&self, position: usize) -> &AtomicPtr<T> {
        &self.slots[position % CAPACITY]
    }

    /// How many entries there are: exact for the owner while nobody steals, an estimate for others.
    ///
    /// After a `SeqCst` fence it is not 0 as long as an entry is there that was pushed before
    /// another thread's `SeqCst` fence that came earlier.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        // In this order, and with `Acquire`, so that the tail is not older than the head: whoever
        // moved the head knew of a tail at least as far (or owns it), and released that.
        let head = self.head.load(Ordering::Acquire);
        let tail = self.tail.load(Ordering::Acquire);
        // The tail may be much newer than the head.
        tail.wrapping_sub(head).min(CAPACITY)
    }

    /// For how many entries there is room. It only grows until the owner pushes again.
    ///
    /// # Safety
    ///
    /// The caller is the ring's owner.
    #[inline]
    pub(crate) unsafe fn room(&self) -> usize {
        // Only this thread writes the tail.
        let tail = self.tail.load(Ordering::Relaxed);
        // `Acquire`: the caller may write the slots that it finds free (invariant 1).
        let head = self.head.load(Ordering::Acquire);
        CAPACITY - tail.wrapping_sub(head)
    }

    /// Appends an entry. If the ring is full, half of it leaves with the entry, unless thieves make
    /// room meanwhile.
    ///
    /// # Errors
    ///
    /// What must go into the queue of all workers instead.
    ///
    /// # Safety
    ///
    /// The caller is the ring's owner.
    #[inline]
    pub(crate) unsafe fn push(&self, entry: NonNull<T>) -> Result<(), Overflow<T>> {
        let tail = self.tail.load(Ordering::Relaxed);
        // `Acquire`, as the slot is written next (invariant 1).
        let mut head = self.head.load(Ordering::Acquire);
        while tail.wrapping_sub(head) >= CAPACITY {
            match self.overflow(head, tail, entry) {
                Ok(overflow) => return Err(overflow),
                Err(moved) => head = moved,
            }
        }
        self.slot(tail).store(entry.as_ptr(), Ordering::Relaxed);
        // `Release`: whoever learns of the entry sees the slot and what is behind it.
        self.tail.store(tail.wrapping_add(1), Ordering::Release);
        Ok(())
    }

    /// Takes the newer half out of the full ring, or comes back with the head that thieves have
    /// moved.
    ///
    /// The older half stays: what has waited longest is passed by nobody, and what was fetched from
    /// the queue of all workers does not go back there before it has run.
    #[cold]
    #[inline(never)]
    fn overflow(&self, head: usize, tail: usize, entry: NonNull<T>) -> Result<Overflow<T>, usize> {
        // Takes everything. `Release`: whoever sees this head sees a tail no older than it.
        // `Acquire` for a head that thieves have moved, as the caller writes a slot then.
        self.head
            .compare_exchange(head, tail, Ordering::Release, Ordering::Acquire)?;
        // Gives the older half back. The ring was full, so that its next positions are in the very
        // slots where this half still is. `Release`: for thieves that see only this tail.
        self.tail.store(tail.wrapping_add(HALF), Ordering::Release);
        // Nobody else reads the newer half with success, and only this thread writes it.
        let newer = (HALF..CAPACITY).filter_map(|offset| {
            let slot = self.slot(head.wrapping_add(offset));
            NonNull::new(slot.load(Ordering::Relaxed))
        });
        let mut block = Vec::with_capacity(CAPACITY - HALF + 1);
        block.extend(newer);
        block.push(entry);
        Ok(Overflow(block.into_boxed_slice()))
    }

    /// Appends entries that there is room for; thieves see all of them at once.
    ///
    /// # Panics
    ///
    /// Panics if there are more entries than [`room`](Self::room) says; none is appended then.
    ///
    /// # Safety
    ///
    /// The caller is the ring's owner.
    pub(crate) unsafe fn extend(&self, entries: impl IntoIterator<Item = NonNull<T>>) {
        // SAFETY: passed on to the caller.
        let room = unsafe { self.room() };
        let tail = self.tail.load(Ordering::Relaxed);
        let mut count = 0;
        for entry in entries {
            assert!(count < room, "a ring has no room for what was fetched");
            self.slot(tail.wrapping_add(count))
                .store(entry.as_ptr(), Ordering::Relaxed);
            count += 1;
        }
        // `Release`: as in `push`.
        self.tail.store(tail.wrapping_add(count), Ordering::Release);
    }

    /// Takes the oldest entry.
    ///
    /// # Safety
    ///
    /// The caller is the ring's owner.
    #[inline]
    pub(crate) unsafe fn pop(&self) -> Option<NonNull<T>> {
        let tail = self.tail.load(Ordering::Relaxed);
        // `Relaxed`, and below too: what is in the slots is this thread's own doing, and a head
        // that is out of date is noticed by the exchange.
        let mut head = self.head.load(Ordering::Relaxed);
        while head != tail {
            let entry = self.slot(head).load(Ordering::Relaxed);
            // `Release`: whoever sees this head sees a tail no older than it.
            match self.head.compare_exchange_weak(
                head,
                head.wrapping_add(1),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => {
                    if tail.wrapping_sub(head) > AHEAD {
                        let ahead = self.slot(head.wrapping_add(AHEAD));
                        prefetch(ahead.load(Ordering::Relaxed));
                    }
                    // Not null (invariant 3).
                    return NonNull::new(entry);
                }
                Err(moved) => head = moved,
            }
        }
        None
    }

    /// Takes the older half for another worker: the oldest entry to be run at once, the others into
    /// the thief's own ring, in their order.
    ///
    /// # Safety
    ///
    /// The caller is the owner of `thief`, which is another ring than this.
    pub(crate) unsafe fn steal_into(&self, thief: &Self) -> Option<NonNull<T>> {
        debug_assert!(!ptr::eq(self, thief), "a worker steals from itself");
        let here = thief.tail.load(Ordering::Relaxed);
        // SAFETY: the caller owns that ring. (`Acquire` inside: its slots are written below.)
        let room = unsafe { thief.room() };
        // `Acquire`: the tail is then no older than the head, and `queued` not negative.
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            // `Acquire`: the slots, and what is behind the entries.
            let tail = self.tail.load(Ordering::Acquire);
            let queued = tail.wrapping_sub(head);
            if queued > CAPACITY {
                // The head has moved on since it was loaded.
                spin_loop();
                head = self.head.load(Ordering::Acquire);
                continue;
            }
            if queued == 0 {
                return None;
            }
            let count = (queued - queued / 2).min(room + 1);
            let first = self.slot(head).load(Ordering::Relaxed);
            for offset in 1..count {
                let entry = self.slot(head.wrapping_add(offset)).load(Ordering::Relaxed);
                // Beyond the thief's tail: nobody sees it unless all of this is the thief's.
                thief
                    .slot(here.wrapping_add(offset - 1))
                    .store(entry, Ordering::Relaxed);
            }
            // `Release`: the slots were read before their owner may write them anew. `Acquire` only
            // for the next attempt, as above.
            match self.head.compare_exchange(
                head,
                head.wrapping_add(count),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    // `Release`: as in `push`. What the first owner did to the entries comes along.
                    thief
                        .tail
                        .store(here.wrapping_add(count - 1), Ordering::Release);
                    // Not null (invariant 3).
                    return NonNull::new(first);
                }
                Err(moved) => head = moved,
            }
        }
    }
}

#[cfg(all(test, not(goish_loom)))]
mod tests {
    use super::*;

    /// An entry that says which it is by where it points, and is never followed.
    fn entry(id: usize) -> NonNull<u8> {
        NonNull::without_provenance(std::num::NonZero::new(id + 1).unwrap())
    }

    fn id(entry: NonNull<u8>) -> usize {
        entry.addr().get() - 1
    }

    fn push(ring: &Ring<u8>, ids: impl IntoIterator<Item = usize>) {
        for id in ids {
            // SAFETY: the test is the only thread.
            unsafe { ring.push(entry(id)) }.unwrap();
        }
    }

    fn drain(ring: &Ring<u8>) -> Vec<usize> {
        // SAFETY: the test is the only thread.
        std::iter::from_fn(|| unsafe { ring.pop() })
            .map(id)
            .collect()
    }

    /// A ring that goes round, in position and in slot, with the next few entries.
    fn about_to_wrap() -> Ring<u8> {
        Ring::starting_at(3_usize.wrapping_neg())
    }

    #[test]
    fn the_oldest_comes_first() {
        let ring = about_to_wrap();
        push(&ring, 0..CAPACITY);
        assert_eq!(ring.len(), CAPACITY);
        assert_eq!(drain(&ring), (0..CAPACITY).collect::<Vec<_>>());
        assert_eq!(ring.len(), 0);
    }

    #[test]
    fn the_newer_half_of_a_full_ring_leaves() {
        let ring = about_to_wrap();
        push(&ring, 0..CAPACITY);
        // SAFETY: the test is the only thread.
        let Overflow(block) = unsafe { ring.push(entry(CAPACITY)) }.unwrap_err();
        let left: Vec<_> = block.into_iter().map(id).collect();
        assert_eq!(left, (HALF..=CAPACITY).collect::<Vec<_>>());
        push(&ring, [CAPACITY + 1]);
        let expected: Vec<_> = (0..HALF).chain([CAPACITY + 1]).collect();
        assert_eq!(drain(&ring), expected);
    }

    #[test]
    fn a_thief_takes_the_older_half() {
        for (queued, stolen) in [(1, 1), (2, 1), (3, 2), (7, 4), (CAPACITY, HALF)] {
            let (victim, thief) = (about_to_wrap(), about_to_wrap());
            push(&victim, 0..queued);
            // SAFETY: the test is the only thread.
            let first = unsafe { victim.steal_into(&thief) };
            assert_eq!(first.map(id), Some(0));
            assert_eq!(drain(&thief), (1..stolen).collect::<Vec<_>>());
            assert_eq!(drain(&victim), (stolen..queued).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nothing_is_stolen_from_an_empty_ring() {
        let (victim, thief) = (about_to_wrap(), about_to_wrap());
        push(&thief, [7]);
        // SAFETY: the test is the only thread.
        assert!(unsafe { victim.steal_into(&thief) }.is_none());
        assert_eq!(drain(&thief), [7]);
    }

    #[test]
    fn a_thief_takes_no_more_than_it_has_room_for() {
        let (victim, thief) = (about_to_wrap(), about_to_wrap());
        push(&victim, 0..CAPACITY);
        push(&thief, 1000..1000 + CAPACITY - 2);
        // SAFETY: the test is the only thread.
        let first = unsafe { victim.steal_into(&thief) };
        assert_eq!(first.map(id), Some(0));
        let expected: Vec<_> = (1000..1000 + CAPACITY - 2).chain([1, 2]).collect();
        assert_eq!(drain(&thief), expected);
        assert_eq!(drain(&victim), (3..CAPACITY).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_fetched_comes_last() {
        let ring = about_to_wrap();
        push(&ring, [0]);
        // SAFETY: the test is the only thread.
        let room = unsafe {
            ring.extend((1..5).map(entry));
            ring.room()
        };
        assert_eq!(room, CAPACITY - 5);
        assert_eq!(drain(&ring), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn fetching_too_much_is_refused_as_a_whole() {
        let ring = about_to_wrap();
        push(&ring, [0]);
        let fetching = std::panic::AssertUnwindSafe(|| {
            // SAFETY: the test is the only thread.
            unsafe { ring.extend((1..=CAPACITY).map(entry)) }
        });
        assert!(std::panic::catch_unwind(fetching).is_err());
        assert_eq!(drain(&ring), [0]);
    }
}
