//! What a parked operation leaves behind in a channel: a node that lives inside its future.

use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
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
///
/// Its cells hold something only in the phases that are named with them, so that an operation that
/// never parks writes nothing but its value and its phase: for an operation that is done at once
/// that is a third of the time it takes.
pub struct Waiter<T> {
    /// From when it is linked on.
    pub(super) links: UnsafeCell<MaybeUninit<Links<T>>>,
    /// While it is `Waiting` or `Passed`.
    waker: UnsafeCell<MaybeUninit<Waker>>,
    /// The select that it belongs to, if it belongs to one. While it is `Waiting`.
    claim: UnsafeCell<MaybeUninit<Option<NonNull<Claim>>>>,
    /// A send's while it is `Idle`, `Waiting`, `Passed` or `Closed`; a receive's while it is `Done`.
    value: UnsafeCell<MaybeUninit<T>>,
    /// How far it is, in bytes, to the waiter after the next, or 0: a guess that a list makes. From
    /// when it is linked on.
    pub(super) ahead: UnsafeCell<MaybeUninit<i32>>,
    phase: AtomicU8,
    _pinned: PhantomPinned,
}

/// A waiter's neighbours.
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

/// To loom, freeing a waiter is an access to all its cells: it must come after everything that
/// others did to them.
#[cfg(goish_loom)]
impl<T> Drop for Waiter<T> {
    fn drop(&mut self) {
        self.links.with_mut(drop);
        self.waker.with_mut(drop);
        self.value.with_mut(drop);
        self.claim.with_mut(drop);
        self.ahead.with_mut(drop);
    }
}

impl<T> Waiter<T> {
    /// A send's, with its value.
    #[inline]
    pub(crate) fn with(value: T) -> Self {
        Self::holding(MaybeUninit::new(value))
    }

    /// A receive's.
    #[inline]
    pub(crate) fn empty() -> Self {
        Self::holding(MaybeUninit::uninit())
    }

    #[inline]
    fn holding(value: MaybeUninit<T>) -> Self {
        Self {
            links: UnsafeCell::new(MaybeUninit::uninit()),
            waker: UnsafeCell::new(MaybeUninit::uninit()),
            claim: UnsafeCell::new(MaybeUninit::uninit()),
            value: UnsafeCell::new(value),
            ahead: UnsafeCell::new(MaybeUninit::uninit()),
            phase: AtomicU8::new(Phase::Idle as u8),
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
    /// The waiter is `Idle` or `Finished`, so that there is no waker yet.
    #[inline]
    pub(crate) unsafe fn prepare(&self, waker: Waker, claim: Option<NonNull<Claim>>) {
        // SAFETY: in no list, so only the owner reaches the cells (invariant 2).
        unsafe {
            self.waker.with_mut(|slot| (*slot).write(waker));
            self.claim.with_mut(|slot| (*slot).write(claim));
            self.set_phase(Phase::Waiting);
        }
    }

    /// Takes the value out.
    ///
    /// # Safety
    ///
    /// There is a value, and the caller sees to it that nobody takes it again: by the phase that it
    /// stores next. Either the caller holds the channel's lock and has just taken the waiter out of
    /// its list, and not completed it; or the caller owns the waiter and it is in no list.
    #[inline]
    pub(crate) unsafe fn take_value(&self) -> T {
        // SAFETY: the caller has the exclusive access that invariant 2 or 3 speaks of.
        self.value
            .with_mut(|slot| unsafe { (*slot).assume_init_read() })
    }

    /// Puts a value in.
    ///
    /// # Safety
    ///
    /// There is no value; the caller has access as for [`Waiter::take_value`], and stores a phase
    /// that says that there is one.
    #[inline]
    pub(crate) unsafe fn put_value(&self, value: T) {
        // SAFETY: as for `take_value`.
        self.value.with_mut(|slot| unsafe { (*slot).write(value) });
    }

    /// Whether a wake would reach the same task as `waker`'s.
    ///
    /// # Safety
    ///
    /// As for [`Waiter::replace_waker`].
    pub(crate) unsafe fn will_wake(&self, waker: &Waker) -> bool {
        // SAFETY: the lock is held, and `Waiting`, so there is a waker (invariant 2).
        self.waker
            .with(|slot| unsafe { (*slot).assume_init_ref().will_wake(waker) })
    }

    /// Replaces the waker of a waiter that is still in the list; the old one comes back, to be
    /// dropped after the lock.
    ///
    /// # Safety
    ///
    /// The caller owns the waiter and holds the channel's lock, and the phase is `Waiting`.
    pub(crate) unsafe fn replace_waker(&self, waker: Waker) -> Waker {
        // SAFETY: the lock is held, and `Waiting`, so there is a waker (invariant 2).
        self.waker
            .with_mut(|slot| unsafe { std::mem::replace((*slot).assume_init_mut(), waker) })
    }

    /// Takes the waker out.
    ///
    /// # Safety
    ///
    /// The phase is `Waiting` or `Passed`, and the caller stores another, which says that there is
    /// no waker. Either the caller has just taken the waiter out of its list under the channel's
    /// lock, or it owns the waiter and holds that lock.
    #[inline]
    pub(crate) unsafe fn take_waker(&self) -> Waker {
        // SAFETY: as for `take_value`; there is a waker in these phases.
        self.waker
            .with_mut(|slot| unsafe { (*slot).assume_init_read() })
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
            match self.claim.with(|slot| (*slot).assume_init()) {
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
