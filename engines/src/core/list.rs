//! An intrusive, circular, first-in-first-out list of waiters: every change is O(1), from either end
//! and from the middle, and none allocates. The list itself is one pointer.
//!
//! Links go both ways, but the first waiter's link back is not kept: it is never read. So taking out
//! the first writes to the last one's line and to no other: with a million waiters the line of the
//! second is in no cache, and a store to it would hold up everything behind it.

use std::ptr::NonNull;

use super::sync::prefetch;
use super::waiter::{Links, Waiter};

/// Waiters in the order in which they parked.
pub struct List<T> {
    /// The newest; the one after it has been in the list for longest.
    tail: Option<NonNull<Waiter<T>>>,
}

impl<T> List<T> {
    pub(crate) const fn new() -> Self {
        Self { tail: None }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.tail.is_none()
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
            match self.tail {
                None => link(waiter, waiter, waiter),
                Some(tail) => {
                    link(waiter, tail, links(tail).next);
                    change(tail, |links| links.next = waiter);
                }
            }
        }
        self.tail = Some(waiter);
    }

    /// Takes out the waiter that has been in the list for longest.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that guards the list.
    #[inline]
    pub(crate) unsafe fn pop_front(&mut self) -> Option<NonNull<Waiter<T>>> {
        let tail = self.tail?;
        // SAFETY: the lock is held, and every waiter in the list is alive (invariant 1).
        unsafe {
            let head = links(tail).next;
            if head == tail {
                self.tail = None;
                return Some(head);
            }
            let next = links(head).next;
            change(tail, |links| links.next = next);
            prefetch(next);
            Some(head)
        }
    }

    /// Takes a waiter out from wherever it is.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that guards the list, and the waiter is in this list.
    #[inline]
    pub(crate) unsafe fn remove(&mut self, waiter: NonNull<Waiter<T>>) {
        let Some(tail) = self.tail else {
            debug_assert!(false, "an empty list has no waiter to remove");
            return;
        };
        // SAFETY: the lock is held, and the waiter and its neighbours are alive (invariant 1).
        unsafe {
            if links(tail).next == waiter {
                self.pop_front();
                return;
            }
            let Links { previous, next } = links(waiter);
            change(previous, |links| links.next = next);
            if waiter == tail {
                self.tail = Some(previous);
            } else {
                change(next, |links| links.previous = previous);
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
