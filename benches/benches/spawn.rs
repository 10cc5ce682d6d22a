//! `spawn-1m`: a million tasks spawned and joined; each of criterion's iterations is the million.

mod support;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use goish_lab::stage::Stage;
use goish_lab::subject::Subject;
use goish_lab::workloads::spawn::spawn_and_join;

use support::{OnEach, measure, on_each};

const TASKS: u64 = 1_000_000;

struct Spawn<'a>(&'a mut Criterion);

impl OnEach for Spawn<'_> {
    fn on<S: Subject>(&mut self) {
        let mut group = self.0.benchmark_group("spawn-1m");
        group.throughput(Throughput::Elements(TASKS));
        measure::<S, _>(&mut group, "", |iterations| async move {
            let mut elapsed = Duration::ZERO;
            for _ in 0..iterations {
                elapsed += spawn_and_join::<S>(TASKS, &Stage::unwatched()).await?;
            }
            Ok(elapsed)
        });
        group.finish();
    }
}

fn spawn(criterion: &mut Criterion) {
    on_each(&mut Spawn(criterion));
}

criterion_group! {
    name = suite;
    config = support::criterion("spawn");
    targets = spawn
}
criterion_main!(suite);
