//! Stress: tasks and blocking threads send, receive, select, cancel, run into timeouts and close, at
//! random, on channels of every capacity. Nothing may be lost, delivered twice, put out of order or
//! stuck. A short run is a test like any other; `scripts/stress.sh` runs for longer, with these
//! variables:
//!
//! - `STRESS_SECONDS`: how long each test runs, instead of a few rounds on every engine;
//! - `STRESS_ENGINE`: the engine of such a long run, `native` unless told otherwise;
//! - `STRESS_SEED`: the seed of the first round. A failure names its round's.

mod actors;
mod ledger;
mod plan;
mod round;

use std::env;
use std::time::{Duration, Instant};

use goish_engines::{Engine, Visitor, visit, visit_all};
use ledger::Tally;
use tokio::runtime::{Builder, Runtime};

/// How many rounds a short run takes on each engine.
const ROUNDS: u64 = if cfg!(miri) { 2 } else { 12 };

#[test]
fn one_worker() {
    stress(1);
}

#[test]
fn two_workers() {
    stress(2);
}

#[test]
fn eight_workers() {
    stress(8);
}

fn stress(workers: usize) {
    let seed = setting("STRESS_SEED").unwrap_or(workers as u64 * 1_000_000_000);
    let seconds = setting("STRESS_SECONDS");
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_time()
        .build()
        .unwrap();
    let mut run = Run {
        runtime,
        seed,
        until: seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
        rounds: 0,
        tally: Tally::default(),
    };
    match seconds {
        None => visit_all(&mut run),
        Some(_) => {
            let engine = env::var("STRESS_ENGINE").unwrap_or_else(|_| "native".to_owned());
            visit(&engine, &mut run).unwrap();
        }
    }
    println!("{workers} workers: {} rounds, {}", run.rounds, run.tally);
}

fn setting(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name}={value} is not a number")),
    )
}

struct Run {
    runtime: Runtime,
    seed: u64,
    until: Option<Instant>,
    rounds: u64,
    tally: Tally,
}

impl Visitor for Run {
    fn visit<E: Engine>(&mut self) {
        let last = self.rounds + ROUNDS;
        let more = |rounds| match self.until {
            Some(until) => Instant::now() < until,
            None => rounds < last,
        };
        while more(self.rounds) {
            let seed = self.seed + self.rounds;
            self.tally += round::run::<E>(self.runtime.handle(), seed);
            self.rounds += 1;
        }
    }
}
