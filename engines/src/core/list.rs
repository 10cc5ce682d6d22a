//! An intrusive, doubly linked, first-in-first-out list of waiters: every change is O(1), from
//! either end and from the middle, and none allocates.

use std::ptr::NonNull;

use super::waiter::Waiter;

pub(crate) struct List<T> {
    head: Option<NonNull<Waiter<T>>>,
    tail: Option<NonNull<Waiter<T>>>,
}

impl<T> List<T> {
    pub(crate) const fn new() -> Self {
        Self {
            head: None,
            tail: None,
        }
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
            waiter.as_ref().links.with_mut(|links| {
                (*links).previous = self.tail;
                (*links).next = None;
            });
            match self.tail {
                Some(tail) => tail
                    .as_ref()
                    .links
                    .with_mut(|links| (*links).next = Some(waiter)),
                None => self.head = Some(waiter),
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
            let (previous, next) = waiter
                .as_ref()
                .links
                .with(|links| ((*links).previous, (*links).next));
            match previous {
                Some(previous) => previous
                    .as_ref()
                    .links
                    .with_mut(|links| (*links).next = next),
                None => self.head = next,
            }
            match next {
                Some(next) => next
                    .as_ref()
                    .links
                    .with_mut(|links| (*links).previous = previous),
                None => self.tail = previous,
            }
        }
    }
}
