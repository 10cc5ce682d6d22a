//! What waits for a time: a future, and an alarm for somebody else.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::{Key, Timers};

/// The scheduler's clock, and who minds it.
pub(crate) trait Clock {
    /// Nanoseconds since some start. It never goes back.
    fn now() -> u64;
    /// The timers of this thread's worker, or the ones for threads that are none.
    fn timers() -> &'static Timers;
    /// Makes sure that somebody fires this thread's timers at the deadline: it is earlier than all
    /// that they had.
    fn wake_for(deadline: u64);
}

/// A timer that has been entered. Dropped it is taken out.
struct Entered {
    timers: &'static Timers,
    key: Key,
}

impl Entered {
    fn new<C: Clock>(deadline: u64, waker: Waker) -> Self {
        let timers = C::timers();
        let (key, is_first) = timers.insert(deadline, waker);
        // Made before the call below, which then may panic.
        let entered = Self { timers, key };
        if is_first {
            C::wake_for(deadline);
        }
        entered
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.timers.remove(self.key);
    }
}

/// Is ready when its deadline has come. It is entered when it is polled for the first time, with the
/// worker that polls it, and stays there if it is polled on another.
///
/// A wake-up is a hint: the clock decides.
///
/// Cancel safety: it may be dropped at any time, and leaves nothing behind.
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Sleep<C: Clock> {
    deadline: u64,
    entered: Option<Entered>,
    clock: PhantomData<fn() -> C>,
}

impl<C: Clock> Sleep<C> {
    /// Until the clock says so much.
    pub(crate) fn until(deadline: u64) -> Self {
        Self {
            deadline,
            entered: None,
            clock: PhantomData,
        }
    }
}

impl<C: Clock> Future for Sleep<C> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if C::now() >= this.deadline {
            this.entered = None;
            return Poll::Ready(());
        }
        if let Some(entered) = &this.entered
            && entered.timers.replace(entered.key, context.waker())
        {
            return Poll::Pending;
        }
        // For the first time; or it has fired by a clock that was ahead of the one looked at here.
        this.entered = Some(Entered::new::<C>(this.deadline, context.waker().clone()));
        Poll::Pending
    }
}

impl<C: Clock> fmt::Debug for Sleep<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Wakes somebody at a deadline. Dropped before, it does not.
#[must_use = "an alarm that is dropped wakes nobody"]
pub(crate) struct Alarm<C: Clock> {
    #[expect(dead_code, reason = "it is kept, not read")]
    entered: Entered,
    clock: PhantomData<fn() -> C>,
}

impl<C: Clock> Alarm<C> {
    /// Wakes `waker` when the clock says so much: at once, if it does already and somebody looks.
    pub(crate) fn at(deadline: u64, waker: Waker) -> Self {
        Self {
            entered: Entered::new::<C>(deadline, waker),
            clock: PhantomData,
        }
    }
}

impl<C: Clock> fmt::Debug for Alarm<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alarm(..)")
    }
}
