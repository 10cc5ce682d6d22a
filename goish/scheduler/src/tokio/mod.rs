//! Goroutines as tasks of tokio's multi-threaded runtime.
//!
//! What it cannot do: a goroutine that was woken or spawned last by another waits for as long as that
//! one computes on, beside idle workers. tokio keeps it in a place of its worker's that no other
//! worker looks into, and turns that place off only in builds with `tokio_unstable`. Whatever is
//! scheduled next pushes it out of there, so a task that does nothing could be, after each spawn and
//! each wake-up. Measured on two cores, that costs 15 % of a spawn inside a goroutine when it is done
//! only while a worker is asleep, and then it does not help: a worker that still looks for work when
//! the goroutine is woken goes to sleep a moment later, and nobody tells it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::Ordering::{self, SeqCst};
use std::sync::atomic::{AtomicU8, AtomicUsize};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeMetrics};
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::task::{JoinHandle, block_in_place};

use crate::ending::refuse;
use crate::scheduler::{HeldWorker, Info, Lost, Place, Scheduler, Unchangeable};
use crate::threads::{self, Limit};
use crate::{forking, multi_thread, panics, stack};

mod count;
mod linger;
mod task;

use count::Counted;
use task::Task;

/// Threads for what goroutines have `spawn_blocking` run, beside their own: as many as tokio's default.
const SPAWNED: usize = 512;

/// tokio's multi-threaded runtime.
pub(crate) struct Tokio {
    runtime: Runtime,
    /// Kept, since each asking for it counts another reference.
    metrics: RuntimeMetrics,
    workers: usize,
    /// How many goroutines may block in plain functions at once, and what limits them.
    most_blocked: (usize, Limit),
    blocked: AtomicUsize,
}

/// The threads of tokio's that run.
static THREADS: AtomicUsize = AtomicUsize::new(0);

static TOKIO: OnceLock<Tokio> = OnceLock::new();

impl Scheduler for Tokio {
    const INFO: Info = Info {
        name: "tokio",
        feature: "scheduler-tokio",
        about: "tasks of tokio's multi-threaded runtime",
    };

    type Join<T: Send + 'static> = Join<T>;
    type Sleep = tokio::time::Sleep;
    type Alarm = Alarm;

    fn start(workers: usize) -> io::Result<&'static Self> {
        let most_blocked = threads::most();
        let mut builder = Builder::new_multi_thread();
        builder
            .worker_threads(workers)
            .max_blocking_threads(most_blocked.0 + SPAWNED)
            .thread_name("goish-worker")
            .on_thread_start(|| {
                THREADS.fetch_add(1, Ordering::Relaxed);
            })
            .on_thread_stop(|| {
                THREADS.fetch_sub(1, Ordering::Relaxed);
            })
            .on_thread_park(|| {
                panics::after_goroutine();
                linger::before_sleep(is_work_queued);
            })
            .on_thread_unpark(linger::after_sleep)
            .enable_all();
        if let Some(size) = stack::size() {
            builder.thread_stack_size(size);
        }
        // When the system refuses a worker its thread, tokio panics, and then waits for ever for
        // those that have started.
        let runtime = panics::or_refuse(|| builder.build(), threads::refused)?;
        Ok(TOKIO.get_or_init(|| Self {
            metrics: runtime.metrics(),
            runtime,
            workers,
            most_blocked,
            blocked: AtomicUsize::new(0),
        }))
    }

    #[inline]
    fn spawn<P: Place, F>(&'static self, future: F) -> Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        forking::refuse_child();
        Join(self.runtime.spawn(Counted::new(Task::new(future))))
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
        forking::refuse_child();
        let _blocked = Blocked::on(self);
        block_in_place(blocking)
    }

    fn stand_aside(&'static self) {
        multi_thread::stand_aside();
    }

    fn sleep_until(&'static self, deadline: Instant) -> tokio::time::Sleep {
        let _clock = self.runtime.enter();
        tokio::time::sleep_until(deadline.into())
    }

    fn alarm(&'static self, deadline: Instant, waker: Waker) -> Alarm {
        let mut sleep = Box::pin(unconstrained(self.sleep_until(deadline)));
        let bell = Arc::new(Bell {
            waker,
            state: AtomicU8::new(Bell::IS_SET),
        });
        // What a first poll does is to register the waker.
        let polled = (sleep.as_mut()).poll(&mut Context::from_waker(&Waker::from(bell.clone())));
        let has_rung = bell.state.swap(Bell::READY, SeqCst) == Bell::RUNG;
        if polled.is_ready() || has_rung {
            self.runtime.spawn(async move { bell.waker.wake_by_ref() });
        }
        Alarm(sleep)
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
        count::goroutines()
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

/// A goroutine that blocks in a plain function.
struct Blocked(&'static Tokio);

impl Blocked {
    fn on(tokio: &'static Tokio) -> Self {
        let (most, limit) = &tokio.most_blocked;
        let blocked = Self(tokio);
        let others = tokio.blocked.fetch_add(1, Ordering::Relaxed);
        if others >= *most {
            panic!(
                "more than {most} goroutines block in plain functions at once, which is what \
                 {limit} allows: raise it, or make the function `#[go_fn] async fn`, which needs \
                 no thread"
            );
        }
        if others + tokio.workers >= THREADS.load(Ordering::Relaxed) {
            // The worker is handed on to a thread that does not run yet. If the system refuses it,
            // tokio says nothing, and the worker waits until another comes back.
            ensure_a_thread(others);
        }
        blocked
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        self.0.blocked.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Ends the program, as Go does, if the system gives it no thread more.
fn ensure_a_thread(blocked: usize) {
    let started = || stack::builder().spawn(|| {});
    let refused = !threads::is_room() || started().map_or(true, |thread| thread.join().is_err());
    if refused {
        refuse(&format!(
            "{}; {blocked} goroutines block in plain functions, and need one each: make the \
             function `#[go_fn] async fn`, which needs none",
            threads::refused()
        ));
    }
}

/// A sleep that somebody else waits for.
pub(crate) struct Alarm(
    #[expect(dead_code, reason = "it is kept, not read")]
    Pin<Box<Unconstrained<tokio::time::Sleep>>>,
);

/// Whether goroutines wait that no worker has taken.
fn is_work_queued() -> bool {
    (TOKIO.get()).is_some_and(|tokio| tokio.metrics.global_queue_depth() > 0)
}

/// What an alarm wakes. tokio may wake a waker while it is registered, and whoever sets an alarm may hold
/// a lock that the waker takes: so one that rings then is rung anew afterwards.
struct Bell {
    waker: Waker,
    state: AtomicU8,
}

impl Bell {
    /// The alarm is being set.
    const IS_SET: u8 = 0;
    /// And has gone already.
    const RUNG: u8 = 1;
    /// It has been set.
    const READY: u8 = 2;
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let early = self
            .state
            .compare_exchange(Self::IS_SET, Self::RUNG, SeqCst, SeqCst);
        if early == Err(Self::READY) {
            self.waker.wake_by_ref();
        }
    }
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
