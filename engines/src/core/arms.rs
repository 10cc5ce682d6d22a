//! Pending operations: as cases of a select, and as futures of their own.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use super::sync::UnsafeCell;
use super::waiter::{Entry, Phase, Waiter};
use super::{Buffer, Core, State};
use crate::channel::{SendError, TryRecvError, TrySendError};
use crate::select::{Arm, Attempt, Registration, SelectArm};

/// Which operation an [`Operation`] is: what differs between a send and a receive.
pub trait Kind<T>: Sized {
    /// What the operation comes back with.
    type Output;

    /// Tries it under the lock. `value` is what there is to send, and stays when it cannot be.
    fn attempt<B: Buffer<T>>(
        state: &mut State<T, B>,
        value: &mut Option<T>,
    ) -> Option<(Self::Output, Option<Waker>)>;

    /// Links a waiter.
    ///
    /// # Safety
    ///
    /// As for `List::push_back`.
    unsafe fn link<B>(state: &mut State<T, B>, waiter: NonNull<Waiter<T>>);

    /// Unlinks a waiter.
    ///
    /// # Safety
    ///
    /// As for `List::remove`.
    unsafe fn unlink<B>(state: &mut State<T, B>, waiter: NonNull<Waiter<T>>);

    /// The outcome after a counterpart, or close, has completed the waiter.
    fn outcome(closed: bool, value: Option<T>) -> Self::Output;

    /// The value in an outcome that nobody took, which must reach somebody else.
    fn undelivered(output: Self::Output) -> Option<T>;
}

/// Marks receives.
pub struct Receiving;
/// Marks sends.
pub struct Sending;

impl<T> Kind<T> for Receiving {
    type Output = Option<T>;

    #[inline]
    fn attempt<B: Buffer<T>>(
        state: &mut State<T, B>,
        _value: &mut Option<T>,
    ) -> Option<(Self::Output, Option<Waker>)> {
        match state.try_recv() {
            Ok((value, wake)) => Some((Some(value), wake)),
            Err(TryRecvError::Closed) => Some((None, None)),
            Err(TryRecvError::Empty) => None,
        }
    }

    unsafe fn link<B>(state: &mut State<T, B>, waiter: NonNull<Waiter<T>>) {
        // SAFETY: passed on.
        unsafe { state.receivers.push_back(waiter) }
    }

    unsafe fn unlink<B>(state: &mut State<T, B>, waiter: NonNull<Waiter<T>>) {
        // SAFETY: passed on.
        unsafe { state.receivers.remove(waiter) }
    }

    fn outcome(_closed: bool, value: Option<T>) -> Self::Output {
        value
    }

    fn undelivered(output: Self::Output) -> Option<T> {
        output
    }
}

impl<T> Kind<T> for Sending {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn attempt<B: Buffer<T>>(
        state: &mut State<T, B>,
        value: &mut Option<T>,
    ) -> Option<(Self::Output, Option<Waker>)> {
        match state.try_send(value.take()?) {
            Ok(wake) => Some((Ok(()), wake)),
            Err(TrySendError::Closed(value)) => Some((Err(SendError(value)), None)),
            Err(TrySendError::Full(unsent)) => {
                *value = Some(unsent);
                None
            }
        }
    }

    unsafe fn link<B>(state: &mut State<T, B>, waiter: NonNull<Waiter<T>>) {
        // SAFETY: passed on.
        unsafe { state.senders.push_back(waiter) }
    }

    unsafe fn unlink<B>(state: &mut State<T, B>, waiter: NonNull<Waiter<T>>) {
        // SAFETY: passed on.
        unsafe { state.senders.remove(waiter) }
    }

    fn outcome(closed: bool, value: Option<T>) -> Self::Output {
        match value {
            Some(value) if closed => Err(SendError(value)),
            _ => Ok(()),
        }
    }

    fn undelivered(_output: Self::Output) -> Option<T> {
        None
    }
}

/// A receive that may have to wait.
pub(crate) type Recv<'a, T, B> = Operation<'a, T, B, Receiving>;

/// A send that may have to wait.
pub(crate) type Send<'a, T, B> = Operation<'a, T, B, Sending>;

/// A send or a receive that may have to wait: a future, and a case of a select.
///
/// Cancel safety: dropping it before it completes withdraws it. A send's value is dropped with it;
/// a value that a receive had been handed already goes to the next receiver, or back to the front
/// of the channel.
pub struct Operation<'a, T, B: Buffer<T>, K: Kind<T>> {
    core: &'a Core<T, B>,
    waiter: Waiter<T>,
    /// The outcome, from when the operation is committed until it is taken. Only the owner touches
    /// it; the cell lets it do so through the shared reference that a pinned waiter allows.
    output: UnsafeCell<Option<K::Output>>,
}

// SAFETY: the raw pointers in the waiter lead to waiters of other operations, which are reached
// under the lock only (invariant 2); everything else that moves with it is `T` and wakers.
unsafe impl<T: std::marker::Send, B: Buffer<T>, K: Kind<T>> std::marker::Send
    for Operation<'_, T, B, K>
where
    Core<T, B>: Sync,
{
}
// SAFETY: a shared `Operation` offers nothing but what its methods do through `Pin<&mut _>`, which
// is exclusive; none takes `&self` from a user.
unsafe impl<T: std::marker::Send, B: Buffer<T>, K: Kind<T>> Sync for Operation<'_, T, B, K> where
    Core<T, B>: Sync
{
}

impl<'a, T, B: Buffer<T>, K: Kind<T>> Operation<'a, T, B, K> {
    pub(super) fn new(core: &'a Core<T, B>, value: Option<T>) -> Self {
        Self {
            core,
            waiter: Waiter::new(value),
            output: UnsafeCell::new(None),
        }
    }

    fn put_output(&self, output: K::Output) {
        // SAFETY: only the owner touches the output (see the field), and it is here.
        self.output.with_mut(|slot| unsafe { *slot = Some(output) });
    }

    fn take_output(&self) -> Option<K::Output> {
        // SAFETY: as above.
        self.output.with_mut(|slot| unsafe { (*slot).take() })
    }

    /// Tries the operation; the waker is the served counterpart's.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that `state` is under, and the waiter is `Idle`.
    #[inline]
    unsafe fn try_now(&self, state: &mut State<T, B>) -> Attempt {
        // SAFETY: in no list, so its value is the owner's (invariant 2).
        let mut value = unsafe { self.waiter.replace_value(None) };
        match K::attempt(state, &mut value) {
            Some((output, wake)) => {
                self.put_output(output);
                Attempt::Committed(wake)
            }
            None => {
                // SAFETY: as above.
                unsafe { self.waiter.replace_value(value) };
                Attempt::Blocked
            }
        }
    }

    /// Parks.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that `state` is under, the operation is pinned, and the waiter is
    /// `Idle`. An entry's claim stays alive until [`Operation::withdraw`] has returned.
    unsafe fn park(&self, state: &mut State<T, B>, waker: Waker, entry: Option<Entry>) {
        // SAFETY: the owner, under the lock; pinned, and unlinked by `Drop` (invariant 1).
        unsafe {
            self.waiter.prepare(waker, entry);
            K::link(state, NonNull::from(&self.waiter));
        }
    }

    /// Takes over what a counterpart or close has left in the waiter, if it has.
    fn settle(&self) -> bool {
        let closed = match self.waiter.phase() {
            Phase::Done => false,
            Phase::Closed => true,
            _ => return false,
        };
        // SAFETY: final, so the waiter is in no list and is the owner's again (invariants 3, 4).
        let value = unsafe {
            self.waiter.set_phase(Phase::Idle);
            self.waiter.replace_value(None)
        };
        self.put_output(K::outcome(closed, value));
        true
    }

    /// Leaves the list, if the waiter is in it, and lets go of the waker.
    fn withdraw(&self) {
        let waker = match self.waiter.phase() {
            // Nobody else reaches a waiter in these phases; a final one keeps its value.
            Phase::Idle | Phase::Done | Phase::Closed | Phase::Finished => return,
            Phase::Waiting | Phase::Passed => self.core.locked(|state| match self.waiter.phase() {
                // SAFETY: under the lock, and still in the list.
                Phase::Waiting => unsafe {
                    K::unlink(state, NonNull::from(&self.waiter));
                    self.waiter.set_phase(Phase::Idle);
                    self.waiter.take_waker()
                },
                // SAFETY: under the lock, and in no list.
                Phase::Passed => unsafe {
                    self.waiter.set_phase(Phase::Idle);
                    self.waiter.take_waker()
                },
                _ => None,
            }),
        };
        drop(waker);
    }

    /// Sees to it that `waker` is the one that will be woken. Does nothing when the waiter has
    /// been taken out meanwhile: then the caller finds the new phase when it looks again.
    fn replace_waker(&self, waker: &Waker) {
        let is_current = || {
            // SAFETY: called by the owner, under the lock.
            self.waiter.phase() != Phase::Waiting || unsafe { self.waiter.will_wake(waker) }
        };
        if self.core.locked(|_| is_current()) {
            return;
        }
        let mut waker = Some(waker.clone());
        self.core.locked(|_| {
            if self.waiter.phase() == Phase::Waiting {
                // SAFETY: the owner, under the lock, and still in the list.
                unsafe { self.waiter.replace_waker(&mut waker) };
            }
        });
    }

    /// Tries, and parks when that is not possible.
    fn start(&self, waker: &Waker) -> Attempt {
        // SAFETY: under the lock; `Idle`.
        let attempt = self.core.locked(|state| unsafe { self.try_now(state) });
        if let Attempt::Committed(_) = attempt {
            return attempt;
        }
        // Cloned outside the lock (invariant 6); hence a second look.
        let waker = waker.clone();
        self.core.locked(|state| {
            // SAFETY: under the lock, pinned by `poll`, `Idle`, and without an entry.
            unsafe {
                let attempt = self.try_now(state);
                if let Attempt::Blocked = attempt {
                    self.park(state, waker, None);
                }
                attempt
            }
        })
    }

    /// Hands the outcome to the user, once.
    fn finish(&self) -> Option<K::Output> {
        let output = self.take_output()?;
        // SAFETY: an operation with an output is in no list.
        unsafe { self.waiter.set_phase(Phase::Finished) };
        Some(output)
    }
}

impl<T, B: Buffer<T>, K: Kind<T>> Future for Operation<'_, T, B, K> {
    type Output = K::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<K::Output> {
        let operation = self.as_ref().get_ref();
        match operation.waiter.phase() {
            Phase::Idle => match operation.start(context.waker()) {
                Attempt::Blocked => return Poll::Pending,
                Attempt::Committed(wake) => wake.into_iter().for_each(Waker::wake),
            },
            Phase::Waiting | Phase::Passed => {
                operation.replace_waker(context.waker());
                if !operation.settle() {
                    return Poll::Pending;
                }
            }
            Phase::Done | Phase::Closed => {
                operation.settle();
            }
            Phase::Finished => {}
        }
        Poll::Ready(
            operation
                .finish()
                .expect("a channel operation was polled after it completed"),
        )
    }
}

impl<T, B: Buffer<T>, K: Kind<T>> Drop for Operation<'_, T, B, K> {
    fn drop(&mut self) {
        self.withdraw();
        self.settle();
        if let Some(value) = self.take_output().and_then(K::undelivered) {
            self.core.give_back(value);
        }
    }
}

// SAFETY: `withdraw` takes the waiter out under the lock, so that nobody reaches the claim of the
// registration through it afterwards; `Drop` does the same.
unsafe impl<T: std::marker::Send, B: Buffer<T>, K: Kind<T>> SelectArm for Operation<'_, T, B, K> {
    fn channel(&self) -> usize {
        std::ptr::from_ref(self.core).addr()
    }

    fn lock(&self) {
        self.core.lock.lock();
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { self.core.lock.unlock() }
    }

    unsafe fn attempt(self: Pin<&mut Self>) -> Attempt {
        // SAFETY: the caller holds the lock; `Idle`, because a select attempts before it parks.
        unsafe { self.core.state_mut(|state| self.try_now(state)) }
    }

    unsafe fn park(self: Pin<&mut Self>, registration: Registration<'_>) {
        let entry = Entry {
            claim: registration.claim.into(),
            index: registration.index,
        };
        // SAFETY: the caller holds the lock and keeps the claim alive; pinned; `Idle`.
        unsafe {
            self.core.state_mut(|state| {
                Operation::park(&self, state, registration.waker, Some(entry));
            });
        }
    }

    fn replace_waker(self: Pin<&mut Self>, waker: &Waker) {
        Operation::replace_waker(&self, waker);
    }

    fn settle(self: Pin<&mut Self>) {
        // Whoever won the claim completes the waiter before it gives the lock back: after this
        // the phase is final.
        self.core.locked(|_| ());
        let settled = Operation::settle(&self);
        debug_assert!(settled, "a claimed waiter is completed under the same lock");
    }

    fn withdraw(self: Pin<&mut Self>) {
        Operation::withdraw(&self);
    }
}

impl<T: std::marker::Send, B: Buffer<T>, K: Kind<T>> Arm for Operation<'_, T, B, K> {
    type Output = K::Output;

    fn take(self: Pin<&mut Self>) -> Option<K::Output> {
        self.finish()
    }
}
