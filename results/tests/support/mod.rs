//! Runs and rows for the tests, on a machine that does not exist.

// Each test binary uses a part of this.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use goish_results::machine::Machine;
use goish_results::record::{Cell, Figure, Mode, Outcome, Row, SCHEMA};
use goish_results::store::{PlannedSample, Run, RunHeader, RunWriter, Store};

/// The run that most tests write.
pub(crate) const ID: &str = "2026-11-22T16-02-05Z-419bfed";

/// A store in a folder that goes away with it.
pub(crate) struct Scratch {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
}

impl Scratch {
    /// An empty store.
    pub(crate) fn new() -> Scratch {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let store = Store::open(folder.path().join("results"));
        Scratch { folder, store }
    }

    /// A file of the run [`ID`].
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("results/runs").join(ID).join(name)
    }

    /// The bytes of the run's rows.
    pub(crate) fn rows(&self) -> Vec<u8> {
        std::fs::read(self.file("rows.jsonl")).expect("the rows")
    }

    /// The run [`ID`] with `planned` samples of which the first `taken` are there.
    pub(crate) fn with_rows(planned: u32, taken: u32) -> Scratch {
        let scratch = Scratch::new();
        let mut writer = scratch.create(header(planned));
        for order in 0..taken {
            writer.append(&row(order)).expect("a row");
        }
        scratch
    }

    /// Creates a run.
    pub(crate) fn create(&self, header: RunHeader) -> RunWriter {
        self.store.create(header).expect("a new run")
    }
}

/// A machine.
pub(crate) fn machine() -> Machine {
    Machine {
        cpu_model: "Difference Engine No. 2".to_owned(),
        cores: 2,
        memory_bytes: 8 << 30,
        kernel: "Linux 6.18".to_owned(),
        governor: "performance".to_owned(),
        smt: "off".to_owned(),
        hypervisor: "none".to_owned(),
        allocator: "system".to_owned(),
        workers: 2,
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

/// A header that plans so many samples of ping-pong.
pub(crate) fn header(planned: u32) -> RunHeader {
    let plan = (0..planned).map(|order| PlannedSample {
        order: u64::from(order),
        cell: cell("ping-pong", "", Mode::Raw, "flume"),
        sample: order,
    });
    RunHeader {
        schema: SCHEMA,
        id: ID.to_owned(),
        started_at: "2026-11-22T16:02:05Z".to_owned(),
        commit: "419bfed0".to_owned(),
        dirty: false,
        machine: machine(),
        default_engine: None,
        subjects: BTreeMap::new(),
        engine_versions: BTreeMap::from([
            ("flume".to_owned(), "flume 0.12.0".to_owned()),
            ("async-channel".to_owned(), "async-channel 2.5.0".to_owned()),
        ]),
        command: "cargo lab run --quick".to_owned(),
        quick: true,
        plan: plan.collect(),
    }
}

/// The row of one of [`header`]'s samples.
pub(crate) fn row(order: u32) -> Row {
    Row {
        schema: SCHEMA,
        run: ID.to_owned(),
        order: u64::from(order),
        at: "2026-11-22T16:02:06Z".to_owned(),
        commit: "419bfed0".to_owned(),
        dirty: false,
        machine: machine().fingerprint(),
        engine_version: "flume 0.12.0".to_owned(),
        cell: cell("ping-pong", "", Mode::Raw, "flume"),
        sample: order,
        workers: 2,
        wall_ns: 12_345_678,
        outcome: ok(&[("round-trip", "ns", 512.25 + f64::from(order))]),
        note: None,
        runtime: None,
    }
}

/// An outcome with figures.
pub(crate) fn ok(figures: &[(&str, &str, f64)]) -> Outcome {
    let figures = figures.iter().map(|(metric, unit, value)| Figure {
        metric: (*metric).to_owned(),
        unit: (*unit).to_owned(),
        value: *value,
    });
    Outcome::Ok {
        figures: figures.collect(),
    }
}

/// An outcome with the headline figure of a case measured in ns per message.
pub(crate) fn per_message(value: f64) -> Outcome {
    ok(&[("per-message", "ns", value)])
}

/// A run that was planned and recorded cell by cell: each cell's planned count, and the outcomes of
/// its samples from number 0 on.
pub(crate) fn run(cells: &[(Cell, u32, Vec<Outcome>)]) -> Run {
    let mut header = header(0);
    let mut rows = Vec::new();
    for (cell, planned, outcomes) in cells {
        let first = header.plan.len() as u64;
        header
            .plan
            .extend((0..*planned).map(|sample| PlannedSample {
                order: first + u64::from(sample),
                cell: cell.clone(),
                sample,
            }));
        rows.extend((0..).zip(outcomes).map(|(sample, outcome)| Row {
            order: first + u64::from(sample),
            sample,
            cell: cell.clone(),
            outcome: outcome.clone(),
            engine_version: format!("{} 1.0.0", cell.engine),
            ..row(0)
        }));
    }
    Run {
        header,
        rows,
        conformance: Vec::new(),
        warnings: Vec::new(),
    }
}
