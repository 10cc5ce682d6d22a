//! The waiting core: Go's rules for a channel, over any [`Buffer`].
//!
//! It has the shape of Go's own `hchan`: one short lock around a buffer and two lists of waiters,
//! with direct hand-off. A send that finds a parked receiver puts the value into that receiver's
//! future; a receive that frees a place in the buffer moves the longest parked sender's value into
//! it. So nobody who is woken has to compete again, order is kept on both sides, and close is one
//! flag under the same lock: no send can slip in after it, and nobody pays for it before.
//!
//! # Invariants
//!
//! Every `unsafe` block of the core relies on these, by number.
//!
//! 1. **A linked waiter is alive and does not move.** A waiter is linked only through a pinned
//!    future or select arm, whose `Drop` unlinks it under the channel's lock. A future that is
//!    leaked leaks its memory with it, as the contract of `Pin` demands.
//! 2. **A waiter's cells belong to the lock while it is linked**, and to its owner while it is not.
//!    The owner links it under the lock.
//! 3. **Who takes a waiter out to serve it owns its cells until it stores the final phase**
//!    (`Done` or `Closed`, Release), all under the lock, and never touches the waiter after that
//!    store: the owner may read the phase (Acquire) without the lock and free the waiter at once.
//!    The waker is therefore taken out before the store, and woken after the lock.
//! 4. **The final phase publishes the value**: the owner reads the value cell only after it has
//!    read `Done` or `Closed` (Acquire), or under the lock.
//! 5. **A claim outlives every link to it**: a select takes all its waiters out, each under its
//!    channel's lock, before its claim goes away; a waiter's claim is read only while linked.
//! 6. **Wakers and values are dropped, and wakers woken, outside the lock**: both may run code that
//!    comes back to this channel.

mod arms;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "which buffers are used depends on the engines that are built"
)]
mod buffer;
mod glance;
mod list;
#[cfg(all(test, goish_loom))]
mod models;
mod shared;
pub(crate) mod sync;
mod turn;
pub(crate) mod waiter;

use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::task::Waker;

use smallvec::SmallVec;

use crate::channel::{CloseError, TryRecvError, TrySendError};
use glance::Shown;
use list::List;
use sync::{AtomicU8, RawLock, UnsafeCell};
use turn::Turn;
use waiter::{Phase, Waiter};

pub(crate) use arms::{Recv, Send};
#[allow(unused_imports, reason = "as above")]
pub(crate) use buffer::{Backed, Buffer, Queue, Ring};
pub use glance::Glance;
pub(crate) use shared::Shared;
pub(crate) use waiter::Claim;

/// How many waiters a close takes out before it lets others have the lock. Large enough to make
/// the lock's cost small beside the wakes', small enough to keep everybody else's wait short.
const CLOSE_BATCH: usize = 32;

/// A channel.
pub struct Core<T, B> {
    lock: RawLock,
    hint: Hints,
    shown: Shown,
    state: UnsafeCell<State<T, B>>,
}

/// What an operation may guess before it takes the lock. Wrong guesses cost time and nothing else.
struct Hints(AtomicU8);

/// One such guess.
#[derive(Clone, Copy)]
pub struct Hint(u8);

impl Hint {
    const RECEIVES_BLOCK: Hint = Hint(1);
    const SENDS_BLOCK: Hint = Hint(2);
}

impl Hints {
    #[inline]
    fn get(&self, hint: Hint) -> bool {
        self.0.load(Ordering::Relaxed) & hint.0 != 0
    }

    /// Written only when it changes, so that a steady channel shares the line unmodified.
    #[inline]
    fn set(&self, hint: Hint, on: bool) {
        let hints = self.0.load(Ordering::Relaxed);
        let changed = if on { hints | hint.0 } else { hints & !hint.0 };
        if changed != hints {
            self.0.store(changed, Ordering::Relaxed);
        }
    }
}

// SAFETY: the state is reached under the lock only, and what crosses threads through it is values
// (`T: Send`), the buffer (`B: Send`) and wakers (`Send`).
unsafe impl<T: std::marker::Send, B: std::marker::Send> std::marker::Send for Core<T, B> {}
// SAFETY: as above.
unsafe impl<T: std::marker::Send, B: std::marker::Send> Sync for Core<T, B> {}

/// What the lock guards.
pub struct State<T, B> {
    pub(crate) buffer: B,
    receivers: List<T>,
    senders: List<T>,
    closed: bool,
    receiving: Turn,
    sending: Turn,
}

/// Gives the lock back, also when a buffer panics.
struct Unlock<'a>(&'a RawLock);

impl Drop for Unlock<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: made by whoever took the lock, and only then.
        unsafe { self.0.unlock() }
    }
}

impl<T, B: Buffer<T>> Core<T, B> {
    fn new(buffer: B) -> Self {
        let state = State {
            buffer,
            receivers: List::new(),
            senders: List::new(),
            closed: false,
            receiving: Turn::default(),
            sending: Turn::default(),
        };
        Self {
            lock: RawLock::new(),
            hint: Hints(AtomicU8::new(0)),
            shown: Shown::new(&state),
            state: UnsafeCell::new(state),
        }
    }

    /// Runs `change` under the lock.
    #[inline]
    fn locked<R>(&self, change: impl FnOnce(&mut State<T, B>) -> R) -> R {
        self.lock.lock();
        let _unlock = Unlock(&self.lock);
        // SAFETY: the lock is held.
        unsafe { self.state_mut(change) }
    }

    /// Runs `change` on the state.
    ///
    /// # Safety
    ///
    /// The caller holds the lock and has no other reference to the state.
    #[inline]
    unsafe fn state_mut<R>(&self, change: impl FnOnce(&mut State<T, B>) -> R) -> R {
        self.state.with_mut(|state| {
            // SAFETY: the lock is held, so this is the only reference.
            let state = unsafe { &mut *state };
            let result = change(state);
            if B::IS_SHOWN {
                // SAFETY: the caller holds the lock.
                unsafe { self.shown.update(state) };
            }
            result
        })
    }

    fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        if B::IS_SHOWN && !self.shown.look().may_send() {
            return Err(TrySendError::Full(value));
        }
        let wake = self.locked(|state| state.try_send(value))?;
        if let Some(waker) = wake {
            waker.wake();
        }
        Ok(())
    }

    fn try_recv(&self) -> Result<T, TryRecvError> {
        if B::IS_SHOWN && !self.shown.look().may_receive() {
            return Err(TryRecvError::Empty);
        }
        let (value, wake) = self.locked(State::try_recv)?;
        if let Some(waker) = wake {
            waker.wake();
        }
        Ok(value)
    }

    /// Passes on a value whose receiver left after the hand-off: its sender has succeeded long
    /// since, so it must reach somebody.
    fn give_back(&self, value: T) {
        let wake = self.locked(|state| state.give_back(value));
        if let Some(waker) = wake {
            waker.wake();
        }
    }

    fn close(&self) -> Result<(), CloseError> {
        self.locked(|state| match std::mem::replace(&mut state.closed, true) {
            false => Ok(()),
            true => Err(CloseError),
        })?;
        // From here on nobody parks, so the lists only shrink and the loop ends.
        loop {
            let batch = self.locked(State::take_batch_for_close);
            if batch.is_empty() {
                return Ok(());
            }
            batch.into_iter().for_each(Waker::wake);
        }
    }
}

impl<T, B: Buffer<T>> State<T, B> {
    /// Sends if that is possible at once; the waker is the served receiver's.
    #[inline]
    fn try_send(&mut self, value: T) -> Result<Option<Waker>, TrySendError<T>> {
        if self.closed {
            return Err(TrySendError::Closed(value));
        }
        if let Some(receiver) = self.next_receiver() {
            // SAFETY: just taken out to be served, under the lock (invariant 3).
            return Ok(Some(unsafe { hand(receiver, value) }));
        }
        match self.buffer.push(value) {
            Ok(()) => Ok(None),
            Err(value) => Err(TrySendError::Full(value)),
        }
    }

    /// Receives if that is possible at once; the waker is the served sender's.
    #[inline]
    fn try_recv(&mut self) -> Result<(T, Option<Waker>), TryRecvError> {
        if let Some(value) = self.buffer.pop() {
            return Ok((value, self.refill()));
        }
        if self.closed {
            // Senders that are still parked have failed: the close is about to take them out.
            return Err(TryRecvError::Closed);
        }
        if let Some(sender) = self.next_sender() {
            // SAFETY: just taken out to be served, under the lock (invariant 3).
            let (value, wake) = unsafe { take(sender) };
            return Ok((value, Some(wake)));
        }
        Err(TryRecvError::Empty)
    }

    /// Moves the longest parked sender's value into the place that a receive has freed.
    #[inline]
    fn refill(&mut self) -> Option<Waker> {
        if self.senders.is_empty() || self.closed || !self.buffer.has_room() {
            return None;
        }
        let sender = self.next_sender()?;
        // SAFETY: just taken out to be served, under the lock (invariant 3).
        let (value, wake) = unsafe { take(sender) };
        let pushed = self.buffer.push(value);
        debug_assert!(pushed.is_ok(), "there was room");
        Some(wake)
    }

    fn give_back(&mut self, value: T) -> Option<Waker> {
        match self.next_receiver() {
            // SAFETY: just taken out to be served, under the lock (invariant 3).
            Some(receiver) => Some(unsafe { hand(receiver, value) }),
            None => {
                self.buffer.push_front(value);
                None
            }
        }
    }

    fn take_batch_for_close(&mut self) -> SmallVec<[Waker; CLOSE_BATCH]> {
        let mut wakers = SmallVec::new();
        while wakers.len() < CLOSE_BATCH {
            let Some(waiter) = self.next_receiver().or_else(|| self.next_sender()) else {
                break;
            };
            // SAFETY: just taken out under the lock (invariant 3). A sender's value stays with it.
            wakers.push(unsafe { close(waiter) });
        }
        wakers
    }

    #[inline]
    fn next_receiver(&mut self) -> Option<NonNull<Waiter<T>>> {
        // SAFETY: `&mut self` exists under the lock only.
        unsafe { next(&mut self.receivers) }
    }

    #[inline]
    fn next_sender(&mut self) -> Option<NonNull<Waiter<T>>> {
        // SAFETY: as above.
        unsafe { next(&mut self.senders) }
    }
}

/// Takes out the longest parked waiter that can still be served. Waiters of selects that have
/// committed another case are dropped from the list on the way.
///
/// # Safety
///
/// The caller holds the lock that guards the list.
#[inline]
unsafe fn next<T>(list: &mut List<T>) -> Option<NonNull<Waiter<T>>> {
    // SAFETY: the lock is held; what is in the list is alive (invariant 1) and `Waiting`. A waiter
    // that is passed over is touched no more after its phase is stored, except by its owner, who
    // needs the lock to let go of a waiter in any phase but a final one.
    unsafe {
        while let Some(waiter) = list.pop_front() {
            if waiter.as_ref().claim() {
                return Some(waiter);
            }
            waiter.as_ref().set_phase(Phase::Passed);
        }
    }
    None
}

/// Hands a value to a parked receiver. Comes back with its waker.
///
/// # Safety
///
/// The caller has just taken the waiter out of the receivers' list, and still holds the lock.
#[inline]
unsafe fn hand<T>(receiver: NonNull<Waiter<T>>, value: T) -> Waker {
    // SAFETY: alive until the phase is stored (invariants 1 and 3); the store comes last.
    unsafe {
        let receiver = receiver.as_ref();
        receiver.put_value(value);
        let waker = receiver.take_waker();
        receiver.set_phase(Phase::Done);
        waker
    }
}

/// Takes a parked sender's value. Comes back with its waker too.
///
/// # Safety
///
/// The caller has just taken the waiter out of the senders' list, and still holds the lock.
#[inline]
unsafe fn take<T>(sender: NonNull<Waiter<T>>) -> (T, Waker) {
    // SAFETY: as for `hand`; a parked sender has its value.
    unsafe {
        let sender = sender.as_ref();
        let value = sender.take_value();
        let waker = sender.take_waker();
        sender.set_phase(Phase::Done);
        (value, waker)
    }
}

/// Completes a waiter as closed; a sender keeps its value.
///
/// # Safety
///
/// The caller has just taken the waiter out of its list, and still holds the lock.
unsafe fn close<T>(waiter: NonNull<Waiter<T>>) -> Waker {
    // SAFETY: as for `hand`.
    unsafe {
        let waiter = waiter.as_ref();
        let waker = waiter.take_waker();
        waiter.set_phase(Phase::Closed);
        waker
    }
}

#[cfg(all(test, not(goish_loom)))]
mod tests {
    use super::*;

    /// Channels by the hundred thousand and waiters by the million are what goish promises, so a
    /// field more must be a decision.
    #[test]
    fn channels_and_waiters_stay_small() {
        // An `Arc` adds its two counts. Go's own channel has 96 bytes.
        let counts = 2 * size_of::<usize>();
        assert_eq!(size_of::<Core<u64, Ring<u64>>>() + counts, 88);
        assert_eq!(size_of::<Waiter<()>>(), 48);
        assert_eq!(size_of::<Waiter<u64>>(), 48 + size_of::<u64>());
    }
}
