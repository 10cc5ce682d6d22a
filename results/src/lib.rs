//! What a measurement of goish is: the record, the machine, the store, and what follows from them.
//!
//! This crate knows no engine (an engine is a name and a version to it), measures nothing and draws
//! nothing. It is what the side that runs and the side that draws have in common, and the only
//! place that knows how a measurement looks on the disk.
//!
//! # How the modules fit together
//!
//! ```text
//!  machine ──┐
//!  record ───┴─► store ──► summary ──► compare
//!                             ▲           ▲
//!                 statistics ─┴───────────┘
//! ```
//!
//! - [`record`] has the wire types: a [`Row`](record::Row) is one sample, one workload run once in
//!   a process of its own, and holds only what was observed. A sample that did not deliver is a row
//!   with a reason, never a number and never absent.
//! - [`machine`] reads what a measurement depends on, digests it into the fingerprint that every
//!   row carries, and says in sentences what makes the machine noisy.
//! - [`store`] keeps runs under `results/`: a header that is written once, rows that are appended
//!   and synced one by one, nothing that is overwritten. It reads them back from files that may be
//!   cut off, damaged, newer or foreign, and says which.
//! - [`statistics`] turns samples into a median, an interval, a ratio. It knows neither rows nor
//!   runs, and its page says what its intervals can and cannot do.
//! - [`summary`] applies the statistics to a run: one line for each metric of each cell that was
//!   planned or recorded, with the ratio to the best engine or the reason why there is none.
//! - [`compare`] puts two runs, or two engines of one run, next to each other, and refuses to mix
//!   machines unless it is asked to.
//!
//! Data flows one way. What is derived (medians, ratios, verdicts) is never stored, so a better
//! method applies to old runs too.
//!
//! # From a sample to a summary
//!
//! ```
//! use goish_results::machine::Machine;
//! use goish_results::record::{Cell, Figure, Mode, Outcome, Row, SCHEMA};
//! use goish_results::store::{PlannedSample, RunHeader, Store, timestamp};
//! use goish_results::summary::{Status, summarise};
//!
//! # let folder = tempfile::tempdir()?;
//! # let results = folder.path();
//! let store = Store::open(results);
//! let machine = Machine::detect("system", 2);
//! let cell = Cell {
//!     case: "prod-cons-1".into(),
//!     param: String::new(),
//!     mode: Mode::Raw,
//!     engine: "flume".into(),
//! };
//! let header = RunHeader {
//!     schema: SCHEMA,
//!     id: store.fresh_id("419bfed"),
//!     started_at: timestamp(),
//!     commit: "419bfed".into(),
//!     dirty: false,
//!     machine: machine.clone(),
//!     engine_versions: [("flume".into(), "flume 0.12.0".into())].into(),
//!     default_engine: Some("flume".into()),
//!     subjects: Default::default(),
//!     command: "cargo lab run --quick".into(),
//!     quick: true,
//!     plan: vec![PlannedSample { order: 0, cell: cell.clone(), sample: 0 }],
//! };
//! let id = header.id.clone();
//!
//! let mut writer = store.create(header)?;
//! writer.append(&Row {
//!     schema: SCHEMA,
//!     run: id.clone(),
//!     order: 0,
//!     at: timestamp(),
//!     commit: "419bfed".into(),
//!     dirty: false,
//!     machine: machine.fingerprint(),
//!     engine_version: "flume 0.12.0".into(),
//!     cell,
//!     sample: 0,
//!     workers: 2,
//!     wall_ns: 1_000_000,
//!     outcome: Outcome::Ok {
//!         figures: vec![Figure { metric: "per-message".into(), unit: "ns".into(), value: 81.5 }],
//!     },
//!     note: None,
//!     runtime: None,
//! })?;
//!
//! let run = store.load(&id)?;
//! assert!(run.warnings.is_empty());
//! let summaries = summarise(&run);
//! assert_eq!(summaries[0].status, Status::Ok);
//! assert_eq!(summaries[0].median, Some(81.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod blessed;
pub mod compare;
pub mod digest;
pub mod gate;
pub mod machine;
pub mod record;
pub mod statistics;
pub mod store;
pub mod summary;
pub mod trend;

mod catalogue;
