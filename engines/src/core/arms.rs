//! Pending operations: as cases of a select, and as futures of their own.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use super::list::List;
use super::waiter::{Claim, Phase, Waiter};
use super::{Buffer, Core, Hint, State};
use crate::channel::{SendError, TryRecvError, TrySendError};
use crate::select::{Arm, Attempt, Registration, SelectArm};

/// The final phase of an operation that could be done at once, and the waker of the counterpart
/// that it served.
type Attempted = Option<(Phase, Option<Waker>)>;

/// Which operation an [`Operation`] is: what differs between a send and a receive.
pub trait Kind<T>: Sized {
    /// What the operation comes back with.
    type Output;

    /// Tries it under the lock. `value` is what there is to send, or where to put what was
    /// received.
    fn attempt<B: Buffer<T>>(state: &mut State<T, B>, value: &mut Option<T>) -> Attempted;

    /// Where it waits.
    fn list<B>(state: &mut State<T, B>) -> &mut List<T>;

    /// What the operation comes back with, from how it ended and the value that is left with it.
    fn output(closed: bool, value: Option<T>) -> Self::Output;

    /// Whether a value that is left with an operation that is done must reach somebody else.
    const HANDED: bool;

    /// Where the channel notes whether the last one of its kind had to wait.
    const HINT: Hint;
}

/// Marks receives.
pub struct Receiving;
/// Marks sends.
pub struct Sending;

impl<T> Kind<T> for Receiving {
    type Output = Option<T>;
    const HANDED: bool = true;
    const HINT: Hint = Hint::RECEIVES_BLOCK;

    #[inline]
    fn attempt<B: Buffer<T>>(state: &mut State<T, B>, value: &mut Option<T>) -> Attempted {
        match state.try_recv() {
            Ok((received, wake)) => {
                *value = Some(received);
                Some((Phase::Done, wake))
            }
            Err(TryRecvError::Closed) => Some((Phase::Closed, None)),
            Err(TryRecvError::Empty) => None,
        }
    }

    #[inline]
    fn list<B>(state: &mut State<T, B>) -> &mut List<T> {
        &mut state.receivers
    }

    fn output(_closed: bool, value: Option<T>) -> Self::Output {
        value
    }
}

impl<T> Kind<T> for Sending {
    type Output = Result<(), SendError<T>>;
    const HANDED: bool = false;
    const HINT: Hint = Hint::SENDS_BLOCK;

    #[inline]
    fn attempt<B: Buffer<T>>(state: &mut State<T, B>, value: &mut Option<T>) -> Attempted {
        match state.try_send(value.take()?) {
            Ok(wake) => Some((Phase::Done, wake)),
            Err(TrySendError::Closed(unsent)) => {
                *value = Some(unsent);
                Some((Phase::Closed, None))
            }
            Err(TrySendError::Full(unsent)) => {
                *value = Some(unsent);
                None
            }
        }
    }

    #[inline]
    fn list<B>(state: &mut State<T, B>) -> &mut List<T> {
        &mut state.senders
    }

    fn output(closed: bool, value: Option<T>) -> Self::Output {
        match value {
            Some(value) if closed => Err(SendError(value)),
            _ => Ok(()),
        }
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
    kind: PhantomData<K>,
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
            kind: PhantomData,
        }
    }

    /// Tries the operation; the waker is the served counterpart's.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that `state` is under, and the waiter is `Idle`.
    unsafe fn try_now(&self, state: &mut State<T, B>) -> Attempt {
        // SAFETY: in no list, so its cells are the owner's (invariant 2).
        unsafe {
            match self.waiter.with_value(|value| K::attempt(state, value)) {
                Some((phase, wake)) => {
                    self.waiter.set_phase(phase);
                    Attempt::Committed(wake)
                }
                None => Attempt::Blocked,
            }
        }
    }

    /// Parks.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that `state` is under, the operation is pinned, and the waiter is
    /// `Idle`. The claim stays alive until [`Operation::withdraw`] has returned.
    unsafe fn park(&self, state: &mut State<T, B>, waker: Waker, claim: Option<NonNull<Claim>>) {
        // SAFETY: the owner, under the lock; pinned, and unlinked by `Drop` (invariant 1).
        unsafe {
            self.waiter.prepare(waker, claim);
            K::list(state).push_back(NonNull::from(&self.waiter));
        }
    }

    /// Leaves the list, if the waiter is in it, and lets go of the waker.
    fn withdraw(&self) {
        if !matches!(self.waiter.phase(), Phase::Waiting | Phase::Passed) {
            // Nobody else reaches a waiter in the other phases; a final one keeps its value.
            return;
        }
        let waker = self.core.locked(|state| {
            // SAFETY: under the lock: a waiter is in the list exactly while it is `Waiting`, and
            // a final one is not touched.
            unsafe {
                match self.waiter.phase() {
                    Phase::Waiting => K::list(state).remove(NonNull::from(&self.waiter)),
                    Phase::Passed => {}
                    _ => return None,
                }
                self.waiter.set_phase(Phase::Idle);
                self.waiter.take_waker()
            }
        });
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
    #[inline]
    fn start(&self, waker: &Waker) -> Poll<K::Output> {
        // A waker is cloned outside the lock (invariant 6), and only when it is likely to be
        // needed; if that was a wrong guess, there is a second look.
        let likely = self.core.hint.get(K::HINT);
        let mut cloned = likely.then(|| waker.clone());
        // SAFETY: `Idle`: the waiter is in no list, so its value is the owner's (invariant 2).
        let mut value = unsafe { self.waiter.with_value(Option::take) };
        loop {
            let attempt = self.core.locked(|state| {
                let attempt = K::attempt(state, &mut value);
                if attempt.is_none()
                    && let Some(waker) = cloned.take()
                {
                    // SAFETY: under the lock, pinned by `poll`, `Idle`, and without a claim.
                    unsafe {
                        self.waiter.with_value(|slot| *slot = value.take());
                        self.park(state, waker, None);
                    }
                    return Some(Err(()));
                }
                attempt.map(Ok)
            });
            let committed = matches!(attempt, Some(Ok(_)));
            if likely == committed {
                self.core.hint.set(K::HINT, !committed);
            }
            match attempt {
                Some(Ok((phase, wake))) => {
                    wake.into_iter().for_each(Waker::wake);
                    // SAFETY: still `Idle`.
                    unsafe { self.waiter.set_phase(Phase::Finished) };
                    return Poll::Ready(K::output(phase == Phase::Closed, value));
                }
                Some(Err(())) => return Poll::Pending,
                None => cloned = Some(waker.clone()),
            }
        }
    }

    /// Hands the outcome to the user, once.
    #[inline]
    fn finish(&self) -> Option<K::Output> {
        let closed = match self.waiter.phase() {
            Phase::Done => false,
            Phase::Closed => true,
            _ => return None,
        };
        // SAFETY: final, so the waiter is in no list and is the owner's (invariants 3 and 4).
        let value = unsafe {
            self.waiter.set_phase(Phase::Finished);
            self.waiter.with_value(Option::take)
        };
        Some(K::output(closed, value))
    }
}

impl<T, B: Buffer<T>, K: Kind<T>> Future for Operation<'_, T, B, K> {
    type Output = K::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<K::Output> {
        let operation = self.as_ref().get_ref();
        match operation.waiter.phase() {
            Phase::Idle => return operation.start(context.waker()),
            Phase::Waiting | Phase::Passed => operation.replace_waker(context.waker()),
            Phase::Done | Phase::Closed => {}
            Phase::Finished => panic!("a channel operation was polled after it completed"),
        }
        operation.finish().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T, B: Buffer<T>, K: Kind<T>> Drop for Operation<'_, T, B, K> {
    #[inline]
    fn drop(&mut self) {
        if self.waiter.phase() == Phase::Finished {
            return;
        }
        self.withdraw();
        if K::HANDED && self.waiter.phase() == Phase::Done {
            // SAFETY: final, so the waiter is in no list and is the owner's (invariants 3 and 4).
            if let Some(value) = unsafe { self.waiter.with_value(Option::take) } {
                self.core.give_back(value);
            }
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
        // SAFETY: the caller holds the lock and keeps the claim alive; pinned; `Idle`.
        unsafe {
            self.core.state_mut(|state| {
                let claim = NonNull::from(registration.claim);
                Operation::park(&self, state, registration.waker, Some(claim));
            });
        }
    }

    fn replace_waker(self: Pin<&mut Self>, waker: &Waker) {
        Operation::replace_waker(&self, waker);
    }

    fn waiter(&self) -> usize {
        self.waiter.address()
    }

    fn settle(self: Pin<&mut Self>) {
        // Whoever won the claim completes the waiter before it gives the lock back.
        if self.waiter.phase() == Phase::Waiting {
            self.core.locked(|_| ());
        }
        debug_assert!(matches!(self.waiter.phase(), Phase::Done | Phase::Closed));
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
