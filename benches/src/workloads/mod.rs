//! The workloads: one file per case of the design's table.
//!
//! Each file has one function that does the work and returns what it measured, generic over
//! [`Subject`]. The lab calls it through [`Workload::sample`], criterion
//! calls it as it is. Each says in its documentation what is inside the timed part. Each verifies
//! what it delivered, and returns [`Wrong`] in place of a figure when that is
//! not what was sent.

use std::time::Duration;

use goish_results::record::Figure;

use crate::stage::{Stage, Wrong};
use crate::subject::{Capacity, Subject};

pub mod cancel;
pub mod contended;
pub mod fan_in;
pub mod parked;
mod parking;
pub mod ping_pong;
pub mod prod_cons;
pub mod rss;
pub mod spawn;
pub mod surface;

/// A case with its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// `ping-pong`.
    PingPong,
    /// `prod-cons-1`, `prod-cons-1024`, `prod-cons-unbounded`.
    ProdCons(Capacity),
    /// `contended-16` at a capacity.
    Contended(usize),
    /// `rss-100k` at a capacity.
    Rss(usize),
    /// `spawn-1m`.
    Spawn,
    /// `parked-1m`.
    Parked,
    /// `fan-in` of this many senders.
    FanIn(u64),
    /// `cancel` of this many receives, in an order.
    Cancel(u64, cancel::Order),
    /// A case over the whole of goish's surface.
    Surface(surface::Surface),
}

impl Workload {
    /// Runs one sample, warm-up included, with every count divided by `scale`.
    ///
    /// # Errors
    ///
    /// [`Wrong`] when it did not deliver what it should have delivered.
    pub async fn sample<S: Subject>(self, scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
        match self {
            Workload::PingPong => ping_pong::sample::<S>(scale, stage).await,
            Workload::ProdCons(capacity) => prod_cons::sample::<S>(capacity, scale, stage).await,
            Workload::Contended(capacity) => contended::sample::<S>(capacity, scale, stage).await,
            Workload::Rss(capacity) => rss::sample::<S>(capacity, scale, stage).await,
            Workload::Spawn => spawn::sample::<S>(scale, stage).await,
            Workload::Parked => parked::sample::<S>(scale, stage).await,
            Workload::FanIn(senders) => fan_in::sample::<S>(senders, scale, stage).await,
            Workload::Cancel(count, order) => cancel::sample::<S>(count, order, scale, stage).await,
            Workload::Surface(surface) => S::surface(surface, scale, stage).await,
        }
    }

    /// Runs about so many operations once, without a warm-up, for counting what they take.
    ///
    /// # Errors
    ///
    /// [`Wrong`] when it did not deliver what it should have delivered.
    pub async fn count<S: Subject>(self, operations: u64, stage: &Stage) -> Result<Counted, Wrong> {
        let counted = |operations, held| Counted { operations, held };
        let held = |figures: Vec<Figure>| {
            let heap = figures
                .into_iter()
                .find(|figure| figure.metric.starts_with("heap"));
            heap.map(|figure| figure.value)
        };
        Ok(match self {
            Workload::PingPong => {
                ping_pong::round_trips::<S>(operations, stage).await?;
                counted(operations, None)
            }
            Workload::ProdCons(capacity) => {
                prod_cons::messages_through::<S>(capacity, operations, stage).await?;
                counted(operations, None)
            }
            Workload::Contended(capacity) => {
                contended::messages_through::<S>(capacity, operations, stage).await?;
                counted(operations, None)
            }
            Workload::Spawn => {
                spawn::spawn_and_join::<S>(operations, stage).await?;
                counted(operations, None)
            }
            Workload::FanIn(senders) => {
                let rounds = operations.div_ceil(senders);
                for _ in 0..rounds {
                    fan_in::drain_parked::<S>(senders, stage).await?;
                }
                counted(rounds * senders, None)
            }
            Workload::Cancel(count, order) => {
                let rounds = operations.div_ceil(count);
                for _ in 0..rounds {
                    cancel::park_and_cancel::<S>(count, order, stage).await?;
                }
                counted(rounds * count, None)
            }
            Workload::Rss(capacity) => {
                let figures = rss::sample::<S>(capacity, rss::CHANNELS / operations, stage).await?;
                counted(operations, held(figures))
            }
            Workload::Parked => {
                let figures = parked::sample::<S>(parked::TASKS / operations, stage).await?;
                counted(operations, held(figures))
            }
            // They depend on time, so that what they take is no count.
            Workload::Surface(_) => return Err(Wrong::Behaviour("the case cannot be counted")),
        })
    }

    /// Whether goroutines are what it measures, and not what is between them.
    pub fn is_about_goroutines(self) -> bool {
        matches!(self, Workload::Spawn | Workload::Parked)
    }

    /// Whether it needs the count of the heap, which costs the timed cases too much.
    pub fn counts_heap(self) -> bool {
        matches!(self, Workload::Rss(_) | Workload::Parked)
    }

    /// Whether only goish and Go have it, and what is behind goish's channels does not matter.
    pub fn is_of_surface(self) -> bool {
        matches!(self, Workload::Surface(_))
    }

    /// Whether it needs a thread for each of many goroutines, which take more address space than
    /// memory.
    pub fn needs_threads(self) -> bool {
        matches!(self, Workload::Surface(surface) if surface.needs_threads())
    }

    /// Whether it makes channels of capacity 0.
    pub fn needs_rendezvous(self) -> bool {
        matches!(
            self,
            Workload::PingPong | Workload::Contended(0) | Workload::Rss(0)
        )
    }

    /// Whether it makes channels without a limit.
    pub fn needs_unbounded(self) -> bool {
        matches!(self, Workload::ProdCons(Capacity::Unbounded))
    }
}

/// What was run to be counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// Operations.
    pub operations: u64,
    /// Heap bytes held for each channel or goroutine, where that is what the case measures.
    pub held: Option<f64>,
}

/// A count divided by the scale, but at least `least`.
fn scaled(count: u64, scale: u64, least: u64) -> u64 {
    (count / scale.max(1)).max(least)
}

fn figure(metric: &str, unit: &str, value: f64) -> Figure {
    Figure {
        metric: metric.to_owned(),
        unit: unit.to_owned(),
        value,
    }
}

/// Time shared out over operations.
fn nanoseconds_per(metric: &str, elapsed: Duration, operations: u64) -> Figure {
    figure(metric, "ns", elapsed.as_nanos() as f64 / operations as f64)
}
