//! Cells on their way back to the heap that they came from: the one protocol of the slab that two
//! threads take part in, and so all of it that the model tests explore.
//!
//! Whoever frees another heap's cell links it into a [`Chain`] of its own, and pushes the chain on
//! the owner's stack ([`Remote`]) when it has grown long. The owner takes the whole stack at once.
//! Nobody pops a single cell, so nobody can be misled by one that left and came back meanwhile.

use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering;

use crate::native::sync::{AtomicPtr, UnsafeCell};

/// What a freed cell holds: where the next one is.
///
/// A cell that is not freed holds anything, so this is valid whatever its bytes are.
pub(in crate::native) struct Link {
    next: UnsafeCell<MaybeUninit<Option<NonNull<Link>>>>,
}

impl Link {
    /// Only the models make one: elsewhere freed cells become links.
    #[cfg(goish_loom)]
    pub(in crate::native) fn new() -> Self {
        Self {
            next: UnsafeCell::new(MaybeUninit::new(None)),
        }
    }

    /// # Safety
    ///
    /// The cell is free, the caller is the one who holds it (invariant 3), and its link was set.
    #[inline]
    pub(in crate::native) unsafe fn next(link: NonNull<Self>) -> Option<NonNull<Self>> {
        // SAFETY: nobody else touches a freed cell than who holds it (invariant 3).
        unsafe { link.as_ref().next.with(|next| (*next).assume_init()) }
    }

    /// # Safety
    ///
    /// The cell is free, and the caller is the one who holds it (invariant 3).
    #[inline]
    pub(in crate::native) unsafe fn set_next(link: NonNull<Self>, next: Option<NonNull<Self>>) {
        // SAFETY: nobody else touches a freed cell than who holds it (invariant 3).
        unsafe {
            let cell = &link.as_ref().next;
            cell.with_mut(|cell| *cell = MaybeUninit::new(next));
        }
    }
}

/// Freed cells of one heap, collected by somebody else.
#[derive(Clone, Copy)]
pub(in crate::native) struct Chain {
    /// The newest and the oldest: two writes of the owner's line for up to [`Chain::LONGEST`] cells.
    ends: Option<(NonNull<Link>, NonNull<Link>)>,
    length: usize,
}

impl Chain {
    /// A chain as long as this is handed over: the owner waits for no more than this per chain.
    pub(in crate::native) const LONGEST: usize = 64;

    pub(in crate::native) const fn new() -> Self {
        Self {
            ends: None,
            length: 0,
        }
    }

    #[inline]
    pub(in crate::native) fn is_full(&self) -> bool {
        self.length == Self::LONGEST
    }

    /// # Safety
    ///
    /// The cell has just been freed, by the caller (invariant 3).
    #[inline]
    pub(in crate::native) unsafe fn add(&mut self, cell: NonNull<Link>) {
        let (newest, oldest) = match self.ends {
            Some((newest, oldest)) => (Some(newest), oldest),
            None => (None, cell),
        };
        // SAFETY: promised by the caller.
        unsafe { Link::set_next(cell, newest) };
        self.ends = Some((cell, oldest));
        self.length += 1;
    }

    /// Empties the chain, and gives its cells to their owner.
    ///
    /// # Safety
    ///
    /// The cells came from the heap that the stack belongs to.
    pub(in crate::native) unsafe fn hand_over(&mut self, owner: &Remote) {
        if let Some((newest, oldest)) = self.ends.take() {
            self.length = 0;
            // SAFETY: the chain's cells are linked from the newest to the oldest, and were held by
            // whoever added them (invariant 3); that they are the owner's is promised.
            unsafe { owner.push(newest, oldest) };
        }
    }
}

/// The cells that others have freed for one heap.
pub(in crate::native) struct Remote {
    top: AtomicPtr<Link>,
}

impl Remote {
    pub(in crate::native) fn new() -> Self {
        Self {
            top: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Gives cells to the stack's owner: those from `first` to `last`, as they are linked.
    ///
    /// # Safety
    ///
    /// The cells came from the heap that the stack belongs to, the caller holds them (invariant 3),
    /// and no longer does after this.
    #[inline]
    pub(in crate::native) unsafe fn push(&self, first: NonNull<Link>, last: NonNull<Link>) {
        // The cells below are linked to and not looked into, so this needs to see nothing of them.
        let mut top = self.top.load(Ordering::Relaxed);
        loop {
            // SAFETY: until the exchange succeeds, the caller holds the cells (invariant 3).
            unsafe { Link::set_next(last, NonNull::new(top)) };
            // Release: the owner sees the links, and everything that was done to the cells before.
            // What earlier pushes released stays released, as each of them was an exchange too.
            match self.top.compare_exchange_weak(
                top,
                first.as_ptr(),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => top = now,
            }
        }
    }

    /// Whether there is nothing to take, or was a moment ago: a hint, which leaves the line shared.
    ///
    /// The models do without it. A load hides from loom what its thread races with next: of each
    /// atomic it knows only the last access.
    #[cfg(not(goish_loom))]
    #[inline]
    pub(in crate::native) fn is_empty(&self) -> bool {
        self.top.load(Ordering::Relaxed).is_null()
    }

    /// Takes all cells, linked: they are the caller's now.
    #[inline]
    pub(in crate::native) fn take(&self) -> Option<NonNull<Link>> {
        // Acquire: see `push`.
        NonNull::new(self.top.swap(ptr::null_mut(), Ordering::Acquire))
    }
}
