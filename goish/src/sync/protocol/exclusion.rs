//! Mutual exclusion, without what is guarded: `Mutex`, `Once` and the writers of an `RWMutex`
//! stand on it.
//!
//! As in Go, whoever comes while it is free takes it, also past those who wait: that costs nobody a
//! change of goroutines. Unlocking wakes the first in line, who tries again like a newcomer. One
//! that has waited for more than a millisecond and is passed once more makes the lock *starving*:
//! from then on unlocking hands it to the first in line and newcomers stand behind the last, until
//! one is served that did not wait long, or the line is empty.
//!
//! The word has four bits, and decides:
//!
//! 1. `LOCKED` is set by a step that sees neither `LOCKED` nor `STARVING`, or by who hands the lock
//!    over, under the lock of the line, with `STARVING` set and `LOCKED` not. So it has one owner.
//! 2. `WAITED_FOR` is set exactly while somebody stands in line. All bits but `LOCKED` change only
//!    under the lock of the line. Whoever stands in line sets it in a step that sees the lock taken
//!    (or being handed over), so the owner sees it when it unlocks.
//! 3. `ON_THE_WAY` is set while somebody in line was woken and has not looked yet. It looks after
//!    the unlocking that finds this bit, so that one need not wake anybody. It takes the bit back
//!    in a step that takes the lock or sees it taken, or, when it leaves, by waking the next.
//! 4. `STARVING` is set only in a step that sees `LOCKED`, by somebody in line; unlocking then finds
//!    somebody to hand over to, unless the last in line left, and took the bit with it.

use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use super::primitives::{
    Arrival, AtomicUsize, LOOKS, Mutex, PAUSES, const_unless_modelled, spin_loop,
};
use super::waiters::{Left, Look, Place, Waiters};

#[derive(Debug)]
pub(crate) struct Exclusion {
    word: AtomicUsize,
    line: Mutex<Waiters>,
}

const LOCKED: usize = 1;
const WAITED_FOR: usize = 2;
const ON_THE_WAY: usize = 4;
const STARVING: usize = 8;

impl Default for Exclusion {
    fn default() -> Self {
        Self::new()
    }
}

impl Exclusion {
    const_unless_modelled! {
        pub(crate) fn new() -> Self {
            Self {
                word: AtomicUsize::new(0),
                line: Mutex::new(Waiters::new()),
            }
        }
    }

    /// Locks it if it is free.
    #[inline]
    pub(crate) fn try_lock(&self) -> Option<Owned<'_>> {
        let locked = (self.word).compare_exchange(0, LOCKED, Ordering::Acquire, Ordering::Relaxed);
        match locked {
            Ok(_) => Some(Owned(self)),
            Err(word) => self.try_pass(word),
        }
    }

    /// Locks it past those who wait, if it is free and they do not starve.
    #[cold]
    fn try_pass(&self, mut word: usize) -> Option<Owned<'_>> {
        while word & (LOCKED | STARVING) == 0 {
            match self.replace(word, word | LOCKED) {
                Ok(()) => return Some(Owned(self)),
                Err(seen) => word = seen,
            }
        }
        None
    }

    /// Locks it.
    #[inline]
    pub(crate) fn lock(&self) -> Locking<'_> {
        Locking {
            lock: self,
            waits: None,
        }
    }

    fn replace(&self, word: usize, by: usize) -> Result<(), usize> {
        (self.word)
            .compare_exchange_weak(word, by, Ordering::AcqRel, Ordering::Relaxed)
            .map(drop)
    }

    /// Looks at it for a moment before standing in line: most locks are held for less.
    fn look(&self) -> Option<Owned<'_>> {
        for _ in 0..LOOKS {
            (0..PAUSES).for_each(|_| spin_loop());
            let word = self.word.load(Ordering::Relaxed);
            if word & STARVING != 0 {
                return None;
            }
            if let Some(owned) = self.try_pass(word) {
                return Some(owned);
            }
        }
        None
    }

    #[inline]
    fn unlock(&self) {
        let word = self.word.fetch_sub(LOCKED, Ordering::Release) - LOCKED;
        if word != 0 {
            self.unlocked(word);
        }
    }

    /// It was unlocked, and somebody waits.
    #[cold]
    fn unlocked(&self, word: usize) {
        if word & (ON_THE_WAY | STARVING) == ON_THE_WAY {
            return;
        }
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let waker = self.pass_on(&mut line);
        drop(line);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Has the first in line look, or hands it the lock, unless somebody has it or looks already.
    fn pass_on(&self, line: &mut Waiters) -> Option<Waker> {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if word & LOCKED != 0 || word & WAITED_FOR == 0 {
                return None;
            }
            if word & STARVING != 0 {
                // Nobody but who holds the lock of the line changes this word now.
                let waker = line.serve_first();
                let mut left = LOCKED | STARVING | WAITED_FOR;
                if line.is_empty() {
                    left = LOCKED;
                }
                self.word.store(left, Ordering::Relaxed);
                return waker;
            }
            if word & ON_THE_WAY != 0 {
                return None;
            }
            match self.replace(word, word | ON_THE_WAY) {
                Ok(()) => return line.wake_first(),
                Err(seen) => word = seen,
            }
        }
    }
}

/// The right to what is guarded. Dropping it unlocks.
#[derive(Debug)]
#[must_use = "it is unlocked as soon as this is dropped"]
pub(crate) struct Owned<'a>(&'a Exclusion);

impl<'a> Owned<'a> {
    /// What was locked.
    pub(crate) fn lock(&self) -> &'a Exclusion {
        self.0
    }
}

impl Drop for Owned<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.unlock();
    }
}

/// The future of [`Exclusion::lock`]. Dropping it passes on what it was given.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Locking<'a> {
    lock: &'a Exclusion,
    /// While it stands in line.
    waits: Option<(Place, Arrival)>,
}

impl<'a> Locking<'a> {
    #[cold]
    fn stand_in_line(&mut self, context: &mut Context<'_>) -> Poll<Owned<'a>> {
        let lock = self.lock;
        if let Some(owned) = lock.look() {
            return Poll::Ready(owned);
        }
        let waker = context.waker().clone();
        let arrival = Arrival::now();
        let mut line = lock.line.lock().unwrap_or_else(PoisonError::into_inner);
        let mut word = lock.word.load(Ordering::Relaxed);
        loop {
            let is_free = word & (LOCKED | STARVING) == 0;
            let next = if is_free {
                word | LOCKED
            } else {
                word | WAITED_FOR
            };
            match lock.replace(word, next) {
                Ok(()) if is_free => {
                    drop(line);
                    return Poll::Ready(Owned(lock));
                }
                Ok(()) => break,
                Err(seen) => word = seen,
            }
        }
        self.waits = Some((line.push(waker), arrival));
        Poll::Pending
    }

    #[cold]
    fn look_again(&mut self, context: &mut Context<'_>) -> Poll<Owned<'a>> {
        let lock = self.lock;
        let Some((place, arrival)) = &self.waits else {
            return self.stand_in_line(context);
        };
        let waker = context.waker().clone();
        let mut line = lock.line.lock().unwrap_or_else(PoisonError::into_inner);
        let look = line.look(place, waker);
        if let Look::Served = look {
            // The lock was handed over, and nobody but who holds the lock of the line changes any
            // bit beside `LOCKED`, which is ours.
            if !arrival.is_long_ago() {
                lock.word.fetch_and(!STARVING, Ordering::Relaxed);
            }
            drop(line);
            self.waits = None;
            return Poll::Ready(Owned(lock));
        }
        let was_woken = matches!(look, Look::Woken);
        let mut word = lock.word.load(Ordering::Relaxed);
        loop {
            let is_free = word & (LOCKED | STARVING) == 0;
            let mut next = word;
            if was_woken {
                next &= !ON_THE_WAY;
            }
            if is_free {
                next |= LOCKED;
                if line.is_one() {
                    next &= !WAITED_FOR;
                }
            } else if was_woken && arrival.is_long_ago() {
                next |= STARVING;
            }
            match lock.replace(word, next) {
                Ok(()) if is_free => break,
                Ok(()) => {
                    drop(line);
                    drop(look);
                    return Poll::Pending;
                }
                Err(seen) => word = seen,
            }
        }
        let left = line.leave(place);
        drop(line);
        drop((look, left));
        self.waits = None;
        Poll::Ready(Owned(lock))
    }
}

impl<'a> Future for Locking<'a> {
    type Output = Owned<'a>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Owned<'a>> {
        if self.waits.is_none()
            && let Some(owned) = self.lock.try_lock()
        {
            return Poll::Ready(owned);
        }
        self.look_again(context)
    }
}

impl Drop for Locking<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some((place, _)) = self.waits.take() {
            self.lock.leave(&place);
        }
    }
}

impl Exclusion {
    /// Gives a place up, and passes on what came with it.
    #[cold]
    fn leave(&self, place: &Place) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let left = line.leave(place);
        if let Left::Served { .. } = left {
            drop(line);
            return drop(Owned(self));
        }
        let mut gone = 0;
        if matches!(left, Left::Woken) {
            gone |= ON_THE_WAY;
        }
        if line.is_empty() {
            gone |= WAITED_FOR | STARVING;
        }
        self.word.fetch_and(!gone, Ordering::Relaxed);
        let waker = self.pass_on(&mut line);
        drop(line);
        drop(left);
        waker.into_iter().for_each(Waker::wake);
    }
}
