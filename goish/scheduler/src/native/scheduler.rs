//! The native scheduler as goish sees it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::runtime::Handle;

use super::state::{Native, is_on_worker, native, spawn};
use super::timers::{self, Timers};
use super::worker::current;
use super::{cell, clock, held, run};
use crate::scheduler::{HeldWorker, Info, Lost, Place, Scheduler, Unchangeable};

impl Scheduler for Native {
    const INFO: Info = Info {
        name: "native",
        feature: "scheduler-native",
        about: "goish's own workers, whose idle ones sleep in tokio's driver",
    };

    type Join<T: Send + 'static> = Join<T>;
    type Sleep = timers::Sleep<Clock>;
    type Alarm = timers::Alarm<Clock>;

    fn start(workers: usize) -> io::Result<&'static Self> {
        Self::start(workers)
    }

    #[inline]
    fn spawn<P: Place, F>(&'static self, future: F) -> Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Join(spawn::<P, F>(self, future))
    }

    #[inline]
    fn is_on_worker(&self) -> bool {
        is_on_worker()
    }

    fn is_wanted(&self) -> bool {
        self.is_wanted()
    }

    #[inline]
    fn poll_yield(&self, context: &mut Context<'_>) {
        // Woken while it runs, a goroutine goes to the end of its worker's queue.
        context.waker().wake_by_ref();
    }

    fn block<R>(&'static self, blocking: impl FnOnce() -> R) -> R {
        self.block(blocking)
    }

    fn stand_aside(&'static self) {
        self.stand_aside();
    }

    fn sleep_until(&'static self, deadline: Instant) -> timers::Sleep<Clock> {
        timers::Sleep::until(clock::at(deadline))
    }

    fn alarm(&'static self, deadline: Instant, waker: Waker) -> timers::Alarm<Clock> {
        timers::Alarm::at(clock::at(deadline), waker)
    }

    fn workers(&self) -> usize {
        self.workers()
    }

    fn set_workers(&'static self, workers: usize) -> Result<(), Unchangeable> {
        self.change_workers(workers);
        Ok(())
    }

    fn goroutines(&self) -> usize {
        self.goroutines()
    }

    fn current(&self) -> Option<u64> {
        run::current_goroutine()
    }

    fn handle(&self) -> &Handle {
        self.handle()
    }

    fn held_workers(&self) -> Vec<HeldWorker> {
        held::all()
    }
}

/// The handle to a goroutine.
pub(crate) struct Join<T>(cell::Join<T>);

impl<T> Future for Join<T> {
    type Output = Result<T, Lost>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // The runtime is never shut down, so no goroutine is lost.
        Pin::new(&mut self.0).poll(context).map(Ok)
    }
}

/// The clock that timers go by, and who minds them.
pub(crate) struct Clock;

impl timers::Clock for Clock {
    #[inline]
    fn now() -> u64 {
        clock::now()
    }

    fn timers() -> &'static Timers {
        match current() {
            Some(worker) => &worker.timers,
            None => &native().timers,
        }
    }

    fn wake_for(deadline: u64) {
        // A worker looks at its own timers before it sleeps.
        if current().is_none_or(|worker| worker.own.drives.get()) {
            native().driver.wake_before(deadline);
        }
    }
}
