//! The counter of a group, and who waits for it to reach zero.
//!
//! The word holds the counter, and in its lowest bit whether somebody waits. What counts is always
//! the word:
//!
//! 1. `WAITED_FOR` is set and taken back only under the lock of the line, and is set while somebody
//!    stands in it. It is set in the same step that sees a counter other than zero, so whoever
//!    brings the counter to zero later sees it.
//! 2. Who brings the counter to zero and sees the bit serves the line; but under the lock it looks
//!    at the word again, and serves nobody unless the counter is zero *now*, in the step that takes
//!    the bit back. Between the two the counter may have been seen at zero, raised again and waited
//!    for: those waiters wait for the next zero, and not for this late wake-up.
//! 3. A wait ends when the counter was seen at zero, or its place in the line is marked.
//!
//! Adding and waiting for a zero that is there are one atomic operation each.

use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::primitives::{AtomicI64, Mutex};
use super::waiters::{Left, Look, Place, Waiters};

#[derive(Debug)]
pub(crate) struct Count {
    word: AtomicI64,
    line: Mutex<Waiters>,
}

/// Somebody waits.
const WAITED_FOR: i64 = 1;
/// One, in the counter.
const ONE: i64 = 2;

/// The counter would be less than zero, or more than fits.
#[derive(Debug)]
pub(crate) struct OutOfRange;

impl Count {
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicI64::new(0),
            line: Mutex::new(Waiters::new()),
        }
    }

    #[inline]
    pub(crate) fn add(&self, delta: i64) -> Result<(), OutOfRange> {
        let change = delta.checked_mul(ONE).ok_or(OutOfRange)?;
        if delta > 0 && self.word.load(Ordering::Relaxed) == WAITED_FOR {
            // Whoever brought it to zero is late. Those who waited for that zero should not have to
            // wait for another.
            self.serve();
        }
        let before = self.word.fetch_add(change, Ordering::AcqRel);
        let word = before.checked_add(change).ok_or(OutOfRange)?;
        if word < 0 {
            return Err(OutOfRange);
        }
        if word == WAITED_FOR {
            self.serve();
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn is_zero(&self) -> bool {
        self.word.load(Ordering::Acquire) & !WAITED_FOR == 0
    }

    /// Waits until the counter is zero.
    pub(crate) fn wait(&self) -> Zero<'_> {
        Zero {
            count: self,
            place: None,
        }
    }

    #[cold]
    fn serve(&self) {
        let wakes = {
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            let seen =
                (self.word).compare_exchange(WAITED_FOR, 0, Ordering::AcqRel, Ordering::Relaxed);
            if seen.is_err() {
                return;
            }
            line.serve_all().1
        };
        wakes.wake();
    }
}

/// The future of [`Count::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Zero<'a> {
    count: &'a Count,
    /// While it stands in line.
    place: Option<Place>,
}

impl Zero<'_> {
    #[cold]
    fn stand_in_line(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker().clone();
        let count = self.count;
        let mut line = count.line.lock().unwrap_or_else(PoisonError::into_inner);
        let waited_for = (count.word).fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            (word & !WAITED_FOR != 0).then_some(word | WAITED_FOR)
        });
        if waited_for.is_err() {
            drop(line);
            return Poll::Ready(());
        }
        self.place = Some(line.push(waker));
        Poll::Pending
    }
}

impl Future for Zero<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(place) = &self.place else {
            if self.count.is_zero() {
                return Poll::Ready(());
            }
            return self.stand_in_line(context);
        };
        let waker = context.waker().clone();
        let mut line = (self.count.line.lock()).unwrap_or_else(PoisonError::into_inner);
        let look = line.look(place, waker);
        drop(line);
        if let Look::Served = look {
            self.place = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl Drop for Zero<'_> {
    fn drop(&mut self) {
        let Some(place) = &self.place else { return };
        let mut line = (self.count.line.lock()).unwrap_or_else(PoisonError::into_inner);
        let left = line.leave(place);
        if line.is_empty() && matches!(left, Left::Waiting(_)) {
            self.count.word.fetch_and(!WAITED_FOR, Ordering::Relaxed);
        }
        drop(line);
        drop(left);
    }
}
