//! Pending operations: as cases of a select, and as futures of their own.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use super::list::List;
use super::waiter::{Claim, Phase, Waiter};
use super::{Buffer, Core, Glance, Hint, State, Turn};
use crate::channel::{SendError, TryRecvError, TrySendError};
use crate::select::{Arm, Attempt, Registration, SelectArm};

/// What an operation came back with that could be done at once, and the waker of the counterpart
/// that it served; or what it began with, when it has to wait.
type Attempted<O, I> = Result<(O, Option<Waker>), I>;

/// Why an operation was not done at once.
enum Blocked<I> {
    /// It has to wait for a counterpart.
    NotReady(I),
    /// It is somebody else's turn.
    TurnIsOver(I),
}

/// Which operation an [`Operation`] is: what differs between a send and a receive.
pub trait Kind<T>: Sized {
    /// What the operation begins with: a value to send, or nothing.
    type Input;
    /// What it comes back with.
    type Output;

    /// Where the channel notes whether the last one of its kind had to wait.
    const HINT: Hint;

    /// Whether it could be done at once, by what the channel shows.
    fn may_be_ready(glance: Glance) -> bool;

    /// Tries it under the lock.
    fn attempt<B: Buffer<T>>(
        state: &mut State<T, B>,
        input: Self::Input,
    ) -> Attempted<Self::Output, Self::Input>;

    /// Where it waits.
    fn list<B>(state: &mut State<T, B>) -> &mut List<T>;

    /// Whose turn it is.
    fn turn<B>(state: &mut State<T, B>) -> &mut Turn;

    /// Whether the waiter of an operation that is in no list has a value.
    fn has_value(phase: Phase) -> bool;

    /// What becomes of a value that is left with an operation that is dropped.
    fn abandon<B: Buffer<T>>(core: &Core<T, B>, value: T);

    /// Takes the input out of the waiter.
    ///
    /// # Safety
    ///
    /// The caller owns the waiter, which is `Idle`, and stores another phase.
    unsafe fn take_input(waiter: &Waiter<T>) -> Self::Input;

    /// Puts the input back.
    ///
    /// # Safety
    ///
    /// The caller owns the waiter, which is in no list and has no value, and stores the phase
    /// `Idle` or `Waiting`.
    unsafe fn put_input(waiter: &Waiter<T>, input: Self::Input);

    /// Keeps an outcome in the waiter, until it is asked for. Comes back with the phase to store.
    ///
    /// # Safety
    ///
    /// The caller owns the waiter, which is in no list and has no value, and stores the phase.
    unsafe fn put_output(waiter: &Waiter<T>, output: Self::Output) -> Phase;

    /// Takes the outcome out of the waiter.
    ///
    /// # Safety
    ///
    /// The caller owns the waiter, which is `Closed` if `closed` and else `Done`, and stores another
    /// phase.
    unsafe fn take_output(waiter: &Waiter<T>, closed: bool) -> Self::Output;
}

/// Marks receives.
pub struct Receiving;
/// Marks sends.
pub struct Sending;

impl<T> Kind<T> for Receiving {
    type Input = ();
    type Output = Option<T>;
    const HINT: Hint = Hint::RECEIVES_BLOCK;

    #[inline]
    fn may_be_ready(glance: Glance) -> bool {
        glance.may_receive()
    }

    #[inline]
    fn attempt<B: Buffer<T>>(state: &mut State<T, B>, (): ()) -> Attempted<Option<T>, ()> {
        match state.try_recv() {
            Ok((value, wake)) => Ok((Some(value), wake)),
            Err(TryRecvError::Closed) => Ok((None, None)),
            Err(TryRecvError::Empty) => Err(()),
        }
    }

    #[inline]
    fn list<B>(state: &mut State<T, B>) -> &mut List<T> {
        &mut state.receivers
    }

    #[inline]
    fn turn<B>(state: &mut State<T, B>) -> &mut Turn {
        &mut state.receiving
    }

    fn has_value(phase: Phase) -> bool {
        phase == Phase::Done
    }

    /// Its sender has succeeded long since, so it must reach somebody else.
    fn abandon<B: Buffer<T>>(core: &Core<T, B>, value: T) {
        core.give_back(value);
    }

    #[inline]
    unsafe fn take_input(_waiter: &Waiter<T>) {}

    #[inline]
    unsafe fn put_input(_waiter: &Waiter<T>, (): ()) {}

    unsafe fn put_output(waiter: &Waiter<T>, output: Option<T>) -> Phase {
        let Some(value) = output else {
            return Phase::Closed;
        };
        // SAFETY: promised by the caller.
        unsafe { waiter.put_value(value) };
        Phase::Done
    }

    #[inline]
    unsafe fn take_output(waiter: &Waiter<T>, closed: bool) -> Option<T> {
        // SAFETY: promised by the caller: a receive that is `Done` has a value.
        (!closed).then(|| unsafe { waiter.take_value() })
    }
}

impl<T> Kind<T> for Sending {
    type Input = T;
    type Output = Result<(), SendError<T>>;
    const HINT: Hint = Hint::SENDS_BLOCK;

    #[inline]
    fn may_be_ready(glance: Glance) -> bool {
        glance.may_send()
    }

    #[inline]
    fn attempt<B: Buffer<T>>(state: &mut State<T, B>, value: T) -> Attempted<Self::Output, T> {
        match state.try_send(value) {
            Ok(wake) => Ok((Ok(()), wake)),
            Err(TrySendError::Closed(value)) => Ok((Err(SendError(value)), None)),
            Err(TrySendError::Full(value)) => Err(value),
        }
    }

    #[inline]
    fn list<B>(state: &mut State<T, B>) -> &mut List<T> {
        &mut state.senders
    }

    #[inline]
    fn turn<B>(state: &mut State<T, B>) -> &mut Turn {
        &mut state.sending
    }

    fn has_value(phase: Phase) -> bool {
        matches!(phase, Phase::Idle | Phase::Closed)
    }

    fn abandon<B: Buffer<T>>(_core: &Core<T, B>, value: T) {
        drop(value);
    }

    #[inline]
    unsafe fn take_input(waiter: &Waiter<T>) -> T {
        // SAFETY: promised by the caller: a send that is `Idle` has its value.
        unsafe { waiter.take_value() }
    }

    #[inline]
    unsafe fn put_input(waiter: &Waiter<T>, value: T) {
        // SAFETY: promised by the caller.
        unsafe { waiter.put_value(value) };
    }

    unsafe fn put_output(waiter: &Waiter<T>, output: Self::Output) -> Phase {
        let Err(SendError(value)) = output else {
            return Phase::Done;
        };
        // SAFETY: promised by the caller.
        unsafe { waiter.put_value(value) };
        Phase::Closed
    }

    #[inline]
    unsafe fn take_output(waiter: &Waiter<T>, closed: bool) -> Self::Output {
        if !closed {
            return Ok(());
        }
        // SAFETY: promised by the caller: a send that is `Closed` has its value.
        Err(SendError(unsafe { waiter.take_value() }))
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

impl<'a, T, B: Buffer<T>> Send<'a, T, B> {
    #[inline]
    pub(super) fn new(core: &'a Core<T, B>, value: T) -> Self {
        Self::with(core, Waiter::with(value))
    }
}

impl<'a, T, B: Buffer<T>> Recv<'a, T, B> {
    #[inline]
    pub(super) fn new(core: &'a Core<T, B>) -> Self {
        Self::with(core, Waiter::empty())
    }
}

impl<'a, T, B: Buffer<T>, K: Kind<T>> Operation<'a, T, B, K> {
    #[inline]
    fn with(core: &'a Core<T, B>, waiter: Waiter<T>) -> Self {
        Self {
            core,
            waiter,
            kind: PhantomData,
        }
    }

    /// Takes the input out. From here on the waiter counts as finished, so that nothing is dropped
    /// twice if a buffer or a waker panics.
    ///
    /// # Safety
    ///
    /// The waiter is `Idle`.
    #[inline]
    unsafe fn take_input(&self) -> K::Input {
        // SAFETY: `Idle`, so it is in no list and is the owner's (invariant 2).
        unsafe {
            self.waiter.set_phase(Phase::Finished);
            K::take_input(&self.waiter)
        }
    }

    /// Tries the operation, and keeps its outcome; the waker is the served counterpart's.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that `state` is under, and the waiter is `Idle`.
    unsafe fn try_now(&self, state: &mut State<T, B>) -> Attempt {
        // SAFETY: in no list all the time, so its cells are the owner's (invariant 2).
        unsafe {
            match K::attempt(state, self.take_input()) {
                Ok((output, wake)) => {
                    let phase = K::put_output(&self.waiter, output);
                    self.waiter.set_phase(phase);
                    Attempt::Committed(wake)
                }
                Err(input) => {
                    K::put_input(&self.waiter, input);
                    self.waiter.set_phase(Phase::Idle);
                    Attempt::Blocked
                }
            }
        }
    }

    /// Parks.
    ///
    /// # Safety
    ///
    /// The caller holds the lock that `state` is under, the operation is pinned, the waiter is in no
    /// list, and has its input. The claim stays alive until [`Operation::withdraw`] has returned.
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
                let waker = self.waiter.take_waker();
                self.waiter.set_phase(Phase::Idle);
                Some(waker)
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
        let waker = waker.clone();
        let unused = self.core.locked(|_| match self.waiter.phase() {
            // SAFETY: the owner, under the lock, and still in the list.
            Phase::Waiting => unsafe { self.waiter.replace_waker(waker) },
            _ => waker,
        });
        drop(unused);
    }

    /// Tries, and parks when that is not possible.
    #[inline]
    fn start(&self, waker: &Waker) -> Poll<K::Output> {
        // SAFETY: the caller has just found it to be `Idle`, which only the owner changes.
        let input = unsafe { self.take_input() };
        if self.core.hint.get(K::HINT) {
            return self.start_and_park(input, waker);
        }
        let attempt = self.core.locked(|state| match K::turn(state).take(waker) {
            true => K::attempt(state, input).map_err(Blocked::NotReady),
            false => Err(Blocked::TurnIsOver(input)),
        });
        match attempt {
            Ok((output, wake)) => {
                wake.into_iter().for_each(Waker::wake);
                Poll::Ready(output)
            }
            Err(Blocked::NotReady(input)) => self.start_and_park(input, waker),
            Err(Blocked::TurnIsOver(input)) => self.give_way(input, waker),
        }
    }

    /// Lets others have the worker, and has itself polled again.
    #[cold]
    fn give_way(&self, input: K::Input, waker: &Waker) -> Poll<K::Output> {
        // SAFETY: in no list, so the waiter is the owner's (invariant 2); the input is taken out.
        unsafe {
            K::put_input(&self.waiter, input);
            self.waiter.set_phase(Phase::Idle);
        }
        waker.wake_by_ref();
        Poll::Pending
    }

    /// Tries with a waker at hand, and parks when that is not possible. A waker is cloned outside
    /// the lock (invariant 6), so it is cloned in vain when the operation can be done after all.
    #[inline(never)]
    fn start_and_park(&self, input: K::Input, waker: &Waker) -> Poll<K::Output> {
        let waker = waker.clone();
        let attempt = self.core.locked(|state| {
            K::attempt(state, input).map_err(|input| {
                // SAFETY: under the lock, pinned by `poll`, in no list and without a claim; the
                // input is taken out.
                unsafe {
                    K::put_input(&self.waiter, input);
                    self.park(state, waker, None);
                }
            })
        });
        self.core.hint.set(K::HINT, attempt.is_err());
        let Ok((output, wake)) = attempt else {
            return Poll::Pending;
        };
        wake.into_iter().for_each(Waker::wake);
        Poll::Ready(output)
    }

    /// Looks again at an operation that had to wait.
    fn resume(&self, waker: &Waker) -> Poll<K::Output> {
        match self.waiter.phase() {
            Phase::Waiting | Phase::Passed => self.replace_waker(waker),
            Phase::Finished => panic!("a channel operation was polled after it completed"),
            _ => {}
        }
        self.finish().map_or(Poll::Pending, Poll::Ready)
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
        unsafe {
            self.waiter.set_phase(Phase::Finished);
            Some(K::take_output(&self.waiter, closed))
        }
    }

    /// Leaves the channel before the outcome was asked for.
    #[inline(never)]
    fn abandon(&self) {
        self.withdraw();
        if !K::has_value(self.waiter.phase()) {
            return;
        }
        // SAFETY: after `withdraw` the waiter is in no list and is the owner's (invariants 3 and
        // 4).
        let value = unsafe {
            self.waiter.set_phase(Phase::Finished);
            self.waiter.take_value()
        };
        K::abandon(self.core, value);
    }
}

impl<T, B: Buffer<T>, K: Kind<T>> Future for Operation<'_, T, B, K> {
    type Output = K::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<K::Output> {
        let operation = self.as_ref().get_ref();
        if operation.waiter.phase() == Phase::Idle {
            return operation.start(context.waker());
        }
        operation.resume(context.waker())
    }
}

impl<T, B: Buffer<T>, K: Kind<T>> Drop for Operation<'_, T, B, K> {
    #[inline]
    fn drop(&mut self) {
        match self.waiter.phase() {
            Phase::Finished => {}
            // It has not begun, and has nothing to leave.
            Phase::Idle if !K::has_value(Phase::Idle) => {}
            _ => self.abandon(),
        }
    }
}

// SAFETY: `withdraw` takes the waiter out under the lock, so that nobody reaches the claim of the
// registration through it afterwards; `Drop` does the same.
unsafe impl<T: std::marker::Send, B: Buffer<T>, K: Kind<T>> SelectArm for Operation<'_, T, B, K> {
    fn channel(&self) -> usize {
        std::ptr::from_ref(self.core).addr()
    }

    fn blocked(&self) -> Option<Glance> {
        // An arm that was used before is for `attempt` to tell.
        if !B::IS_SHOWN || self.waiter.phase() != Phase::Idle {
            return None;
        }
        let glance = self.core.shown.look();
        (!K::may_be_ready(glance)).then_some(glance)
    }

    fn lock(&self) {
        self.core.lock.lock();
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { self.core.lock.unlock() }
    }

    unsafe fn attempt(self: Pin<&mut Self>) -> Attempt {
        if self.waiter.phase() != Phase::Idle {
            return Attempt::Used;
        }
        // SAFETY: the caller holds the lock; `Idle`.
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
