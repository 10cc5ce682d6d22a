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
