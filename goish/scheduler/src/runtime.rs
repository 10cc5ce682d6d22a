//! The runtime: the scheduler that was chosen, its workers, and what is known about them.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::task::Waker;
use std::time::Instant;

use tokio::runtime::Handle;

use crate::ending::refuse;
use crate::goroutine::{self, Goroutine};
use crate::registry::{self, BUILT, Running};
use crate::scheduler::{HeldWorker, Info, Place, Unchangeable};
use crate::{calls, forking, panics};

pub use crate::calls::BlockingCall;

/// As many workers as a program may have: Go's own limit on threads, of which a worker needs one.
pub const MOST_WORKERS: usize = 10_000;

/// What [`set_workers`] was called with, before the runtime started.
static REQUESTED: Mutex<Option<usize>> = Mutex::new(None);

/// Spawns a future as a goroutine that is made at this place; [`Unknown`](crate::Unknown) says that
/// nobody knows.
///
/// The first call starts the runtime. When that is impossible, it says why in a sentence and ends
/// the program with exit code 2: the variable `GOMAXPROCS` holds no number of workers or
/// `GOISH_SCHEDULER` no scheduler of this build, or the system gives no threads.
#[inline]
pub fn spawn<P: Place, F>(future: F) -> Goroutine<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    goroutine::spawn::<P, F>(running(), future)
}

/// Waits until that time, by the clock of the scheduler.
pub fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send {
    running().sleep_until(deadline)
}

/// Will wake somebody. Dropped before, it does not.
pub struct Alarm(#[expect(dead_code, reason = "it is kept, not read")] registry::Alarm);

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alarm(..)")
    }
}

/// Has somebody woken at that time, or a little later, unless the alarm is dropped before; never
/// within this call. Who is woken looks at the clock.
pub fn alarm(deadline: Instant, waker: Waker) -> Alarm {
    Alarm(running().alarm(deadline, waker))
}

/// The number of workers: of the runtime, or that it will start with.
pub fn workers() -> usize {
    let requested = REQUESTED.lock().unwrap_or_else(PoisonError::into_inner);
    match registry::running() {
        Some(running) => running.workers(),
        None => starting_workers(*requested),
    }
}

/// Sets the number of workers, 1 or more.
///
/// # Errors
///
/// [`Unchangeable`], when the runtime has been started and its scheduler cannot change it any more.
///
/// # Panics
///
/// When it is 0 or more than [`MOST_WORKERS`].
pub fn set_workers(workers: usize) -> Result<(), Unchangeable> {
    assert!(
        (1..=MOST_WORKERS).contains(&workers),
        "a runtime has 1 to {MOST_WORKERS} workers, and not {workers}"
    );
    let mut requested = REQUESTED.lock().unwrap_or_else(PoisonError::into_inner);
    match registry::running() {
        Some(running) => running.set_workers(workers),
        None => {
            *requested = Some(workers);
            Ok(())
        }
    }
}

/// The processors that this program may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The goroutines that have been spawned and have not ended.
pub fn goroutines() -> usize {
    registry::running().map_or(0, Running::goroutines)
}

/// The number of the goroutine that this thread runs.
pub fn current() -> Option<u64> {
    registry::running().and_then(Running::current)
}

/// Where goroutines blocked in plain functions or closures, and how often, the most frequent line
/// first.
pub fn blocking_calls() -> Vec<BlockingCall> {
    calls::calls()
}

/// What kept workers from the others until they were replaced, the most frequent first.
pub fn held_workers() -> Vec<HeldWorker> {
    registry::running().map_or_else(Vec::new, Running::held_workers)
}

/// tokio's handle to the runtime that goroutines run in, which starts if it did not run yet.
pub fn handle() -> &'static Handle {
    running().handle()
}

/// The scheduler that runs, or that will when the runtime starts.
pub fn scheduler() -> Info {
    registry::running().map_or_else(chosen, Running::info)
}

/// The schedulers of this build, the default first.
pub fn schedulers() -> &'static [Info] {
    BUILT
}

#[inline]
fn running() -> Running {
    registry::running().unwrap_or_else(start)
}

#[cold]
fn start() -> Running {
    // Held until the runtime is there, so that no request is taken and then not followed.
    let requested = REQUESTED.lock().unwrap_or_else(PoisonError::into_inner);
    registry::running_or_start(|| {
        let workers = starting_workers(*requested);
        let Info { name, .. } = chosen();
        panics::install_hook(current);
        forking::remember();
        match Running::start(name, workers) {
            Ok(running) => running,
            Err(error) => refuse(&format!(
                "the scheduler `{name}` cannot start with {workers} workers: {error}"
            )),
        }
    })
}

/// The scheduler that the program asks for, or the first.
fn chosen() -> Info {
    let default = BUILT[0];
    let Some(value) = std::env::var_os("GOISH_SCHEDULER").filter(|value| !value.is_empty()) else {
        return default;
    };
    let chosen = BUILT.iter().find(|info| value == info.name);
    *chosen.unwrap_or_else(|| {
        let names: Vec<_> = BUILT.iter().map(|info| info.name).collect();
        refuse(&format!(
            "GOISH_SCHEDULER is the name of a scheduler of this build ({}), and the environment has \
             {value:?}",
            names.join(", ")
        ))
    })
}

/// As in Go, 0, a negative number and an empty variable are none. What is no number at all Go passes
/// over, too; here it is refused, since whoever wrote it meant something else.
fn starting_workers(requested: Option<usize>) -> usize {
    if let Some(requested) = requested {
        return requested;
    }
    let Some(value) = std::env::var_os("GOMAXPROCS") else {
        return processors();
    };
    match value.to_str().and_then(wanted_workers) {
        Some(None) => processors(),
        Some(Some(number @ 1..=MOST_WORKERS)) => number,
        _ => refuse(&format!(
            "GOMAXPROCS is a number of workers, 1 to {MOST_WORKERS}, and the environment has \
             {value:?}: set it to a number or not at all"
        )),
    }
}

/// The number of workers that a text asks for, if it asks for any; nothing if it is no number.
fn wanted_workers(text: &str) -> Option<Option<usize>> {
    let text = text.trim();
    let is_negative = (text.strip_prefix('-'))
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if text.is_empty() || is_negative {
        return Some(None);
    }
    let number: usize = text.parse().ok()?;
    Some((number > 0).then_some(number))
}
