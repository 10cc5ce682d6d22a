//! The record: what is written down for each sample, and nothing derived from it.

use serde::{Deserialize, Serialize};

/// The version of the row format that this crate writes. A row of a higher version is refused by
/// name; a row of a lower version is read as long as every version up to this one can be.
pub const SCHEMA: u32 = 1;

/// How a workload reached its channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The engine's own API, as a plain tokio program.
    Raw,
    /// Through goish's `Chan`, with Go's rules.
    Goish,
}

/// What was measured: the key under which samples are collected into one cell of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// The case's fixed name, for example `ping-pong`.
    pub case: String,
    /// The case's parameter, for example `capacity=16` or `n=1000,order=fifo`; empty when the
    /// case has none.
    pub param: String,
    /// Raw or goish.
    pub mode: Mode,
    /// The engine's name, for example `flume`.
    pub engine: String,
}

/// What stands under an engine's name in a run and is no engine of goish's, and what a reader must
/// know to compare it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What kind of thing it is.
    pub kind: Kind,
    /// How it was set up.
    pub setup: String,
    /// What it does not do that others of the run do, a clause each.
    pub lacks: Vec<String>,
}

/// What kind of thing a run measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Go itself.
    Go,
    /// A published version of goish.
    Published,
    /// A crate with channels, measured by its own API.
    Channels,
    /// A goroutine runtime, measured by its own API.
    Runtime,
    /// goish on another scheduler than its default.
    Scheduler,
}

/// One measured quantity of one sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is, for example `per-message` or `round-trip-p99`.
    pub metric: String,
    /// Its unit, for example `ns` or `bytes`.
    pub unit: String,
    /// The value, in that unit.
    pub value: f64,
}

/// How one sample ended. What it did not deliver is never a number: only `Ok` carries all of its
/// case's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome {
    /// It ran, and delivered the count and the checksum that were expected.
    Ok {
        /// What was measured, the case's headline first.
        figures: Vec<Figure>,
    },
    /// It did not finish inside its deadline.
    Dnf {
        /// One sentence for a reader.
        reason: String,
        /// How many of the expected operations were done by then.
        delivered: u64,
        /// How many operations were expected.
        expected: u64,
        /// What had been measured to its end before the deadline passed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        figures: Vec<Figure>,
    },
    /// It failed: a panic, a signal, a wrong count or checksum, memory.
    Error {
        /// One sentence for a reader.
        reason: String,
    },
    /// The engine says by its capabilities that it cannot do this.
    Refused {
        /// One sentence for a reader.
        reason: String,
    },
}

/// tokio's own figures over the sample, from tokio-metrics: they explain a number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuntimeFigures {
    /// Worker threads of the runtime.
    pub workers: u64,
    /// Share of the workers' time that was spent running tasks, 0 to 1.
    pub busy_ratio: f64,
    /// How often a worker parked.
    pub parks: u64,
    /// Tasks in the global queue when the sample ended.
    pub global_queue_depth: u64,
    /// Tasks alive when the sample ended.
    pub live_tasks: u64,
    /// Task polls, where tokio was built to count them (`--cfg tokio_unstable`).
    pub polls: Option<u64>,
    /// Tasks stolen between workers, where tokio was built to count them.
    pub steals: Option<u64>,
}

/// One sample, as it stands in `rows.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// [`SCHEMA`] at the time of writing.
    pub schema: u32,
    /// The run that it belongs to.
    pub run: String,
    /// Its place in the run's planned order, from 0. A run that resumes skips the orders it has.
    pub order: u64,
    /// When the sample ended, RFC 3339 in UTC.
    pub at: String,
    /// The commit that was measured.
    pub commit: String,
    /// Whether the work tree differed from that commit.
    pub dirty: bool,
    /// The machine's fingerprint, a short digest; its components stand in the run's `run.json`.
    pub machine: String,
    /// The crate behind the engine and its version from `Cargo.lock`, for example `flume 0.12.0`.
    pub engine_version: String,
    /// What was measured.
    #[serde(flatten)]
    pub cell: Cell,
    /// The number of this sample within its cell, from 0.
    pub sample: u32,
    /// Tokio worker threads that the sample ran on.
    pub workers: u32,
    /// How long the child process took altogether, in ns.
    pub wall_ns: u64,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What a reader must know to compare it, for example `capacity 1: no rendezvous`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// tokio's own figures over the sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeFigures>,
}

/// One promise of goish, tried on one engine: a line of the report's conformance table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conformance {
    /// The engine's name, for example `flume`.
    pub engine: String,
    /// The promise's short name, for example `close-wakes-parked-senders`.
    pub promise: String,
    /// The promise as one sentence for a reader.
    pub statement: String,
    /// What came of it.
    pub outcome: ConformanceOutcome,
    /// Why, where the outcome needs a reason: the refusal's words, or how the test failed. Empty
    /// otherwise.
    pub detail: String,
    /// Tokio worker threads that it was tried on.
    pub workers: u32,
}

/// What came of trying one promise on one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConformanceOutcome {
    /// The test ran and the promise held.
    Holds,
    /// The engine cannot do it, and goish refused it in the words that it should.
    Refused,
    /// The promise says nothing about this engine.
    NotApplicable,
    /// The test ran and the promise did not hold.
    Fails,
}
