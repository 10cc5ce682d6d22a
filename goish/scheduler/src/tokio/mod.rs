//! Goroutines as tasks of tokio's multi-threaded runtime.

use std::future::Future;
use std::io;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeMetrics};
use tokio::task::{JoinHandle, block_in_place};

use crate::scheduler::{HeldWorker, Info, Lost, Scheduler, Unchangeable};
use crate::{multi_thread, panics, runtime};

mod linger;
mod task;

use task::Task;

/// Go's own limit on threads.
const MOST_THREADS: usize = 10_000;

/// tokio's multi-threaded runtime.
pub(crate) struct Tokio {
    runtime: Runtime,
    /// Kept, since each asking for it counts another reference.
    metrics: RuntimeMetrics,
    workers: usize,
}

static TOKIO: OnceLock<Tokio> = OnceLock::new();

impl Scheduler for Tokio {
    const INFO: Info = Info {
        name: "tokio",
        feature: "scheduler-tokio",
        about: "tasks of tokio's multi-threaded runtime",
    };

    type Join<T: Send + 'static> = Join<T>;
    type Sleep = tokio::time::Sleep;

    fn start(workers: usize) -> io::Result<&'static Self> {
        // tokio panics when the system refuses a worker its thread.
        let runtime = catch_unwind(|| {
            Builder::new_multi_thread()
                .worker_threads(workers)
                .max_blocking_threads(MOST_THREADS)
                .thread_name("goish-worker")
                .on_thread_park(|| {
                    panics::after_goroutine();
                    linger::before_sleep(is_work_queued);
                })
                .on_thread_unpark(linger::after_sleep)
                .enable_all()
                .build()
        });
        let runtime = runtime.unwrap_or_else(|_| Err(io::ErrorKind::WouldBlock.into()))?;
        Ok(TOKIO.get_or_init(|| Self {
            metrics: runtime.metrics(),
            runtime,
            workers,
        }))
    }

    #[inline]
    fn spawn<F>(&'static self, future: F) -> Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Join(self.runtime.spawn(Task::new(future)))
    }

    fn is_on_worker(&self) -> bool {
        multi_thread::is_on_worker()
    }

    fn is_wanted(&self) -> bool {
        true
    }

    fn poll_yield(&self, context: &mut Context<'_>) {
        multi_thread::poll_yield(context);
    }

    fn block<R>(&'static self, blocking: impl FnOnce() -> R) -> R {
        block_in_place(blocking)
    }

    fn stand_aside(&'static self) {
        multi_thread::stand_aside();
    }

    fn sleep_until(&'static self, deadline: Instant) -> tokio::time::Sleep {
        let _clock = self.runtime.enter();
        tokio::time::sleep_until(deadline.into())
    }

    fn workers(&self) -> usize {
        self.workers
    }

    fn set_workers(&'static self, workers: usize) -> Result<(), Unchangeable> {
        if workers == self.workers {
            return Ok(());
        }
        Err(Unchangeable {
            workers: self.workers,
        })
    }

    fn goroutines(&self) -> usize {
        let tasks = self.metrics.num_alive_tasks();
        tasks.saturating_sub(runtime::helpers())
    }

    fn current(&self) -> Option<u64> {
        // tokio gives the number only as text.
        tokio::task::try_id().and_then(|id| id.to_string().parse().ok())
    }

    fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    fn held_workers(&self) -> Vec<HeldWorker> {
        Vec::new()
    }
}

/// Whether goroutines wait that no worker has taken.
fn is_work_queued() -> bool {
    (TOKIO.get()).is_some_and(|tokio| tokio.metrics.global_queue_depth() > 0)
}

/// The handle to a goroutine.
pub(crate) struct Join<T>(JoinHandle<T>);

impl<T> Future for Join<T> {
    type Output = Result<T, Lost>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let output = Pin::new(&mut self.0).poll(context);
        // A goroutine does not unwind: only its runtime's end can lose it.
        output.map_err(|error| Lost::new(error.to_string()))
    }
}
