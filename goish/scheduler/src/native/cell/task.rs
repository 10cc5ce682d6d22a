//! Where a cell's parts are, and the pointer to it.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use super::super::sync::AtomicPtr;
#[cfg(goish_loom)]
use super::super::sync::UnsafeCell;
use super::Ran;
use super::state::State;

/// What all cells begin with.
#[repr(C)]
pub(crate) struct Header {
    pub(super) state: State,
    pub(super) vtable: &'static VTable,
    /// Who is woken at the end, as `waker::into_word` makes it (I3). Atomic, because the runner may
    /// read it while the handle replaces it, and then finds that it did (I4).
    pub(super) awaiter: AtomicPtr<()>,
    /// To loom, this stands for the content.
    #[cfg(goish_loom)]
    pub(super) content: UnsafeCell<()>,
}

/// A cell, seen as its future's or as its output's. Each has a place of its own, so that the handle
/// finds the output by its type.
#[repr(C)]
pub(super) struct Cell<T> {
    pub(super) header: Header,
    pub(super) content: MaybeUninit<T>,
}

/// What is known of a cell when its types are forgotten.
pub(super) struct VTable {
    pub(super) run: unsafe fn(Task) -> Ran,
    pub(super) ready: fn(Task),
    pub(super) free: unsafe fn(Task),
    /// What goroutines of this kind are called.
    pub(super) name: fn() -> &'static str,
}

/// A goroutine that is ready: whoever holds this, holds its SCHEDULED flag (I1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Task(pub(super) NonNull<Header>);

// SAFETY: a goroutine's future and output are `Send`, and the header is shared by threads.
unsafe impl Send for Task {}

impl Task {
    /// For queues. Aligned to 16 at least.
    #[inline]
    pub(crate) fn as_ptr(self) -> *mut () {
        self.0.as_ptr().cast()
    }

    /// # Safety
    ///
    /// From [`Task::as_ptr`].
    #[inline]
    pub(crate) unsafe fn from_ptr(task: *mut ()) -> Self {
        // SAFETY: it was a `NonNull`.
        Self(unsafe { NonNull::new_unchecked(task.cast()) })
    }

    /// A number for messages. A goroutine has it for itself while it lives.
    pub(crate) fn id(self) -> u64 {
        (self.0.addr().get() / 16) as u64
    }

    /// What tells what goroutines of this kind are called.
    ///
    /// # Safety
    ///
    /// The cell is alive.
    #[inline]
    pub(crate) unsafe fn name(self) -> fn() -> &'static str {
        // SAFETY: the caller's part.
        unsafe { self.vtable() }.name
    }

    // These make references to one field each, and never to the header: others may free the cell
    // while the last of what is done to the state returns, which is right for an atomic only.

    /// # Safety
    ///
    /// The cell is alive for as long as the reference is used.
    #[inline]
    pub(super) unsafe fn state<'a>(self) -> &'a State {
        // SAFETY: alive, so it has a header (I7).
        unsafe { &(*self.0.as_ptr()).state }
    }

    /// # Safety
    ///
    /// As for [`Task::state`].
    #[inline]
    pub(super) unsafe fn awaiter<'a>(self) -> &'a AtomicPtr<()> {
        // SAFETY: alive, so it has a header (I7).
        unsafe { &(*self.0.as_ptr()).awaiter }
    }

    /// # Safety
    ///
    /// The cell is alive.
    #[inline]
    pub(super) unsafe fn vtable(self) -> &'static VTable {
        // SAFETY: alive, so it has a header, of which this never changes (I7).
        unsafe { (*self.0.as_ptr()).vtable }
    }

    /// # Safety
    ///
    /// The caller holds the task, and gives it on.
    #[inline]
    pub(super) unsafe fn ready(self) {
        // SAFETY: held, so turns are owed, and it has not ended (I1, I5).
        (unsafe { self.vtable() }.ready)(self);
    }

    /// # Safety
    ///
    /// Nobody but the caller has the cell (I5), and there is nothing left in it.
    #[inline]
    pub(super) unsafe fn free(self) {
        // SAFETY: not freed yet; the rest is the caller's.
        unsafe { (self.vtable().free)(self) }
    }

    /// # Safety
    ///
    /// The cell's content is the caller's (I2), and `T` is its future's or its output's type.
    #[inline]
    pub(super) unsafe fn with_content<T, R>(self, access: impl FnOnce(*mut T) -> R) -> R {
        // SAFETY: the cell is alive, and large and aligned enough for either type (I7).
        let content = unsafe { &raw mut (*self.0.cast::<Cell<T>>().as_ptr()).content };
        let content = content.cast::<T>();
        #[cfg(not(goish_loom))]
        return access(content);
        // SAFETY: as above.
        #[cfg(goish_loom)]
        return unsafe { &(*self.0.as_ptr()).content }.with_mut(|_| access(content));
    }
}
