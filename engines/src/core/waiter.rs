//! What a parked operation leaves behind in a channel: a node that lives inside its future.

use std::marker::PhantomPinned;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::task::Waker;

use super::sync::{AtomicU8, AtomicUsize, UnsafeCell};

/// Where a waiter stands. It is written under the channel's lock only; the owner may read it
/// without, and what it then finds to be final stays so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// In no list.
    Idle,
    /// In its channel's list.
    Waiting,
    /// In no list: the value has been put in, or taken.
    Done,
    /// In no list: the channel was closed.
    Closed,
    /// Out of the list: its select had committed another case when a counterpart came by.
    Passed,
    /// In no list: the outcome has been handed to the user.
    Finished,
}

/// Which of its cases a select has committed. Every waiter of the select points to it, and whoever
/// takes a waiter out of a list to serve it must win the claim first: that is what makes exactly
/// one case commit.
pub(crate) struct Claim(AtomicUsize);

impl Claim {
    /// No waiter is at this address.
    const OPEN: usize = 0;

    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(Self::OPEN))
    }

    /// Commits the case whose waiter is at this address, unless another is committed.
    fn win(&self, waiter: usize) -> bool {
        self.0
            .compare_exchange(Self::OPEN, waiter, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// The address of the committed case's waiter.
    pub(crate) fn committed(&self) -> Option<usize> {
        match self.0.load(Ordering::Acquire) {
            Self::OPEN => None,
            waiter => Some(waiter),
        }
    }
}

/// The node. See the invariants at the top of [`crate::core`].
pub(crate) struct Waiter<T> {
    phase: AtomicU8,
    pub(super) links: UnsafeCell<Links<T>>,
    waker: UnsafeCell<Option<Waker>>,
    value: UnsafeCell<Option<T>>,
    /// The select that it belongs to, if it belongs to one.
    claim: UnsafeCell<Option<NonNull<Claim>>>,
    _pinned: PhantomPinned,
}

/// A waiter's neighbours; dangling while it is in no list.
pub(super) struct Links<T> {
    pub(super) previous: NonNull<Waiter<T>>,
    pub(super) next: NonNull<Waiter<T>>,
}

impl<T> Clone for Links<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Links<T> {}

impl<T> Waiter<T> {
    pub(crate) fn new(value: Option<T>) -> Self {
        Self {
            phase: AtomicU8::new(Phase::Idle as u8),
            links: UnsafeCell::new(Links {
                previous: NonNull::dangling(),
                next: NonNull::dangling(),
            }),
            waker: UnsafeCell::new(None),
            value: UnsafeCell::new(value),
            claim: UnsafeCell::new(None),
            _pinned: PhantomPinned,
        }
    }

    /// The phase. `Done` and `Closed` read here make everything visible that the counterpart wrote
    /// before (invariant 4).
    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Idle,
            1 => Phase::Waiting,
            2 => Phase::Done,
            3 => Phase::Closed,
            4 => Phase::Passed,
            _ => Phase::Finished,
        }
    }

    /// # Safety
    ///
    /// The caller holds the channel's lock, or owns a waiter that is in no list.
    #[inline]
    pub(crate) unsafe fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// Makes the waiter ready to be linked.
    ///
    /// # Safety
    ///
    /// The caller owns the waiter, holds the channel's lock, and links it before giving that up.
    #[inline]
    pub(crate) unsafe fn prepare(&self, waker: Waker, claim: Option<NonNull<Claim>>) {
        // SAFETY: in no list, so only the owner reaches the cells (invariant 2).
        unsafe {
            self.waker.with_mut(|slot| *slot = Some(waker));
            self.claim.with_mut(|slot| *slot = claim);
            self.set_phase(Phase::Waiting);
        }
    }

    /// Gives access to the value.
    ///
    /// # Safety
    ///
    /// Either the caller holds the channel's lock and has just taken the waiter out of its list,
    /// and not completed it; or the caller owns the waiter and it is in no list.
    #[inline]
    pub(crate) unsafe fn with_value<R>(&self, change: impl FnOnce(&mut Option<T>) -> R) -> R {
        // SAFETY: the caller has the exclusive access that invariant 2 or 3 speaks of.
        self.value.with_mut(|slot| change(unsafe { &mut *slot }))
    }

    /// Whether a wake would reach the same task as `waker`'s.
    ///
    /// # Safety
    ///
    /// As for [`Waiter::replace_waker`].
    pub(crate) unsafe fn will_wake(&self, waker: &Waker) -> bool {
        // SAFETY: the lock is held (invariant 2).
        let current = self
            .waker
            .with(|slot| unsafe { (*slot).as_ref().map(|own| own.will_wake(waker)) });
        current == Some(true)
    }

    /// Replaces the waker of a waiter that is still in the list; the old one comes back, to be
    /// dropped after the lock.
    ///
    /// # Safety
    ///
    /// The caller owns the waiter and holds the channel's lock, and the phase is `Waiting`.
    pub(crate) unsafe fn replace_waker(&self, waker: &mut Option<Waker>) {
        // SAFETY: the lock is held (invariant 2).
        self.waker
            .with_mut(|slot| unsafe { std::ptr::swap(slot, waker) });
    }

    /// Takes the waker out, under the same conditions as [`Waiter::with_value`].
    ///
    /// # Safety
    ///
    /// As for [`Waiter::with_value`].
    #[inline]
    pub(crate) unsafe fn take_waker(&self) -> Option<Waker> {
        // SAFETY: as for `with_value`.
        self.waker.with_mut(|slot| unsafe { (*slot).take() })
    }

    /// Wins the right to serve this waiter. Always granted when it belongs to no select.
    ///
    /// # Safety
    ///
    /// The caller holds the channel's lock and the waiter's phase is `Waiting`.
    #[inline]
    pub(crate) unsafe fn claim(&self) -> bool {
        // SAFETY: the lock is held, so the cell is not being written (invariant 2), and the claim
        // it points to is alive: its select unlinks every waiter, which needs this lock, before
        // the claim goes away (invariant 5).
        unsafe {
            match self.claim.with(|slot| *slot) {
                None => true,
                Some(claim) => claim.as_ref().win(self.address()),
            }
        }
    }

    /// Where it is: its name in a [`Claim`].
    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}
