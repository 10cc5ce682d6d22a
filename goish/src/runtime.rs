//! The runtime: workers, goroutines, and what is known about them.

use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use tokio::runtime::{Builder, Handle, Runtime, RuntimeMetrics};

pub use crate::block::BlockingCall;
use crate::goroutine::panics;
pub use crate::goroutine::{Goroutine, Panicked};
use crate::types::int;
use crate::{block, goroutine, linger};

/// Go's own limit on threads.
pub(crate) const MOST_THREADS: usize = 10_000;

/// A runtime that has started.
struct Running {
    runtime: Runtime,
    /// Kept, since each asking for it counts another reference.
    metrics: RuntimeMetrics,
    workers: usize,
}

static RUNTIME: OnceLock<Running> = OnceLock::new();
/// What `GOMAXPROCS` was called with, before the runtime started.
static REQUESTED: Mutex<Option<usize>> = Mutex::new(None);
/// Tasks that are not goroutines.
static HELPERS: AtomicI64 = AtomicI64::new(0);

/// Spawns a future as a goroutine: what `go!{ … }` expands to.
///
/// # Panics
///
/// When the runtime cannot start: the variable `GOMAXPROCS` holds no positive number, or the
/// system gives no threads.
pub fn spawn<F>(future: F) -> Goroutine<F::Output>
where
    // The compiler shows this line when a body may not move between threads.
    F: Future + Send + 'static, // use Arc for Rc, goish's sync::Mutex for std's, a clone for a borrow
    F::Output: Send + 'static,
{
    goroutine::spawn(handle(), future)
}

/// The number of workers. With `n` of 1 or more it is set, which works only before the first
/// goroutine; with less it is only asked for. Comes back with the number before the call.
///
/// # Panics
///
/// When a runtime that runs with another number of workers would have to change it; or when the
/// number is neither set here nor a positive number in the variable `GOMAXPROCS`.
pub fn GOMAXPROCS(n: int) -> int {
    let mut requested = REQUESTED.lock().unwrap_or_else(PoisonError::into_inner);
    let before = match RUNTIME.get() {
        Some(running) => running.workers,
        None => workers(*requested),
    };
    if let Ok(n) = usize::try_from(n)
        && n >= 1
    {
        assert!(
            RUNTIME.get().is_none() || n == before,
            "GOMAXPROCS({n}) came too late: the runtime runs with {before} workers already; \
             call it before the first goroutine, or set the variable GOMAXPROCS"
        );
        *requested = Some(n);
    }
    to_int(before)
}

/// The processors that this program may use.
pub fn NumCPU() -> int {
    to_int(processors())
}

/// The goroutines that exist now: `main`'s, and every one that was spawned and has not ended.
pub fn NumGoroutine() -> int {
    let tasks = RUNTIME
        .get()
        .map_or(0, |running| running.metrics.num_alive_tasks());
    (to_int(tasks) - HELPERS.load(Ordering::Relaxed)).max(0) + 1
}

/// Lets other goroutines run. In the body of `go!` it suspends the goroutine.
pub fn Gosched() {
    block::stand_aside();
}

/// Where goroutines blocked in plain functions or closures, and how often, the most frequent line
/// first. Each time the worker was handed on, which costs a switch of threads: a function that
/// stands high up here is worth a `#[go_fn] async fn`.
pub fn blocking_calls() -> Vec<BlockingCall> {
    block::calls()
}

/// tokio's handle to the runtime, which starts if it did not run yet. Its metrics are the
/// scheduler's; tasks that are spawned through it directly are not goroutines.
///
/// # Panics
///
/// As [`spawn`].
pub fn handle() -> &'static Handle {
    let running = RUNTIME.get().unwrap_or_else(|| {
        // Held until the runtime is there, so that no request is taken and then not followed.
        let requested = REQUESTED.lock().unwrap_or_else(PoisonError::into_inner);
        RUNTIME.get_or_init(|| start(*requested))
    });
    running.runtime.handle()
}

/// A task that is not a goroutine, on whatever runtime it is spawned on.
pub(crate) fn helper<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let counted = Helper::new();
    async move {
        let _counted = counted;
        future.await
    }
}

struct Helper;

impl Helper {
    fn new() -> Self {
        HELPERS.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        HELPERS.fetch_sub(1, Ordering::Relaxed);
    }
}

fn start(requested: Option<usize>) -> Running {
    let workers = workers(requested);
    panics::install_hook();
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(MOST_THREADS)
        .thread_name("goish-worker")
        .on_thread_park(|| {
            panics::decided();
            linger::before_sleep(is_work_queued);
        })
        .on_thread_unpark(linger::after_sleep)
        .enable_time()
        .build();
    match runtime {
        Ok(runtime) => Running {
            metrics: runtime.metrics(),
            runtime,
            workers,
        },
        Err(error) => panic!("the runtime of {workers} workers cannot start: {error}"),
    }
}

/// Whether goroutines wait that no worker has taken.
fn is_work_queued() -> bool {
    (RUNTIME.get()).is_some_and(|running| running.metrics.global_queue_depth() > 0)
}

fn workers(requested: Option<usize>) -> usize {
    if let Some(requested) = requested {
        return requested;
    }
    let Some(value) = std::env::var_os("GOMAXPROCS") else {
        return processors();
    };
    let number = value.to_str().and_then(|text| text.trim().parse().ok());
    match number {
        Some(number @ 1..) => number,
        _ => panic!(
            "GOMAXPROCS is a number of workers, 1 or more, and the environment has {value:?}: \
             set it to a number or not at all"
        ),
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn to_int(number: usize) -> int {
    int::try_from(number).unwrap_or(int::MAX)
}
