//! The queue of all workers: what is woken from outside of them, what the driver wakes, and what
//! their own rings have no room for.

use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::PoisonError;
use std::vec;

use crossbeam_utils::CachePadded;

use super::ring::{Block, HALF, Ring};
use super::sync::{AtomicUsize, Mutex, Ordering};

/// How often in a row what the driver has woken goes before a backlog.
const FIRST_IN_A_ROW: u32 = 4;

/// A queue of more places than this gives its memory back when it runs empty. Fewer are kept: they
/// cost little, and a queue that is steadily filled and emptied does not grow anew each time.
const KEPT: usize = 1024;

/// The queue of all workers.
///
/// A worker looks at it when it has nothing else to run, and every 61 turns. Whoever pushes must
/// notify afterwards.
pub(crate) struct Inject<T> {
    /// How many entries there are. Written under the lock.
    count: CachePadded<AtomicUsize>,
    lanes: Mutex<Lanes<T>>,
}

/// Three queues, each first in, first out.
struct Lanes<T> {
    /// What goes before the backlog.
    first: VecDeque<NonNull<T>>,
    /// What came one by one.
    singles: VecDeque<NonNull<T>>,
    /// What came out of full rings; of the foremost, some may be gone.
    blocks: VecDeque<vec::IntoIter<NonNull<T>>>,
    /// How often in a row `first` went before the others.
    in_a_row: u32,
    /// Whose turn it is when there are both.
    blocks_are_next: bool,
}

// SAFETY: the queue passes pointers on and never follows them. Whoever pushes one says by that
// that it may be used on the thread of whoever takes it.
unsafe impl<T> Send for Lanes<T> {}

enum Lane {
    First,
    Singles,
    Blocks,
}

impl<T> Inject<T> {
    pub(crate) fn new() -> Self {
        Self {
            count: CachePadded::new(AtomicUsize::new(0)),
            lanes: Mutex::new(Lanes {
                first: VecDeque::new(),
                singles: VecDeque::new(),
                blocks: VecDeque::new(),
                in_a_row: 0,
                blocks_are_next: false,
            }),
        }
    }

    /// How many entries there are, read without the lock.
    ///
    /// After a `SeqCst` fence it is not 0 as long as an entry is there that was pushed before
    /// another thread's `SeqCst` fence that came earlier.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        // `Relaxed`: whoever acts on it takes the lock, and whoever sleeps on it has a fence.
        self.count.load(Ordering::Relaxed)
    }

    /// Whether there is nothing, read without the lock; see [`len`](Self::len).
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends an entry.
    pub(crate) fn push(&self, entry: NonNull<T>) {
        self.locked(1, |lanes| lanes.singles.push_back(entry));
    }

    /// Appends an entry to those that go before the backlog, though not for ever.
    pub(crate) fn push_first(&self, entry: NonNull<T>) {
        self.locked(1, |lanes| lanes.first.push_back(entry));
    }

    /// Appends entries that stay together.
    pub(crate) fn push_block(&self, block: Block<T>) {
        let count = block.len();
        if count > 0 {
            let block = block.into_vec().into_iter();
            self.locked(count, |lanes| lanes.blocks.push_back(block));
        }
    }

    fn locked(&self, added: usize, push: impl FnOnce(&mut Lanes<T>)) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        push(&mut lanes);
        self.add(added);
    }

    /// Corrects the count. Called under the lock, so that it need not be one operation.
    fn add(&self, count: usize) {
        let before = self.count.load(Ordering::Relaxed);
        self.count
            .store(before.wrapping_add(count), Ordering::Relaxed);
    }

    /// Takes the caller's share: an entry to be run at once, and others into the caller's ring, as
    /// long as that is not half full.
    ///
    /// A block is taken as a whole if it fits; of what came one by one, each of `share_among`
    /// workers may have as much.
    ///
    /// # Safety
    ///
    /// The caller is the ring's owner.
    pub(crate) unsafe fn pop(&self, ring: &Ring<T>, share_among: usize) -> Option<NonNull<T>> {
        if self.is_empty() {
            return None;
        }
        // A ring is filled by half only: what is run from it may push, too.
        let most = 1 + HALF.saturating_sub(ring.len());
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        match lanes.next()? {
            Lane::First => {
                // SAFETY: passed on to the caller.
                unsafe { self.share(&mut lanes.first, ring, most, share_among) }
            }
            Lane::Singles => {
                // SAFETY: as above.
                unsafe { self.share(&mut lanes.singles, ring, most, share_among) }
            }
            Lane::Blocks => {
                let block = lanes.blocks.front_mut()?;
                let count = block.len().min(most);
                self.add(count.wrapping_neg());
                let first = block.next();
                if block.len() >= count {
                    // SAFETY: passed on to the caller.
                    unsafe { ring.extend(block.take(count - 1)) };
                } else if let Some(rest) = lanes.blocks.pop_front() {
                    // All of it: what is in it is nobody else's, and others need not wait.
                    drop(lanes);
                    // SAFETY: as above.
                    unsafe { ring.extend(rest) };
                }
                first
            }
        }
    }

    /// Takes the caller's share out of entries that came one by one. Called under the lock.
    ///
    /// # Safety
    ///
    /// The caller is the ring's owner.
    unsafe fn share(
        &self,
        queue: &mut VecDeque<NonNull<T>>,
        ring: &Ring<T>,
        most: usize,
        share_among: usize,
    ) -> Option<NonNull<T>> {
        let count = queue.len().div_ceil(share_among.max(1)).min(most);
        let mut share = queue.drain(..count);
        let first = share.next();
        // SAFETY: passed on to the caller.
        unsafe { ring.extend(&mut share) };
        drop(share);
        if queue.is_empty() && queue.capacity() > KEPT {
            *queue = VecDeque::new();
        }
        self.add(count.wrapping_neg());
        first
    }
}

impl<T> Lanes<T> {
    /// Whose turn it is.
    fn next(&mut self) -> Option<Lane> {
        let backlog = !self.singles.is_empty() || !self.blocks.is_empty();
        if !self.first.is_empty() && (!backlog || self.in_a_row < FIRST_IN_A_ROW) {
            self.in_a_row = if backlog { self.in_a_row + 1 } else { 0 };
            return Some(Lane::First);
        }
        if !backlog {
            return None;
        }
        self.in_a_row = 0;
        let blocks = !self.blocks.is_empty() && (self.blocks_are_next || self.singles.is_empty());
        self.blocks_are_next = !blocks;
        Some(if blocks { Lane::Blocks } else { Lane::Singles })
    }
}

#[cfg(all(test, not(goish_loom)))]
mod tests {
    use std::num::NonZero;
    use std::sync::atomic::AtomicU8;
    use std::thread;

    use super::super::ring::{CAPACITY, Overflow};
    use super::*;

    /// An entry that says which it is by where it points, and is never followed.
    fn entry(id: usize) -> NonNull<u8> {
        NonNull::without_provenance(NonZero::new(id + 1).unwrap())
    }

    fn id(entry: NonNull<u8>) -> usize {
        entry.addr().get() - 1
    }

    fn block(ids: impl Iterator<Item = usize>) -> Block<u8> {
        ids.map(entry).collect()
    }

    /// One look at the queue by a worker that runs everything it gets: what that is, in order.
    fn look(inject: &Inject<u8>, share_among: usize) -> Vec<usize> {
        let ring = Ring::new();
        // SAFETY: the ring is this thread's.
        let first = unsafe { inject.pop(&ring, share_among) };
        // SAFETY: as above.
        let rest = std::iter::from_fn(|| unsafe { ring.pop() });
        first.into_iter().chain(rest).map(id).collect()
    }

    #[test]
    fn an_empty_queue_gives_nothing() {
        let inject = Inject::new();
        inject.push_block(block(0..0));
        assert!(inject.is_empty());
        assert!(look(&inject, 1).is_empty());
    }

    #[test]
    fn single_entries_are_shared_in_their_order() {
        let inject = Inject::new();
        (0..10).for_each(|id| inject.push(entry(id)));
        assert_eq!(look(&inject, 4), [0, 1, 2]);
        assert_eq!(look(&inject, 4), [3, 4]);
        assert_eq!(inject.len(), 5);
        assert_eq!(look(&inject, 1), [5, 6, 7, 8, 9]);
        assert!(inject.is_empty());
    }

    #[test]
    fn a_block_of_a_full_ring_is_taken_whole() {
        let inject = Inject::new();
        inject.push_block(block(0..HALF + 1));
        assert_eq!(look(&inject, 8), (0..=HALF).collect::<Vec<_>>());
        assert!(inject.is_empty());
    }

    #[test]
    fn a_larger_block_is_taken_in_parts() {
        let inject = Inject::new();
        inject.push_block(block(0..CAPACITY));
        assert_eq!(look(&inject, 1), (0..=HALF).collect::<Vec<_>>());
        assert_eq!(inject.len(), CAPACITY - HALF - 1);
        assert_eq!(look(&inject, 1), (HALF + 1..CAPACITY).collect::<Vec<_>>());
        assert!(inject.is_empty());
    }

    #[test]
    fn a_worker_with_a_full_queue_takes_one() {
        let inject = Inject::new();
        inject.push_block(block(0..4));
        (10..14).for_each(|id| inject.push(entry(id)));
        let ring = Ring::new();
        // SAFETY: the ring is this thread's.
        unsafe { ring.extend((100..100 + CAPACITY).map(entry)) };
        for left in (0..8).rev() {
            // SAFETY: as above.
            assert!(unsafe { inject.pop(&ring, 1) }.is_some());
            assert_eq!((inject.len(), ring.len()), (left, CAPACITY));
        }
    }

    #[test]
    fn neither_blocks_nor_single_entries_wait_for_the_other_to_end() {
        let inject = Inject::new();
        for round in 0..3 {
            inject.push_block(block(100 * round..100 * round + 2));
        }
        (0..200).for_each(|_| inject.push(entry(1000)));
        let blocks = (0..6)
            .map(|_| look(&inject, 200))
            .filter(|taken| taken[0] < 1000)
            .count();
        assert_eq!(blocks, 3);
    }

    #[test]
    fn what_goes_first_does_so_while_others_still_have_their_turn() {
        let inject = Inject::new();
        (0..3).for_each(|id| inject.push(entry(id)));
        (100..120).for_each(|id| inject.push_first(entry(id)));
        let order: Vec<_> = (0..10).flat_map(|_| look(&inject, 1000)).collect();
        assert_eq!(order, [100, 101, 102, 103, 0, 104, 105, 106, 107, 1]);
    }

    #[test]
    fn memory_is_given_back_after_a_burst() {
        let inject = Inject::new();
        (0..10 * KEPT).for_each(|id| inject.push(entry(id)));
        while !look(&inject, 1).is_empty() {}
        assert!(inject.lanes.lock().unwrap().singles.capacity() <= KEPT);
    }

    /// An owner that pushes and takes, thieves, and the queue of all for what overflows: every entry
    /// is taken once.
    #[test]
    fn every_entry_is_taken_once() {
        const ENTRIES: usize = if cfg!(miri) { 1500 } else { 300_000 };
        const THIEVES: usize = 3;
        let taken: Vec<AtomicU8> = (0..ENTRIES).map(|_| AtomicU8::new(0)).collect();
        let left = AtomicUsize::new(ENTRIES);
        let inject = Inject::new();
        let rings: Vec<Ring<AtomicU8>> = (0..=THIEVES).map(|_| Ring::new()).collect();
        let (taken, left, inject, rings) = (&taken, &left, &inject, &rings);
        let take = move |entry: NonNull<AtomicU8>| {
            // SAFETY: it points into `taken`, which outlives the threads.
            let before = unsafe { entry.as_ref() }.fetch_add(1, Ordering::Relaxed);
            assert_eq!(before, 0, "an entry was taken twice");
            left.fetch_sub(1, Ordering::Relaxed);
        };
        thread::scope(|scope| {
            for thief in 1..=THIEVES {
                let own = &rings[thief];
                scope.spawn(move || {
                    while left.load(Ordering::Relaxed) > 0 {
                        // SAFETY: this thread is the only owner of the ring.
                        let mut next = unsafe { inject.pop(own, THIEVES) };
                        for victim in (0..=THIEVES).filter(|&victim| victim != thief) {
                            // SAFETY: as above.
                            next = next.or_else(|| unsafe { rings[victim].steal_into(own) });
                        }
                        next.into_iter().for_each(take);
                        // Something stays for the others to steal.
                        while own.len() > 2 {
                            // SAFETY: as above.
                            unsafe { own.pop() }.into_iter().for_each(take);
                        }
                        // SAFETY: as above.
                        let one = unsafe { own.pop() };
                        one.into_iter().for_each(take);
                    }
                });
            }
            let own = &rings[0];
            for (number, entry) in taken.iter().enumerate() {
                // SAFETY: this thread is the only owner of the ring.
                if let Err(Overflow(block)) = unsafe { own.push(NonNull::from(entry)) } {
                    inject.push_block(block);
                }
                if number % 3 == 0 {
                    // SAFETY: as above.
                    unsafe { own.pop() }.into_iter().for_each(take);
                }
            }
            // SAFETY: as above.
            while let Some(entry) = unsafe { own.pop() } {
                take(entry);
            }
        });
        let once = |taken: &AtomicU8| taken.load(Ordering::Relaxed) == 1;
        assert!(taken.iter().all(once) && inject.is_empty());
    }
}
