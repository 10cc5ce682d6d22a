//! What a runtime is used for beyond its channels: cases over the whole of goish's surface.
//!
//! They are written as a user of goish would write them, with `go!`, `select!`, `sync` and `time`,
//! so no crate's own API has them: raw refuses them. The file of the same name in `benches/go/` does
//! the same in Go. Where the workload says nothing else its channels are the default engine's,
//! because what it measures is not the channel.

use std::time::{Duration, Instant};

use goish::Goroutine;
use goish_engines::Engine;
use goish_results::record::Figure;

use super::{figure, nanoseconds_per, scaled};
use crate::stage::{Stage, Wrong};

mod gosched;
mod hogs;
mod idle_cpu;
mod mutex_contended;
mod plain_parked;
mod plain_ping_pong;
mod pool;
mod rw_mutex;
mod select;
mod select_default;
mod sleep;
mod syscalls;
mod tcp_echo;
mod timer;
mod unfair_waker;
mod wait_group;

/// A case of goish's surface with its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// `select-2`, `select-8`.
    Select(Arms),
    /// `select-default` with this many arms beside `default`.
    SelectDefault(DefaultArms),
    /// `mutex-contended`.
    MutexContended,
    /// `rw-mutex-read-mostly`.
    RwMutexReadMostly,
    /// `wait-group`.
    WaitGroup,
    /// `timer-1m`.
    Timer,
    /// `sleep-100k`.
    Sleep,
    /// `gosched`.
    Gosched,
    /// `plain-ping-pong`.
    PlainPingPong,
    /// `plain-parked`, a chain of this many.
    PlainParked(u64),
    /// `unfair-waker`.
    UnfairWaker,
    /// `hogs`.
    Hogs,
    /// `syscalls`.
    Syscalls,
    /// `pool-8`.
    Pool,
    /// `tcp-echo` over this many connections.
    TcpEcho(u64),
    /// `idle-cpu`.
    IdleCpu,
}

/// How many channels a `select!` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arms {
    /// Two.
    Two,
    /// Eight.
    Eight,
}

/// How many channels a `select!` looks at before it takes its `default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultArms {
    /// One, which Go compiles to a single look.
    One,
    /// Two.
    Two,
}

impl Surface {
    /// Runs one sample, warm-up included, with every count divided by `scale`. `E` is the engine of
    /// the channels where the case is about them.
    ///
    /// # Errors
    ///
    /// [`Wrong`] when it did not deliver what it should have delivered.
    pub async fn sample<E: Engine>(self, scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
        match self {
            Surface::Select(arms) => select::sample::<E>(arms, scale, stage).await,
            Surface::SelectDefault(arms) => select_default::sample::<E>(arms, scale, stage).await,
            Surface::MutexContended => mutex_contended::sample(scale, stage).await,
            Surface::RwMutexReadMostly => rw_mutex::sample(scale, stage).await,
            Surface::WaitGroup => wait_group::sample(scale, stage).await,
            Surface::Timer => timer::sample(scale, stage).await,
            Surface::Sleep => sleep::sample(scale, stage).await,
            Surface::Gosched => gosched::sample(scale, stage).await,
            Surface::PlainPingPong => plain_ping_pong::sample(scale, stage).await,
            Surface::PlainParked(links) => plain_parked::sample(links, scale, stage).await,
            Surface::UnfairWaker => unfair_waker::sample(scale, stage).await,
            Surface::Hogs => hogs::sample(scale, stage).await,
            Surface::Syscalls => syscalls::sample(scale, stage).await,
            Surface::Pool => pool::sample(scale, stage).await,
            Surface::TcpEcho(connections) => tcp_echo::sample(connections, scale, stage).await,
            Surface::IdleCpu => idle_cpu::sample(scale, stage).await,
        }
    }

    /// Whether it needs a thread for each of many goroutines, which take more address space than
    /// memory.
    pub fn needs_threads(self) -> bool {
        matches!(self, Surface::PlainParked(_))
    }
}

/// Waits for a goroutine of a workload.
async fn join<T: Send + 'static>(goroutine: Goroutine<T>) -> T {
    let joined = goroutine.wait().await;
    joined.expect("the goroutine panicked, and the panic hook has said why")
}

/// Holds how often something was done against how often it should have been.
fn verify(delivered: u64, expected: u64) -> Result<(), Wrong> {
    match delivered == expected {
        true => Ok(()),
        false => Err(Wrong::Count {
            delivered,
            expected,
        }),
    }
}

/// Computes for so long, without an operation of goish's.
fn compute(duration: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < duration {
        std::hint::spin_loop();
    }
}

/// Whole nanoseconds since an instant.
fn since(begun: Instant) -> u64 {
    nanoseconds(begun.elapsed())
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The value below which this share of some values lies, in ns.
fn quantile(metric: &str, sorted: &[u64], share: f64) -> Figure {
    let place = (share * sorted.len() as f64).ceil() as usize;
    let value = sorted.get(place.saturating_sub(1)).or(sorted.last());
    figure(metric, "ns", value.copied().unwrap_or(0) as f64)
}
