//! Where runs are kept: append-only rows, and nothing that is ever overwritten.
//!
//! ```text
//! results/
//!   runs/<id>/run.json            what was planned, where and by which command; written once
//!   runs/<id>/rows.jsonl          one row per sample, appended and synced one by one; or
//!   runs/<id>/rows.jsonl.gz       the same of a complete run, as `gzip` packs it
//!   runs/<id>/conformance.json    the promises that were tried, when they were
//!   reports/<id>/                 what was drawn from the run; may be generated again at any time
//! ```
//!
//! A run that was killed leaves at most one line without its end; [`Store::load`] warns of it and
//! [`Store::resume`] mends it without touching the rows before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::record::{Cell, Conformance, Row, SCHEMA, Subject};

mod atomic;
mod error;
mod id;
pub(crate) mod log;
mod packed;
mod read;
mod warnings;
mod writer;

pub use atomic::write_atomically;
pub use error::StoreError;
pub use id::{run_id, timestamp};
pub use writer::RunWriter;

/// The folder of runs under the root.
const RUNS: &str = "runs";
/// The folder of reports under the root.
const REPORTS: &str = "reports";
/// The file with a run's header.
const HEADER: &str = "run.json";
/// The file with a run's rows.
const ROWS: &str = "rows.jsonl";
/// The file with a run's conformance table.
const CONFORMANCE: &str = "conformance.json";

/// What is known of a run before its first sample. Written once, when the run is created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunHeader {
    /// [`SCHEMA`] at the time of writing.
    pub schema: u32,
    /// The run's name, also that of its folder; [`Store::fresh_id`] makes one.
    pub id: String,
    /// When the run was created, RFC 3339 in UTC.
    pub started_at: String,
    /// The commit that is measured.
    pub commit: String,
    /// Whether the work tree differed from that commit.
    pub dirty: bool,
    /// The machine that the run is taken on.
    pub machine: Machine,
    /// For each engine its crate and version, for example `flume` to `flume 0.12.0`.
    pub engine_versions: BTreeMap<String, String>,
    /// The engine that was the default when the run was taken; runs of before that was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_engine: Option<String>,
    /// Which names stand for something else than an engine of goish's, and for what.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects: BTreeMap<String, Subject>,
    /// The command that started the run, as a reader would type it.
    pub command: String,
    /// Whether the workloads were cut down to end within minutes.
    pub quick: bool,
    /// Every sample that is to be taken, in the order in which they are.
    pub plan: Vec<PlannedSample>,
}

impl RunHeader {
    /// What every count was divided by, where it was: such a run is no real measurement. The
    /// command says so.
    pub fn scale(&self) -> Option<u64> {
        let mut words = self.command.split_whitespace();
        words.find(|word| *word == "--scale")?;
        words.next()?.parse().ok().filter(|scale| *scale > 1)
    }
}

/// One sample that a run is to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSample {
    /// Its place in the run's order, from 0.
    pub order: u64,
    /// What is to be measured.
    #[serde(flatten)]
    pub cell: Cell,
    /// The number of this sample within its cell, from 0.
    pub sample: u32,
}

/// A run as it was read from the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What was planned.
    pub header: RunHeader,
    /// What was measured, in the order in which it was written.
    pub rows: Vec<Row>,
    /// The promises that were tried; empty when none were.
    pub conformance: Vec<Conformance>,
    /// What a reader of the run must be told, one sentence each: a row that was cut off, one that
    /// is there twice or was never planned, different commits, a work tree with changes.
    pub warnings: Vec<String>,
}

/// The store: a folder, usually `results/` at the root of the repository.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Names the store's folder. Nothing is read or made until something is asked of the store.
    pub fn open(root: impl Into<PathBuf>) -> Store {
        Store { root: root.into() }
    }

    /// The store's folder.
    pub fn root(&self) -> &std::path::Path {
        &self.root
    }

    /// A name for a run that starts now and measures this commit, such as
    /// `2026-11-22T16-02-05Z-419bfed`: readable, sorting by time, and free at this moment.
    pub fn fresh_id(&self, commit: &str) -> String {
        let id = run_id(time::OffsetDateTime::now_utc(), commit);
        let numbered = (2..).map(|number| format!("{id}-{number}"));
        let free = std::iter::once(id.clone())
            .chain(numbered)
            .find(|id| !self.directory(id).exists());
        free.unwrap_or(id)
    }

    /// Creates a run and opens it for writing. The run appears in the store with its header or not
    /// at all.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyExists`] when there is a run of this name: a run is never overwritten;
    /// [`StoreError::BadId`] when the name cannot be a folder's; [`StoreError::Io`] when the store
    /// cannot be written.
    pub fn create(&self, header: RunHeader) -> Result<RunWriter, StoreError> {
        id::check(&header.id)?;
        let runs = self.root.join(RUNS);
        let directory = self.directory(&header.id);
        if directory.exists() {
            return Err(StoreError::AlreadyExists {
                id: header.id,
                directory,
            });
        }
        fs::create_dir_all(&runs).map_err(|cause| StoreError::io("create", &runs, cause))?;
        // The run is put together beside its place and moved there whole, so that being killed in
        // between leaves no run without a header. Moving onto a run that another process made
        // meanwhile fails, because that one is not an empty folder.
        let scratch = atomic::scratch_directory(&runs)?;
        let header_text = to_json(&header)?;
        write_atomically(&scratch.path().join(HEADER), &header_text)?;
        write_atomically(&scratch.path().join(ROWS), b"")?;
        match fs::rename(scratch.path(), &directory) {
            Ok(()) => {
                // The scratch folder has moved away: there is nothing left of it to remove.
                let _moved = scratch.keep();
            }
            Err(_) if directory.exists() => {
                return Err(StoreError::AlreadyExists {
                    id: header.id,
                    directory,
                });
            }
            Err(cause) => return Err(StoreError::io("create", &directory, cause)),
        }
        atomic::sync_directory(&runs)?;
        let (writer, _rows) = RunWriter::open(&header, directory)?;
        Ok(writer)
    }

    /// Opens a run that was cut off, to take the samples that it still lacks: gives its header and
    /// the orders of the rows that it has.
    ///
    /// A last line that was cut off is cut away, one that lacks only its end is ended; every
    /// complete row stays byte for byte as it was. The caller sees to it that the rest is taken on
    /// the same machine: [`Machine::differences`] with the header's machine tells, and a row with
    /// another fingerprint is refused by [`RunWriter::append`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::load`], [`StoreError::Packed`] when its rows have been packed, and
    /// [`StoreError::Busy`] when another process is writing the run.
    pub fn resume(&self, id: &str) -> Result<(RunHeader, BTreeSet<u64>, RunWriter), StoreError> {
        let directory = self.existing(id)?;
        let header = read::header(&directory.join(HEADER), id)?;
        let (writer, rows) = RunWriter::open(&header, directory)?;
        Ok((header, rows.iter().map(|row| row.order).collect(), writer))
    }

    /// Reads a run.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownRun`], naming the runs that there are; [`StoreError::NoHeader`] for a
    /// folder without a `run.json`; [`StoreError::NotJson`],
    /// [`StoreError::NewerSchema`], [`StoreError::ForeignRow`] and [`StoreError::MixedMachines`],
    /// naming the file and the line; [`StoreError::NotPacked`]; [`StoreError::Io`]. A last line that was cut off is no error:
    /// it becomes one of the run's warnings.
    pub fn load(&self, id: &str) -> Result<Run, StoreError> {
        let directory = self.existing(id)?;
        let header = read::header(&directory.join(HEADER), id)?;
        let (bytes, rows_path) = packed::read(&directory)?;
        let read = read::rows(&bytes, &rows_path, id)?;
        let (rows, warnings) = warnings::examine(read, &header, &rows_path);
        let conformance = read::conformance(&directory.join(CONFORMANCE), id)?;
        Ok(Run {
            header,
            rows,
            conformance,
            warnings,
        })
    }

    /// The name of the newest run.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoRuns`] when there is none; [`StoreError::Io`].
    pub fn latest(&self) -> Result<String, StoreError> {
        self.list()?.pop().ok_or_else(|| StoreError::NoRuns {
            directory: self.root.join(RUNS),
        })
    }

    /// The names of all runs, the oldest first. A store that does not exist yet has none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when the folder cannot be read.
    pub fn list(&self) -> Result<Vec<String>, StoreError> {
        let runs = self.root.join(RUNS);
        let failed = |cause| StoreError::io("read", &runs, cause);
        let entries = match fs::read_dir(&runs) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(failed(cause)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if id::check(&name).is_ok() && entry.path().join(HEADER).is_file() {
                ids.push(name);
            }
        }
        ids.sort_unstable_by(|left, right| id::sort_key(left).cmp(&id::sort_key(right)));
        Ok(ids)
    }

    /// Where the report of this run belongs. The folder need not exist.
    pub fn report_dir(&self, id: &str) -> PathBuf {
        self.root.join(REPORTS).join(id)
    }

    /// Where a run of this name belongs.
    fn directory(&self, id: &str) -> PathBuf {
        self.root.join(RUNS).join(id)
    }

    /// The folder of a run that is there.
    fn existing(&self, id: &str) -> Result<PathBuf, StoreError> {
        let directory = self.directory(id);
        if id::check(id).is_ok() {
            let header = directory.join(HEADER);
            if header.is_file() {
                return Ok(directory);
            }
            if directory.is_dir() {
                return Err(StoreError::NoHeader { file: header });
            }
        }
        Err(StoreError::UnknownRun {
            id: id.to_owned(),
            directory: self.root.join(RUNS),
            known: self.list()?,
        })
    }
}

/// A whole file's JSON, indented for a reader and ended by a newline.
pub(crate) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|cause| StoreError::NotWritable { cause })?;
    text.push(b'\n');
    Ok(text)
}

/// Whether this crate can read what was written with that schema version.
fn readable(schema: u32) -> bool {
    schema <= SCHEMA
}
