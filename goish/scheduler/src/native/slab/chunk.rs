//! A chunk: 64 KiB of cells of one size, with a header that is found from a cell's address.

use std::cell::Cell;
use std::mem::{align_of, size_of};
use std::ptr::NonNull;

use super::STEP;
use super::heap::Heap;
use super::remote::Link;

/// The size of a chunk, and its alignment.
pub(super) const CHUNK: usize = 64 << 10;

/// How many stages a chunk goes through from full to empty: a list of chunks for each but the
/// first, in which a chunk is in none.
pub(super) const STAGES: usize = 8;

/// What stands at the beginning of a chunk.
///
/// Whoever frees a cell reads `heap`, on any thread, while the owner counts and links in `own`: so
/// they are on lines of their own.
#[repr(C)]
pub(super) struct Chunk {
    /// Where the cells come from. Like the others before `own`, it is set before the first cell is
    /// handed out, and stays until the last one is back (invariant 2).
    pub(super) heap: NonNull<Heap>,
    class: usize,
    /// How many cells there are.
    capacity: usize,
    pub(super) own: Own,
}

/// The owner's part of the header (invariant 1).
#[repr(align(64))]
pub(super) struct Own {
    /// The cells that were freed, the latest first.
    free: Cell<Option<NonNull<Link>>>,
    /// Where the cells begin that were never handed out.
    fresh: Cell<usize>,
    /// After how many frees the heap has to look at the chunk (see [`Chunk::stage`]).
    countdown: Cell<usize>,
    stage: Cell<usize>,
    /// The neighbours in the list of the class and the stage.
    pub(super) next: Cell<Option<NonNull<Chunk>>>,
    pub(super) previous: Cell<Option<NonNull<Chunk>>>,
}

const HEADER: usize = size_of::<Chunk>();
const _: () = assert!(HEADER == 128 && CHUNK.is_multiple_of(align_of::<Chunk>()));
const _: () = assert!(size_of::<Link>() <= STEP && align_of::<Link>() <= STEP);
// A stage is at least one cell, for the largest cells too.
const _: () = assert!((CHUNK - HEADER) / super::LARGEST >= STAGES);

/// The size of the cells of a class.
pub(super) const fn stride(class: usize) -> usize {
    (class + 1) * STEP
}

impl Chunk {
    /// Makes a chunk of cells out of memory.
    ///
    /// # Safety
    ///
    /// The memory is [`CHUNK`] bytes, so aligned, and the caller's alone.
    pub(super) unsafe fn establish(
        memory: NonNull<u8>,
        heap: NonNull<Heap>,
        class: usize,
    ) -> NonNull<Self> {
        let chunk = memory.cast::<Self>();
        // SAFETY: promised by the caller.
        unsafe {
            chunk.write(Self {
                heap,
                class,
                capacity: (CHUNK - HEADER) / stride(class),
                own: Own {
                    free: Cell::new(None),
                    fresh: Cell::new(HEADER),
                    countdown: Cell::new(0),
                    stage: Cell::new(STAGES),
                    next: Cell::new(None),
                    previous: Cell::new(None),
                },
            });
        }
        chunk
    }

    /// The chunk of a cell.
    ///
    /// The pointer is only as good as the cell's: it has to be the one that `allocate` returned, or
    /// a copy, for that one may be used for the whole chunk (invariant 5).
    #[inline]
    pub(super) fn of(cell: NonNull<u8>) -> NonNull<Self> {
        let chunk = cell.as_ptr().map_addr(|address| address & !(CHUNK - 1));
        // SAFETY: the first chunk of the address space, where the null pointer points to, is
        // nobody's memory, so a cell's chunk has another address (invariant 5).
        unsafe { NonNull::new_unchecked(chunk.cast()) }
    }

    pub(super) fn class(&self) -> usize {
        self.class
    }

    /// Hands out a cell, if one is left: a freed one if there is one, for it may be in a cache.
    ///
    /// # Safety
    ///
    /// The chunk is alive (invariant 2), the caller owns its heap (invariant 1), and it has cells
    /// of this stride.
    #[inline]
    pub(super) unsafe fn take(chunk: NonNull<Self>, stride: usize) -> Option<NonNull<u8>> {
        // SAFETY: the chunk is alive, and others read only what is not the owner's.
        let own = unsafe { &chunk.as_ref().own };
        let cell = if let Some(cell) = own.free.get() {
            // SAFETY: the cell is in the chunk's list, so the owner holds it (invariant 3).
            own.free.set(unsafe { Link::next(cell) });
            cell.cast()
        } else {
            let fresh = own.fresh.get();
            if fresh + stride > CHUNK {
                return None;
            }
            own.fresh.set(fresh + stride);
            // SAFETY: it is inside of the chunk, as was just looked at.
            unsafe { chunk.cast::<u8>().add(fresh) }
        };
        own.countdown.set(own.countdown.get() + 1);
        Some(cell)
    }

    /// Takes a cell back; `true` when the heap has to look at the chunk.
    ///
    /// # Safety
    ///
    /// The cell is one of this chunk, it is free and the caller's (invariant 3), who owns the heap
    /// (invariant 1).
    #[inline]
    pub(super) unsafe fn put(&self, cell: NonNull<Link>) -> bool {
        let own = &self.own;
        // SAFETY: promised by the caller.
        unsafe { Link::set_next(cell, own.free.get()) };
        own.free.set(Some(cell));
        let countdown = own.countdown.get() - 1;
        own.countdown.set(countdown);
        countdown == 0
    }

    /// How far the chunk has emptied since it was full: in stage `n`, from 1 to 7, at least `n`
    /// eighths of the cells are free, and its countdown says how many frees there are to the next
    /// stage; after 7 there is [`STAGES`], empty. A full chunk is in stage 0, and in no list before
    /// an eighth of it is free, so that who takes it has something of it.
    ///
    /// The chunk that cells are handed out of is in no stage; its countdown is the number of its
    /// cells in use and one, so it never comes to an end.
    pub(super) fn stage(&self) -> usize {
        self.own.stage.get()
    }

    fn enter(&self, stage: usize) {
        let per_stage = self.capacity / STAGES;
        self.own.stage.set(stage);
        self.own.countdown.set(match stage {
            // The last one takes what the division has left.
            7 => self.capacity - 7 * per_stage,
            _ => per_stage,
        });
    }

    /// Goes on to the next stage, as the countdown has come to its end.
    pub(super) fn advance(&self) {
        self.enter(self.stage() + 1);
    }

    /// Every cell has been handed out, and the heap goes on with another chunk.
    pub(super) fn retire(&self) {
        self.enter(0);
    }

    /// From now on, cells are handed out of this chunk, which is in a stage that has a list, or new.
    pub(super) fn revive(&self) {
        let per_stage = self.capacity / STAGES;
        let below = match self.stage() {
            stage @ ..7 => self.capacity - (stage + 1) * per_stage,
            _ => 0,
        };
        self.own.countdown.set(self.own.countdown.get() + below + 1);
    }
}
