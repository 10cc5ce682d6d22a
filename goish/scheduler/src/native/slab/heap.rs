//! A worker's heap.

use std::cell::Cell;
use std::ptr::{self, NonNull};

use crossbeam_utils::CachePadded;

use super::chunk::{CHUNK, Chunk, STAGES, stride};
use super::remote::{Chain, Link, Remote};
use super::reserve::{self, Reserve};
use super::system::{Advice, advise};
use super::{CLASSES, LARGEST, STEP};

/// How many heaps' cells are collected at a time; with more, chains are handed over short.
const PENDING: usize = 8;

/// The memory of a worker's goroutines.
///
/// It belongs to the worker, and to whatever thread holds that at the moment: the *owner* (invariant
/// 1). It stays where it is, and lives as long as the process, once it has handed out a cell.
pub(crate) struct Heap {
    /// What others have freed.
    remote: CachePadded<Remote>,
    /// Everything below is the owner's.
    classes: [Class; CLASSES],
    /// The cells of other heaps that this one's owner has freed.
    pending: [Cell<Pending>; PENDING],
    /// Where chunks come from and go to.
    reserve: &'static Reserve,
}

/// The chunks with cells of one size. Full ones are in no list: their cells lead to them.
struct Class {
    /// Where cells are handed out of.
    current: Cell<Option<NonNull<Chunk>>>,
    /// The others, by stage, the fullest first.
    partial: [Cell<Option<NonNull<Chunk>>>; STAGES - 1],
}

#[derive(Clone, Copy)]
struct Pending {
    heap: Option<NonNull<Heap>>,
    chain: Chain,
}

// SAFETY: other threads use `remote` alone, which is made for it; the rest is touched by the owner
// only, and whoever becomes the owner sees what the one before has done (invariant 1).
unsafe impl Sync for Heap {}
// SAFETY: as above.
unsafe impl Send for Heap {}

impl Heap {
    pub(crate) fn new() -> Self {
        Self::with_reserve(&reserve::SHARED)
    }

    pub(super) fn with_reserve(reserve: &'static Reserve) -> Self {
        Self {
            reserve,
            remote: CachePadded::new(Remote::new()),
            classes: [const {
                Class {
                    current: Cell::new(None),
                    partial: [const { Cell::new(None) }; STAGES - 1],
                }
            }; CLASSES],
            pending: [const {
                Cell::new(Pending {
                    heap: None,
                    chain: Chain::new(),
                })
            }; PENDING],
        }
    }

    /// How many chunks the heap keeps when all cells are back.
    #[cfg(test)]
    pub(super) fn current_chunks(&self) -> usize {
        let current = |class: &&Class| class.current.get().is_some();
        self.classes.iter().filter(current).count()
    }

    /// Hands out a cell, aligned to 16 bytes and with anything in it.
    ///
    /// # Safety
    ///
    /// The caller is the heap's owner (invariant 1); the heap stays where it is for as long as the
    /// process lives (invariant 2); the size is from 1 to [`LARGEST`].
    #[inline]
    pub(crate) unsafe fn allocate(&self, size: usize) -> NonNull<u8> {
        debug_assert!((1..=LARGEST).contains(&size));
        let class = (size - 1) / STEP;
        if let Some(chunk) = self.classes[class].current.get() {
            // SAFETY: the heap's chunks are alive (invariant 2), and the caller is the owner.
            if let Some(cell) = unsafe { Chunk::take(chunk, stride(class)) } {
                return cell;
            }
        }
        // SAFETY: the caller is the owner.
        unsafe { self.allocate_from_another(class) }
    }

    /// Goes on with another chunk.
    ///
    /// # Safety
    ///
    /// As for [`Heap::allocate`].
    #[cold]
    #[inline(never)]
    unsafe fn allocate_from_another(&self, class: usize) -> NonNull<u8> {
        let place = &self.classes[class].current;
        // SAFETY: the caller is the owner; the heap's chunks are alive (invariant 2), and new
        // memory from the reserve is the heap's alone (invariant 4).
        unsafe {
            self.collect();
            if let Some(chunk) = place.get() {
                if let Some(cell) = Chunk::take(chunk, stride(class)) {
                    return cell;
                }
                chunk.as_ref().retire();
            }
            let chunk = match self.fullest(class) {
                Some(chunk) => {
                    self.unlist(chunk);
                    chunk
                }
                None => {
                    let memory = self.reserve.take();
                    // The first chunk of a class may be used little, the next ones will be used up.
                    if !memory.resident && place.get().is_some() {
                        advise(memory.at, CHUNK, Advice::Populate);
                    }
                    Chunk::establish(memory.at, NonNull::from(self), class)
                }
            };
            chunk.as_ref().revive();
            place.set(Some(chunk));
            Chunk::take(chunk, stride(class)).expect("a chunk that is new or was listed has room")
        }
    }

    /// The fullest of the chunks with room: the emptier ones are left to become empty.
    fn fullest(&self, class: usize) -> Option<NonNull<Chunk>> {
        self.classes[class].partial.iter().find_map(Cell::get)
    }

    /// Takes a cell back, whosever it is.
    ///
    /// # Safety
    ///
    /// The caller is this heap's owner (invariant 1). The cell is from any heap's
    /// [`allocate`](Heap::allocate), is not used any more and was not freed before; the pointer is
    /// the one from there, not one made from a reference to what is in the cell (invariant 5).
    #[inline]
    pub(crate) unsafe fn free(&self, cell: NonNull<u8>) {
        let chunk = Chunk::of(cell);
        // SAFETY: a cell in use has its chunk alive (invariant 2).
        let heap = unsafe { chunk.as_ref().heap };
        // SAFETY: the caller is this heap's owner, and the cell its alone now (invariant 3).
        unsafe {
            if ptr::eq(heap.as_ptr(), self) {
                self.free_own(chunk, cell.cast());
            } else {
                self.free_of_another(heap, cell.cast());
            }
        }
    }

    /// # Safety
    ///
    /// The caller is the owner, and the cell one of this chunk of this heap and free.
    #[inline]
    unsafe fn free_own(&self, chunk: NonNull<Chunk>, cell: NonNull<Link>) {
        // SAFETY: promised by the caller.
        unsafe {
            if chunk.as_ref().put(cell) {
                self.advance(chunk);
            }
        }
    }

    /// A chunk has become emptier by a stage.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and the chunk one of this heap, not the current one of its class.
    #[cold]
    #[inline(never)]
    unsafe fn advance(&self, chunk: NonNull<Chunk>) {
        // SAFETY: the chunk is alive (invariant 2); if all of its cells are back, nobody has a
        // pointer into it but the caller, and it is in no list once it is taken out of it.
        unsafe {
            if chunk.as_ref().stage() > 0 {
                self.unlist(chunk);
            }
            if chunk.as_ref().stage() + 1 == STAGES {
                self.reserve.give(chunk.cast());
            } else {
                chunk.as_ref().advance();
                self.list(chunk);
            }
        }
    }

    /// # Safety
    ///
    /// The caller is the owner, and the chunk one of this heap, in a stage with a list, not in it.
    unsafe fn list(&self, chunk: NonNull<Chunk>) {
        // SAFETY: the heap's chunks are alive (invariant 2), those in its lists in particular.
        unsafe {
            let header = chunk.as_ref();
            let list = &self.classes[header.class()].partial[header.stage() - 1];
            let next = list.replace(Some(chunk));
            header.own.next.set(next);
            header.own.previous.set(None);
            if let Some(next) = next {
                next.as_ref().own.previous.set(Some(chunk));
            }
        }
    }

    /// # Safety
    ///
    /// The caller is the owner, and the chunk one of this heap, in the list of its stage.
    unsafe fn unlist(&self, chunk: NonNull<Chunk>) {
        // SAFETY: as for `list`.
        unsafe {
            let header = chunk.as_ref();
            let (previous, next) = (header.own.previous.get(), header.own.next.get());
            match previous {
                Some(previous) => previous.as_ref().own.next.set(next),
                None => self.classes[header.class()].partial[header.stage() - 1].set(next),
            }
            if let Some(next) = next {
                next.as_ref().own.previous.set(previous);
            }
        }
    }

    /// # Safety
    ///
    /// The caller is the owner, and the cell one of the other heap and free.
    #[inline(never)]
    unsafe fn free_of_another(&self, heap: NonNull<Heap>, cell: NonNull<Link>) {
        let place = &self.pending[place(heap)];
        let mut pending = place.get();
        // SAFETY: heaps live as long as the process (invariant 2), each chain has cells of the heap
        // beside it, and the cell is the caller's to give away (invariant 3).
        unsafe {
            if pending.heap != Some(heap) {
                pending.hand_over();
                pending.heap = Some(heap);
            }
            pending.chain.add(cell);
            if pending.chain.is_full() {
                pending.hand_over();
            }
        }
        place.set(pending);
    }

    /// Gives the others their cells that wait to become more.
    ///
    /// # Safety
    ///
    /// The caller is the heap's owner (invariant 1).
    pub(crate) unsafe fn flush(&self) {
        for place in &self.pending {
            let mut pending = place.get();
            // SAFETY: as for `free_of_another`.
            unsafe { pending.hand_over() };
            place.set(pending);
        }
    }

    /// Takes in what others have freed.
    ///
    /// # Safety
    ///
    /// The caller is the heap's owner (invariant 1).
    #[inline]
    pub(crate) unsafe fn collect(&self) {
        if self.remote.is_empty() {
            return;
        }
        if let Some(cells) = self.remote.take() {
            // SAFETY: the cells are this heap's, and now the owner's (invariant 3).
            unsafe { self.take_in(cells) };
        }
    }

    /// # Safety
    ///
    /// The caller is the owner, and the cells are this heap's, free, and linked.
    #[inline(never)]
    unsafe fn take_in(&self, cells: NonNull<Link>) {
        let mut rest = Some(cells);
        while let Some(cell) = rest {
            // SAFETY: promised by the caller.
            unsafe {
                rest = Link::next(cell);
                self.free_own(Chunk::of(cell.cast()), cell);
            }
        }
    }
}

impl Pending {
    /// # Safety
    ///
    /// The chain's cells are of the heap beside it.
    unsafe fn hand_over(&mut self) {
        if let Some(heap) = self.heap {
            // SAFETY: heaps live as long as the process (invariant 2).
            unsafe { self.chain.hand_over(&heap.as_ref().remote) };
        }
    }
}

/// Where a heap's cells are collected. Two heaps may share a place, and then take turns in it.
fn place(heap: NonNull<Heap>) -> usize {
    // Heaps are some kilobytes apart, the allocator knows how many: mix all of the address.
    (heap.addr().get() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> 32 & (PENDING - 1)
}

/// Frees a cell on a thread that owns no heap.
///
/// # Safety
///
/// As for [`Heap::free`], except that the caller owns nothing.
pub(crate) unsafe fn free_from_outside(cell: NonNull<u8>) {
    // SAFETY: a cell in use has its chunk alive, and heaps live as long as the process (invariant
    // 2); the cell is the caller's to give away (invariant 3).
    unsafe {
        let heap = Chunk::of(cell).as_ref().heap;
        heap.as_ref().remote.push(cell.cast(), cell.cast());
    }
}
