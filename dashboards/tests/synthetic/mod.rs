//! A made-up run, built in code: figures of no machine, for tests and for looking at the page.
#![allow(
    dead_code,
    reason = "each program that takes this in uses its own part of it"
)]

use goish_results::machine::Machine;
use goish_results::record::{
    Cell, Conformance, ConformanceOutcome, Figure, Mode, Outcome, Row, RuntimeFigures, SCHEMA,
};
use goish_results::store::{PlannedSample, Run, RunHeader};

/// Metric, unit and the value that the samples lie around.
pub(crate) type Around = (&'static str, &'static str, f64);

/// A run that is being made up.
pub(crate) struct Book {
    pub(crate) run: Run,
    samples: u32,
}

impl Book {
    /// A run without rows, of a machine that does not exist.
    pub(crate) fn new(samples: u32) -> Book {
        let header = RunHeader {
            schema: SCHEMA,
            id: "2026-01-02T03-04-05Z-0123456".to_owned(),
            started_at: "2026-01-02T03:04:05Z".to_owned(),
            commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            dirty: false,
            machine: machine(),
            default_engine: None,
            subjects: Default::default(),
            engine_versions: [
                ("async-channel".to_owned(), "async-channel 2.5.0".to_owned()),
                ("flume".to_owned(), "flume 0.12.0".to_owned()),
            ]
            .into(),
            command: "cargo lab run".to_owned(),
            quick: false,
            plan: Vec::new(),
        };
        let run = Run {
            header,
            rows: Vec::new(),
            conformance: Vec::new(),
            warnings: Vec::new(),
        };
        Book { run, samples }
    }

    /// Samples around the values; those of one number share their noise, as paired ones do.
    pub(crate) fn ok(&mut self, cell: Cell, around: &[Around]) -> &mut Book {
        for sample in 0..self.samples {
            let noise = 1.0 + 0.02 * f64::from((sample * 7) % 11) / 11.0;
            // The tenth sample of every cell was disturbed.
            let noise = if sample == 9 { noise * 1.5 } else { noise };
            let figures = around
                .iter()
                .map(|(metric, unit, value)| Figure {
                    metric: (*metric).to_owned(),
                    unit: (*unit).to_owned(),
                    value: value * noise,
                })
                .collect();
            self.sample(cell.clone(), sample, Outcome::Ok { figures }, None);
        }
        self
    }

    /// All samples of the cell ended this way.
    pub(crate) fn ended(&mut self, cell: Cell, outcome: Outcome) -> &mut Book {
        for sample in 0..self.samples {
            self.sample(cell.clone(), sample, outcome.clone(), None);
        }
        self
    }

    /// One sample.
    pub(crate) fn sample(&mut self, cell: Cell, sample: u32, outcome: Outcome, note: Option<&str>) {
        let order = self.plan(cell.clone(), sample);
        self.run.rows.push(Row {
            schema: SCHEMA,
            run: self.run.header.id.clone(),
            order,
            at: "2026-01-02T03:05:00Z".to_owned(),
            commit: self.run.header.commit.clone(),
            dirty: false,
            machine: self.run.header.machine.fingerprint(),
            engine_version: format!("{} 1.0.0", cell.engine),
            cell,
            sample,
            workers: 2,
            wall_ns: 1_000_000,
            outcome,
            note: note.map(str::to_owned),
            runtime: Some(RuntimeFigures {
                workers: 2,
                busy_ratio: 0.873,
                parks: 12_345,
                ..RuntimeFigures::default()
            }),
        });
    }

    /// A sample that was planned; unless it is also recorded, it is missing.
    pub(crate) fn plan(&mut self, cell: Cell, sample: u32) -> u64 {
        let order = self.run.header.plan.len() as u64;
        self.run.header.plan.push(PlannedSample {
            order,
            cell,
            sample,
        });
        order
    }

    /// What came of a promise on 1 and on 2 workers.
    pub(crate) fn promise(
        &mut self,
        engine: &str,
        promise: &str,
        outcome: ConformanceOutcome,
        detail: &str,
    ) {
        for workers in [1, 2] {
            self.run.conformance.push(Conformance {
                engine: engine.to_owned(),
                promise: promise.to_owned(),
                statement: format!("what {promise} says"),
                outcome,
                detail: detail.to_owned(),
                workers,
            });
        }
    }
}

/// A cell.
pub(crate) fn cell(case: &str, param: &str, mode: Mode, engine: &str) -> Cell {
    Cell {
        case: case.to_owned(),
        param: param.to_owned(),
        mode,
        engine: engine.to_owned(),
    }
}

/// A sample that ran into its deadline.
pub(crate) fn dnf(delivered: u64, expected: u64) -> Outcome {
    Outcome::Dnf {
        reason: "the deadline of 20 s passed".to_owned(),
        delivered,
        expected,
        figures: Vec::new(),
    }
}

/// Every case of the design for these engines, with all that can go wrong: the first engine never
/// finishes the largest fan-in, a cell is missing, one is refused, one failed with markup in its
/// reason, and one is not a rendezvous.
pub(crate) fn whole(engines: &[&str], samples: u32) -> Book {
    let mut book = Book::new(samples);
    for (place, engine) in engines.iter().enumerate() {
        for mode in [Mode::Raw, Mode::Goish] {
            let semantics = if mode == Mode::Goish { 1.25 } else { 1.0 };
            cases(
                &mut book,
                engine,
                mode,
                semantics * (1.0 + 0.3 * place as f64),
            );
            scaling(&mut book, engine, mode, semantics, place);
        }
        book.promise(
            engine,
            "close-wakes-receivers",
            ConformanceOutcome::Holds,
            "",
        );
        book.promise(engine, "select-fairness", ConformanceOutcome::Holds, "");
        book.promise(engine, "unbounded", ConformanceOutcome::NotApplicable, "");
    }
    if let Some(engine) = engines.last() {
        book.promise(
            engine,
            "rendezvous",
            ConformanceOutcome::Refused,
            "it has no capacity 0 <yet>",
        );
        let cell = cell("contended-16", "capacity=0", Mode::Raw, engine);
        book.ended(
            cell,
            Outcome::Refused {
                reason: "the crate has no capacity 0".to_owned(),
            },
        );
    }
    book
}

fn cases(book: &mut Book, engine: &str, mode: Mode, factor: f64) {
    let at = |case: &str, param: &str| cell(case, param, mode, engine);
    book.ok(
        at("ping-pong", ""),
        &[
            ("round-trip", "ns", 800.0 * factor),
            ("round-trip-p50", "ns", 780.0 * factor),
            ("round-trip-p90", "ns", 900.0 * factor),
            ("round-trip-p99", "ns", 2_500.0 * factor),
            ("round-trip-p99.9", "ns", 21_000.0 * factor),
            ("round-trip-max", "ns", 1_400_000.0 * factor),
        ],
    );
    for (case, value) in [
        ("prod-cons-1", 210.0),
        ("prod-cons-1024", 48.0),
        ("prod-cons-unbounded", 61.5),
    ] {
        book.ok(at(case, ""), &[("per-message", "ns", value * factor)]);
    }
    for (param, value) in [("capacity=16", 130.0), ("capacity=1024", 77.0)] {
        let figures = [
            ("per-message", "ns", value * factor),
            ("fairness-min", "share", 0.91),
            ("fairness-max", "share", 1.12),
            ("sender-fairness-min", "share", 0.44),
            ("sender-fairness-max", "share", 1.31),
        ];
        book.ok(at("contended-16", param), &figures);
    }
    for (param, value) in [("capacity=0", 152.0), ("capacity=16", 560.0)] {
        let figures = [
            ("resident-per-channel", "bytes", value * factor * 1.1),
            ("heap-per-channel", "bytes", value * factor),
        ];
        book.ok(at("rss-100k", param), &figures);
    }
    book.ok(
        at("spawn-1m", ""),
        &[("per-goroutine", "ns", 340.0 * factor)],
    );
    let parked = [
        ("resident-per-goroutine", "bytes", 620.0 * factor),
        ("heap-per-goroutine", "bytes", 512.0 * factor),
        ("per-wake", "ns", 95.0 * factor),
    ];
    book.ok(at("parked-1m", ""), &parked);
}

fn scaling(book: &mut Book, engine: &str, mode: Mode, semantics: f64, place: usize) {
    for n in [1_000_u64, 10_000, 100_000, 1_000_000] {
        let cell = cell("fan-in", &format!("n={n}"), mode, engine);
        if place == 0 && n == 1_000_000 {
            book.ended(cell, dnf(381_244, n));
            continue;
        }
        let slope = if place == 0 {
            (n as f64 / 1_000.0).sqrt()
        } else {
            1.0
        };
        book.ok(
            cell,
            &[(
                "per-message",
                "ns",
                180.0 * semantics * slope * (1.0 + 0.05 * place as f64),
            )],
        );
    }
    for order in ["fifo", "lifo", "random"] {
        for n in [1_000_u64, 10_000, 100_000] {
            let cell = cell("cancel", &format!("n={n},order={order}"), mode, engine);
            match (order, place, n) {
                ("random", 1, 100_000) => {
                    book.plan(cell, 0);
                }
                ("random", 0, 100_000) => {
                    let reason = "the child died of <b>signal 9</b> & left no row".to_owned();
                    book.ended(cell, Outcome::Error { reason });
                }
                _ => {
                    let slope = if place == 0 { n as f64 / 1_000.0 } else { 1.0 };
                    book.ok(
                        cell,
                        &[("per-cancellation", "ns", 75.0 * semantics * slope)],
                    );
                }
            }
        }
    }
}

fn machine() -> Machine {
    Machine {
        cpu_model: "Imagined CPU at no clock".to_owned(),
        cores: 2,
        memory_bytes: 8 << 30,
        kernel: "Linux 6.0.0".to_owned(),
        governor: "unknown".to_owned(),
        smt: "on".to_owned(),
        hypervisor: "KVM".to_owned(),
        allocator: "system".to_owned(),
        workers: 2,
    }
}
