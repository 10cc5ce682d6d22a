//! Waiting for a signal that somebody gives: what `Cond` stands on.
//!
//! 1. Whoever waits stands in line from `wait` on, before it unlocks what guards the condition. So
//!    a signal that is given after the unlocking finds it.
//! 2. A wait ends only when its place is marked. One that was marked alone and leaves without
//!    having seen it marks the next.
//! 3. `waiting` is only a hint that spares a signal to nobody the lock. It is raised before the
//!    unlocking too, so whoever has locked since sees it.

use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use super::primitives::{AtomicBool, Mutex, const_unless_modelled};
use super::waiters::{Left, Look, Place, Waiters};

#[derive(Debug)]
pub(crate) struct Signals {
    waiting: AtomicBool,
    line: Mutex<Waiters>,
}

impl Signals {
    const_unless_modelled! {
        pub(crate) fn new() -> Self {
            Self {
                waiting: AtomicBool::new(false),
                line: Mutex::new(Waiters::new()),
            }
        }
    }

    /// Stands in line for a signal, from now on.
    pub(crate) fn wait(&self) -> Signal<'_> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.store(true, Ordering::SeqCst);
        Signal {
            signals: self,
            place: Some(line.push(Waker::noop().clone())),
        }
    }

    /// Gives a signal to who has waited longest.
    pub(crate) fn one(&self) {
        if !self.waiting.load(Ordering::SeqCst) {
            return;
        }
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let waker = line.serve_first();
        self.waiting.store(!line.is_empty(), Ordering::SeqCst);
        drop(line);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Gives a signal to everybody who waits.
    pub(crate) fn all(&self) {
        if !self.waiting.load(Ordering::SeqCst) {
            return;
        }
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, wakes) = line.serve_all();
        self.waiting.store(false, Ordering::SeqCst);
        drop(line);
        wakes.wake();
    }
}

/// The future of [`Signals::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Signal<'a> {
    signals: &'a Signals,
    place: Option<Place>,
}

impl Future for Signal<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(place) = &self.place else {
            return Poll::Ready(());
        };
        let waker = context.waker().clone();
        let mut line = (self.signals.line.lock()).unwrap_or_else(PoisonError::into_inner);
        let look = line.look(place, waker);
        drop(line);
        if let Look::Served = look {
            self.place = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl Drop for Signal<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else {
            return;
        };
        let mut line = (self.signals.line.lock()).unwrap_or_else(PoisonError::into_inner);
        let left = line.leave(&place);
        self.signals
            .waiting
            .store(!line.is_empty(), Ordering::SeqCst);
        drop(line);
        if let Left::Served { alone: true } = left {
            self.signals.one();
        }
    }
}
