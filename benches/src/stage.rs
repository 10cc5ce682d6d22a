//! What a workload and the process around it tell each other while it runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use goish_results::record::{Figure, RuntimeFigures};
use tokio::runtime::Handle;
use tokio_metrics::{RuntimeIntervals, RuntimeMetrics, RuntimeMonitor};

/// How often a receiver reports how far it got, in messages. Reporting touches memory that
/// all receivers share, so it must be rare; at flume's worst fan-in (25 µs a message) it is still
/// many times a second.
const REPORT_EVERY: u64 = 256;

/// The stage that a workload runs on: it starts and stops the clock there, and says how far it
/// got. A watcher on another thread reads the same stage to enforce a deadline.
///
/// Clones are handles to the same stage.
#[derive(Clone, Debug, Default)]
pub struct Stage(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    started: OnceLock<Instant>,
    delivered: AtomicU64,
    expected: AtomicU64,
    /// What is worth telling even if the rest does not finish.
    found: OnceLock<Vec<Figure>>,
    /// `None` on a stage that only keeps the clock.
    watch: Option<Mutex<Watch>>,
}

impl Stage {
    /// A stage that also records tokio's figures over the timed parts.
    pub fn watched() -> Self {
        Stage(Arc::new(Inner {
            watch: Some(Mutex::default()),
            ..Inner::default()
        }))
    }

    /// A stage that only keeps the clock, for criterion, which calls workloads many times.
    pub fn unwatched() -> Self {
        Stage::default()
    }

    /// Says how many operations the timed parts will do altogether.
    pub fn expect(&self, operations: u64) {
        self.0.expected.store(operations, Ordering::Relaxed);
    }

    /// Says that this many more operations are done.
    pub fn advance(&self, operations: u64) {
        self.0.delivered.fetch_add(operations, Ordering::Relaxed);
    }

    /// Says what was measured before the timed part, which stands even if that does not finish.
    pub fn found(&self, figures: Vec<Figure>) {
        // Only a workload of one round has something to say, so nothing was said before.
        let _ = self.0.found.set(figures);
    }

    /// What the workload measured before the timed part.
    pub fn findings(&self) -> Vec<Figure> {
        self.0.found.get().cloned().unwrap_or_default()
    }

    /// Operations done so far, and operations expected.
    pub fn progress(&self) -> (u64, u64) {
        (
            self.0.delivered.load(Ordering::Relaxed),
            self.0.expected.load(Ordering::Relaxed),
        )
    }

    /// When the first timed part began, if it has.
    pub fn started(&self) -> Option<Instant> {
        self.0.started.get().copied()
    }

    /// Starts the clock. A workload of several rounds starts and stops it once per round.
    ///
    /// On a watched stage the first start lets the workers come to rest first, outside the timed
    /// part: see [`Stage::rest`].
    ///
    /// # Panics
    ///
    /// On a watched stage, when polled outside a tokio runtime.
    pub async fn start(&self) -> Clock {
        if self.0.started.get().is_none()
            && let Some(watch) = &self.0.watch
        {
            Stage::rest().await;
            lock(watch).begin();
        }
        self.start_now()
    }

    /// Starts the clock without letting the workers rest first, on any runtime or none.
    pub fn start_now(&self) -> Clock {
        self.0.started.get_or_init(Instant::now);
        Clock {
            stage: self.clone(),
            started: Instant::now(),
        }
    }

    /// Waits until the workers have parked, if they are about to. Tokio counts a worker's busy time
    /// when that worker parks: without a rest, what was done before the clock started would be
    /// counted after it, and what was done up to its end not at all.
    pub async fn rest() {
        /// Enough for a worker that has nothing to do to find that out.
        const REST: Duration = Duration::from_millis(2);
        tokio::time::sleep(REST).await;
    }

    /// tokio's figures from the first start to now; `None` when the clock was never started, or the
    /// stage is not watched. Call it once.
    pub fn runtime_figures(&self) -> Option<RuntimeFigures> {
        self.0
            .watch
            .as_ref()
            .and_then(|watch| lock(watch).figures())
    }
}

fn lock(watch: &Mutex<Watch>) -> MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running clock.
#[derive(Debug)]
#[must_use = "a clock that is not stopped measures nothing"]
pub struct Clock {
    stage: Stage,
    started: Instant,
}

impl Clock {
    /// Stops the clock and returns the time since it was started.
    pub fn stop(self) -> Duration {
        crate::injection::slow(self.started);
        let elapsed = self.started.elapsed();
        if let Some(watch) = &self.stage.0.watch {
            lock(watch).end();
        }
        elapsed
    }
}

/// What tokio says about its runtime while the clock runs.
#[derive(Default)]
struct Watch {
    intervals: Option<RuntimeIntervals>,
    /// Tasks in the global queue and tasks alive when the clock last stopped.
    depths: Option<(usize, usize)>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch")
            .field("depths", &self.depths)
            .finish_non_exhaustive()
    }
}

impl Watch {
    fn begin(&mut self) {
        let mut intervals = RuntimeMonitor::new(&Handle::current()).intervals();
        // The first interval is everything up to here; the next one starts now.
        intervals.next();
        self.intervals = Some(intervals);
    }

    fn end(&mut self) {
        let metrics = Handle::current().metrics();
        self.depths = Some((metrics.global_queue_depth(), metrics.num_alive_tasks()));
    }

    fn figures(&mut self) -> Option<RuntimeFigures> {
        let metrics = self.intervals.as_mut().and_then(Iterator::next)?;
        let now = (metrics.global_queue_depth, metrics.live_tasks_count);
        let (global_queue_depth, live_tasks) = self.depths.unwrap_or(now);
        Some(RuntimeFigures {
            workers: metrics.workers_count as u64,
            // tokio-metrics gives the sum over the workers; a share is of all of them.
            busy_ratio: metrics.busy_ratio() / metrics.workers_count.max(1) as f64,
            parks: metrics.total_park_count,
            global_queue_depth: global_queue_depth as u64,
            live_tasks: live_tasks as u64,
            polls: polls(&metrics),
            steals: steals(&metrics),
        })
    }
}

#[cfg(tokio_unstable)]
fn polls(metrics: &RuntimeMetrics) -> Option<u64> {
    Some(metrics.total_polls_count)
}

#[cfg(not(tokio_unstable))]
fn polls(_: &RuntimeMetrics) -> Option<u64> {
    None
}

#[cfg(tokio_unstable)]
fn steals(metrics: &RuntimeMetrics) -> Option<u64> {
    Some(metrics.total_steal_count)
}

#[cfg(not(tokio_unstable))]
fn steals(_: &RuntimeMetrics) -> Option<u64> {
    None
}

/// What a receiver got: a count and a checksum, reported to the stage now and then.
#[derive(Debug)]
pub struct Tally {
    stage: Stage,
    count: u64,
    sum: u64,
}

impl Tally {
    /// An empty tally.
    pub fn new(stage: &Stage) -> Self {
        Tally {
            stage: stage.clone(),
            count: 0,
            sum: 0,
        }
    }

    /// Counts one message.
    #[inline]
    pub fn add(&mut self, message: u64) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(message);
        if self.count.is_multiple_of(REPORT_EVERY) {
            self.stage.advance(REPORT_EVERY);
        }
    }

    /// The count and the checksum.
    pub fn finish(self) -> Received {
        self.stage.advance(self.count % REPORT_EVERY);
        Received {
            count: self.count,
            sum: crate::injection::alter(self.sum),
        }
    }
}

/// What was received, to be held against what was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// How many messages.
    pub count: u64,
    /// Their sum, wrapping.
    pub sum: u64,
}

impl Received {
    /// What arrives when the messages 0 to `count - 1` arrive once each.
    pub fn expected(count: u64) -> Self {
        let product = u128::from(count) * u128::from(count.saturating_sub(1)) / 2;
        // The low 64 bits are what a wrapping sum leaves.
        Received {
            count,
            sum: product as u64,
        }
    }

    /// Adds what another receiver got.
    pub fn merge(self, other: Received) -> Self {
        Received {
            count: self.count + other.count,
            sum: self.sum.wrapping_add(other.sum),
        }
    }

    /// Holds this against the messages 0 to `count - 1`.
    ///
    /// # Errors
    ///
    /// [`Wrong`] when a message is missing, doubled or changed.
    pub fn verify(self, count: u64) -> Result<(), Wrong> {
        let expected = Received::expected(count);
        if self.count != expected.count {
            return Err(Wrong::Count {
                delivered: self.count,
                expected: expected.count,
            });
        }
        if self.sum != expected.sum {
            return Err(Wrong::Checksum {
                count,
                sum: self.sum,
                expected: expected.sum,
            });
        }
        Ok(())
    }
}

/// A sample that did not do what it should have done, and is therefore not a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Too few or too many operations.
    #[error("it delivered {delivered} of {expected}")]
    Count {
        /// How many there were.
        delivered: u64,
        /// How many there should have been.
        expected: u64,
    },
    /// The right number of messages, but not the right ones.
    #[error("the checksum over {count} messages is {sum}, but should be {expected}")]
    Checksum {
        /// How many messages.
        count: u64,
        /// Their sum.
        sum: u64,
        /// The sum of what was sent.
        expected: u64,
    },
    /// A channel that ended too early, or did not.
    #[error("{0}")]
    Behaviour(&'static str),
    /// The system or the runtime gave no more of something: how far it got is the result.
    #[error("{0}")]
    Stopped(String),
    /// The system refused something.
    #[error("{0}")]
    Failed(String),
    /// Resident memory could not be read.
    #[error("resident memory cannot be read: {0}")]
    Memory(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_once_is_right() {
        let mut tally = Tally::new(&Stage::unwatched());
        (0..1_000).for_each(|message| tally.add(message));
        assert_eq!(tally.finish().verify(1_000), Ok(()));
    }

    #[test]
    fn a_lost_a_doubled_and_a_changed_message_are_wrong() {
        let received = |messages: &[u64]| {
            let mut tally = Tally::new(&Stage::unwatched());
            messages.iter().for_each(|&message| tally.add(message));
            tally.finish().verify(4)
        };
        assert_eq!(
            received(&[0, 1, 2]),
            Err(Wrong::Count {
                delivered: 3,
                expected: 4
            })
        );
        assert_eq!(
            received(&[0, 1, 2, 3, 3]),
            Err(Wrong::Count {
                delivered: 5,
                expected: 4
            })
        );
        assert_eq!(
            received(&[0, 1, 2, 2]),
            Err(Wrong::Checksum {
                count: 4,
                sum: 5,
                expected: 6
            })
        );
    }

    #[test]
    fn progress_counts_every_message_once_the_tally_is_finished() {
        let stage = Stage::unwatched();
        stage.expect(700);
        let mut tally = Tally::new(&stage);
        (0..700).for_each(|message| tally.add(message));
        assert_eq!(stage.progress(), (512, 700));
        tally.finish();
        assert_eq!(stage.progress(), (700, 700));
    }
}
