//! `fan-in`: n senders parked on a channel of capacity 1, drained by one receiver; each of
//! criterion's iterations is all n.

mod support;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use goish_engines::Engine;
use goish_lab::protocol::mode_name;
use goish_lab::stage::Stage;
use goish_lab::subject::Subject;
use goish_lab::workloads::fan_in::drain_parked;

use support::{OnEach, Stand, measure, on_each};

/// The lab measures a million, too, with a deadline; criterion knows none.
const SENDERS: [u64; 3] = [1_000, 10_000, 100_000];

/// An engine that needs longer than this for a message at one n is not tried at the next: where the
/// cost of a message grows with n, an iteration at ten times n takes a hundred times as long.
const TOO_SLOW: Duration = Duration::from_micros(4);

struct FanIn<'a>(&'a mut Criterion);

impl OnEach for FanIn<'_> {
    fn on<S: Subject>(&mut self) {
        let mut group = self.0.benchmark_group("fan-in");
        let stand = Stand::<S>::new();
        for senders in SENDERS {
            group.throughput(Throughput::Elements(senders));
            measure::<S, _>(
                &mut group,
                &format!("n={senders}"),
                |iterations| async move {
                    let mut elapsed = Duration::ZERO;
                    for _ in 0..iterations {
                        elapsed += drain_parked::<S>(senders, &Stage::unwatched()).await?;
                    }
                    Ok(elapsed)
                },
            );
            let drain = async move { drain_parked::<S>(senders, &Stage::unwatched()).await };
            let per_message = stand.run(drain).div_f64(senders as f64);
            if per_message > TOO_SLOW && senders < SENDERS[SENDERS.len() - 1] {
                let (mode, engine) = (mode_name(S::MODE), S::Engine::INFO.name);
                println!(
                    "fan-in/{mode}/{engine} beyond n={senders} is left to `cargo lab run`, which has a deadline: a message takes {per_message:?} already"
                );
                break;
            }
        }
        group.finish();
    }
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
