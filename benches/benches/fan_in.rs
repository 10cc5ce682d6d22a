//! `fan-in`: n senders parked on a channel of capacity 1, drained by one receiver; each of
//! criterion's iterations is all n.

mod support;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use goish_lab::protocol::mode_name;
use goish_lab::stage::Stage;
use goish_lab::subject::Subject;
use goish_lab::workloads::fan_in::drain_parked;

use support::{OnEach, Stand, measure, on_each};

/// The lab measures a million, too, with a deadline; criterion knows none.
const SENDERS: [u64; 3] = [1_000, 10_000, LARGE];

/// At this n it is first found out, at a tenth of it, whether the engine can be expected to end.
const LARGE: u64 = 100_000;

/// An engine that needs longer than this for a message at a tenth of [`LARGE`] is not tried there:
/// where the cost of a message grows with n, ten times n takes a hundred times as long.
const TOO_SLOW: Duration = Duration::from_micros(4);

struct FanIn<'a>(&'a mut Criterion);

impl OnEach for FanIn<'_> {
    fn on<S: Subject>(&mut self) {
        let mut group = self.0.benchmark_group("fan-in");
        for senders in SENDERS {
            if senders == LARGE && support::measures() && is_too_slow::<S>() {
                continue;
            }
            let param = format!("n={senders}");
            group.throughput(Throughput::Elements(senders));
            measure::<S, _>(&mut group, &param, |iterations| async move {
                let mut elapsed = Duration::ZERO;
                for _ in 0..iterations {
                    elapsed += drain_parked::<S>(senders, &Stage::unwatched()).await?;
                }
                Ok(elapsed)
            });
        }
        group.finish();
    }
}

/// Tries a tenth of [`LARGE`], and says so when the engine is too slow there.
fn is_too_slow<S: Subject>() -> bool {
    const TENTH: u64 = LARGE / 10;
    let drain = async { drain_parked::<S>(TENTH, &Stage::unwatched()).await };
    let per_message = Stand::<S>::new().run(drain).div_f64(TENTH as f64);
    let slow = per_message > TOO_SLOW;
    if slow {
        let (mode, engine) = (mode_name(S::MODE), S::NAME);
        println!(
            "fan-in/{mode}/{engine}/n={LARGE} is left to `cargo lab run`, which has a deadline: at n={TENTH} a message takes {per_message:?} already\n"
        );
    }
    slow
}

fn fan_in(criterion: &mut Criterion) {
    on_each(&mut FanIn(criterion));
}

criterion_group! {
    name = suite;
    config = support::criterion("fan_in");
    targets = fan_in
}
criterion_main!(suite);
