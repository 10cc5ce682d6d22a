//! What a channel shows to those who do not take its lock: whether an operation could be done at once.
//!
//! A `select` with a `default` that finds nothing is what a polling loop does most, and Go answers it
//! without the lock. Here whoever holds the lock keeps a word up to date, which anybody may read.
//!
//! Why that is right: an operation that happened before the look has stored its word before it gave the
//! lock back, so the look sees that word or a later one. Whoever looks at several channels looks at all
//! of them twice. The word counts its changes, so if each is the same at both looks, there was an
//! instant between the two at which all of them were so. (The count wraps after 2^30 changes between two
//! loads of one look; what would come of it is a `default` where a value has just come and gone.)

use std::sync::atomic::Ordering;

use super::sync::{AtomicU32, load_alone};
use super::{Buffer, State};

/// A receive would not wait.
const RECEIVE: u32 = 1;
/// A send would not wait.
const SEND: u32 = 2;
/// One change.
const CHANGE: u32 = 4;

/// What a channel showed to one look.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Glance(u32);

impl Glance {
    /// Whether a receive could be done at once. It may turn out to be none after all.
    pub(super) fn may_receive(self) -> bool {
        self.0 & RECEIVE != 0
    }

    /// Whether a send could be done at once. It may turn out to be none after all.
    pub(super) fn may_send(self) -> bool {
        self.0 & SEND != 0
    }
}

/// What a channel shows.
pub(super) struct Shown(AtomicU32);

impl Shown {
    pub(super) fn new<T, B: Buffer<T>>(state: &State<T, B>) -> Self {
        Self(AtomicU32::new(ready(state)))
    }

    #[inline]
    pub(super) fn look(&self) -> Glance {
        // `Acquire`, so that the looks at several channels have an order.
        Glance(self.0.load(Ordering::Acquire))
    }

    /// Called by the lock's holder, after each change of the state.
    ///
    /// # Safety
    ///
    /// The caller holds the lock.
    #[inline]
    pub(super) unsafe fn update<T, B: Buffer<T>>(&self, state: &State<T, B>) {
        // SAFETY: the caller holds the lock, and nobody else writes.
        let before = unsafe { load_alone(&self.0) };
        let ready = ready(state);
        // Written only when it changes, so that a steady channel is looked at in the looker's own cache.
        if before % CHANGE != ready {
            let changes = (before - before % CHANGE).wrapping_add(CHANGE);
            // `Release` for the order of the looks. What the looker learns needs none: it takes the lock
            // before it touches anything.
            self.0.store(changes | ready, Ordering::Release);
        }
    }
}

#[inline]
fn ready<T, B: Buffer<T>>(state: &State<T, B>) -> u32 {
    let receive = state.closed | (state.buffer.len() > 0) | !state.senders.is_empty();
    let send = state.closed | state.buffer.has_room() | !state.receivers.is_empty();
    u32::from(receive) * RECEIVE + u32::from(send) * SEND
}
