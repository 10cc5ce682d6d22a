//! The six metrics of the decision: five of time, and resident memory.

mod bytes;
mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use goish_lab::stage::Stage;
use goish_lab::subject::{Capacity, Subject};
use goish_lab::workloads::{contended, ping_pong, prod_cons};

use support::{OnEach, measure, on_each};

/// One of the five metrics of time: a case, its parameter, and its loop.
struct Timed<'a> {
    criterion: &'a mut Criterion,
    case: &'static str,
    metric: Metric,
}

#[derive(Clone, Copy)]
enum Metric {
    PingPong,
    ProdCons(Capacity),
    Contended,
}

impl OnEach for Timed<'_> {
    fn on<S: Subject>(&mut self) {
        let mut group = self.criterion.benchmark_group(self.case);
        match self.metric {
            Metric::PingPong => measure::<S, _>(&mut group, "", |trips| async move {
                ping_pong::round_trips::<S>(trips, &Stage::unwatched()).await
            }),
            Metric::ProdCons(capacity) => measure::<S, _>(&mut group, "", |messages| async move {
                prod_cons::messages_through::<S>(capacity, messages, &Stage::unwatched()).await
            }),
            Metric::Contended => {
                measure::<S, _>(&mut group, "capacity=16", |messages| async move {
                    let stage = Stage::unwatched();
                    let crowd = contended::messages_through::<S>(16, messages, &stage).await?;
                    Ok(crowd.elapsed)
                })
            }
        }
        group.finish();
    }
}

fn time(criterion: &mut Criterion) {
    for (case, metric) in [
        ("ping-pong", Metric::PingPong),
        ("prod-cons-1", Metric::ProdCons(Capacity::Bounded(1))),
        ("prod-cons-1024", Metric::ProdCons(Capacity::Bounded(1024))),
        ("prod-cons-unbounded", Metric::ProdCons(Capacity::Unbounded)),
        ("contended-16", Metric::Contended),
    ] {
        on_each(&mut Timed {
            criterion,
            case,
            metric,
        });
    }
}

/// Resident bytes per idle channel, each measured in a fresh process.
struct Resident<'a>(&'a mut Criterion<bytes::Bytes>);

impl OnEach for Resident<'_> {
    fn on<S: Subject>(&mut self) {
        let mut group = self.0.benchmark_group("rss-100k");
        group.bench_function(support::id::<S>("capacity=0"), |bencher| {
            // One process says it all: bytes per channel do not depend on how often one asks.
            bencher.iter_custom(|iterations| iterations as f64 * bytes::per_channel::<S>());
        });
        group.finish();
    }
}

fn memory(criterion: &mut Criterion<bytes::Bytes>) {
    on_each(&mut Resident(criterion));
}

criterion_group! {
    name = timed;
    config = support::criterion("bakeoff");
    targets = time
}
criterion_group! {
    name = resident;
    config = support::criterion("bakeoff").with_measurement(bytes::Bytes);
    targets = memory
}
criterion_main!(timed, resident);
