//! An intrusive, circular, doubly linked, first-in-first-out list of waiters: every change is O(1),
//! from either end and from the middle, and none allocates. The list itself is one pointer.

use std::ptr::NonNull;

use super::waiter::{Links, Waiter};

/// Waiters in the order in which they parked.
pub struct List<T> {
    /// The one that has been in the list for longest; the one before it is the newest.
    head: Option<NonNull<Waiter<T>>>,
}

impl<T> List<T> {
    pub(crate) const fn new() -> Self {
        Self { head: None }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Appends a waiter.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that guards the list; the waiter is in no list, is pinned, and
    /// its owner takes it out before it is freed (invariant 1).
    #[inline]
    pub(crate) unsafe fn push_back(&mut self, waiter: NonNull<Waiter<T>>) {
        // SAFETY: the lock is held, and every waiter in the list is alive (invariant 1).
        unsafe {
            let Some(head) = self.head else {
                link(waiter, waiter, waiter);
                self.head = Some(waiter);
                return;
            };
            let tail = links(head).previous;
            link(waiter, tail, head);
            change(tail, |links| links.next = waiter);
            change(head, |links| links.previous = waiter);
        }
    }

    /// Takes out the waiter that has been in the list for longest.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that guards the list.
    #[inline]
    pub(crate) unsafe fn pop_front(&mut self) -> Option<NonNull<Waiter<T>>> {
        let waiter = self.head?;
        // SAFETY: the lock is held, and the head is in this list.
        unsafe { self.remove(waiter) };
        Some(waiter)
    }

    /// Takes a waiter out from wherever it is.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that guards the list, and the waiter is in this list.
    #[inline]
    pub(crate) unsafe fn remove(&mut self, waiter: NonNull<Waiter<T>>) {
        // SAFETY: the lock is held, and the waiter and its neighbours are alive (invariant 1).
        unsafe {
            let Links { previous, next } = links(waiter);
            if next == waiter {
                self.head = None;
                return;
            }
            change(previous, |links| links.next = next);
            change(next, |links| links.previous = previous);
            if self.head == Some(waiter) {
                self.head = Some(next);
            }
        }
    }
}

/// # Safety
///
/// The waiter is in a list, and the caller holds the lock that guards it.
#[inline]
unsafe fn links<T>(waiter: NonNull<Waiter<T>>) -> Links<T> {
    // SAFETY: promised by the caller; a waiter in a list has links.
    unsafe { waiter.as_ref().links.with(|links| (*links).assume_init()) }
}

/// # Safety
///
/// As for [`links`].
#[inline]
unsafe fn change<T>(waiter: NonNull<Waiter<T>>, change: impl FnOnce(&mut Links<T>)) {
    // SAFETY: as for `links`.
    unsafe {
        let links = &waiter.as_ref().links;
        links.with_mut(|links| change((*links).assume_init_mut()));
    }
}

/// # Safety
///
/// The waiter is alive and in no list, and the caller holds the lock of the one that it comes into.
#[inline]
unsafe fn link<T>(
    waiter: NonNull<Waiter<T>>,
    previous: NonNull<Waiter<T>>,
    next: NonNull<Waiter<T>>,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let links = &waiter.as_ref().links;
        links.with_mut(|links| (*links).write(Links { previous, next }));
    }
}
