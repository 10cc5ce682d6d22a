//! What a scheduler offers: all that goish knows of how goroutines run.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::task::{Context, Waker};
use std::time::Instant;

use tokio::runtime::Handle;

/// A scheduler: workers that run goroutines, of which a program has one set.
///
/// A goroutine's future that is spawned here never unwinds: what it panics with is part of its
/// output.
pub trait Scheduler: Sized + Send + Sync + 'static {
    /// What it is called.
    const INFO: Info;

    /// The handle to a goroutine, as small as a pointer: its output, once. Dropping it lets the
    /// goroutine run on, and its output is dropped when it comes.
    type Join<T: Send + 'static>: Future<Output = Result<T, Lost>> + Send + Sync + Unpin;

    /// A pending [`sleep_until`](Scheduler::sleep_until).
    type Sleep: Future<Output = ()> + Send;

    /// A pending [`alarm`](Scheduler::alarm). Dropped before its time, it wakes nobody.
    type Alarm: Send + Sync;

    /// Starts it, once per process.
    ///
    /// # Errors
    ///
    /// When the system gives no threads, or none of what else it needs.
    fn start(workers: usize) -> io::Result<&'static Self>;

    /// Spawns a goroutine, from a worker or from any other thread.
    fn spawn<P: Place, F>(&'static self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Whether this thread runs a goroutine, or something else that keeps a worker from the others:
    /// if so, whoever blocks hands the worker on.
    fn is_on_worker(&self) -> bool;

    /// Whether something waits for this thread's worker, so that whoever waits on it had better hand
    /// the worker on at once. True if that cannot be known.
    fn is_wanted(&self) -> bool;

    /// Has the goroutine that this thread runs queued behind the others. The caller then returns
    /// `Pending`.
    fn poll_yield(&self, context: &mut Context<'_>);

    /// Runs something that blocks. The worker, if this thread has one, runs the others meanwhile.
    fn block<R>(&'static self, blocking: impl FnOnce() -> R) -> R;

    /// Lets the goroutines run that wait for this worker: what a plain function does instead of
    /// [`poll_yield`](Scheduler::poll_yield).
    fn stand_aside(&'static self);

    /// Waits until that time.
    fn sleep_until(&'static self, deadline: Instant) -> Self::Sleep;

    /// Has somebody woken at that time, or a little later; never within this call, which may
    /// therefore be made under a lock. Who is woken looks at the clock.
    fn alarm(&'static self, deadline: Instant, waker: Waker) -> Self::Alarm;

    /// The number of workers.
    fn workers(&self) -> usize;

    /// Sets the number of workers.
    ///
    /// # Errors
    ///
    /// [`Unchangeable`], if this scheduler cannot change it any more. That it is that number already
    /// is no error.
    fn set_workers(&'static self, workers: usize) -> Result<(), Unchangeable>;

    /// The goroutines that have been spawned and have not ended.
    fn goroutines(&self) -> usize;

    /// The number of the goroutine that this thread runs, as no other has it.
    fn current(&self) -> Option<u64>;

    /// The tokio runtime that goroutines run in, whose timers and I/O they may use.
    fn handle(&self) -> &Handle;

    /// What kept a worker from the others for so long that it had to be replaced, the most frequent
    /// first.
    fn held_workers(&self) -> Vec<HeldWorker>;
}

/// What a scheduler is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// The name, as the variable `GOISH_SCHEDULER` has it.
    pub name: &'static str,
    /// The feature that builds it.
    pub feature: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
}

/// A goroutine that will never come to its end: the runtime it ran in has been shut down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    reason: String,
}

impl Lost {
    /// Lost for that reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the goroutine was lost: {}", self.reason)
    }
}

impl Error for Lost {}

/// The number of workers cannot change any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unchangeable {
    /// How many there are.
    pub workers: usize,
}

impl fmt::Display for Unchangeable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workers } = self;
        write!(f, "the runtime runs with {workers} workers already")
    }
}

impl Error for Unchangeable {}

/// Where a goroutine is made. It is known when the program is compiled, so it costs a goroutine
/// nothing.
pub trait Place: 'static {
    /// The file and the line, if they are known.
    const AT: Option<&'static str>;
}

/// Nobody said where.
#[derive(Clone, Copy, Debug)]
pub struct Unknown;

impl Place for Unknown {
    const AT: Option<&'static str> = None;
}

/// Something that kept a worker from the others, so that it was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldWorker {
    /// What ran: the file and the line of its `go!`; of what was not spawned by `go!`, the name of the
    /// future's type.
    pub what: &'static str,
    /// How it held the worker.
    pub held: Held,
    /// How often.
    pub count: u64,
}

/// How a goroutine can hold a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// It computed, without an operation.
    Computing,
    /// It was in a call of the system's that nobody knew to block.
    Blocked,
}
