//! Writing a run, row by row.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::log::{AppendError, Log, Sink};
use super::{
    CONFORMANCE, ROWS, RunHeader, StoreError, packed, read, readable, to_json, write_atomically,
};
use crate::record::{Conformance, Outcome, Row};

/// A run that is open for writing. While it is, no other process can write the same run.
#[derive(Debug)]
pub struct RunWriter {
    id: String,
    directory: PathBuf,
    /// The fingerprint that every row of the run carries.
    machine: String,
    orders: BTreeSet<u64>,
    log: Log<File>,
}

impl RunWriter {
    /// Opens a run's rows, mends their end, and gives them.
    pub(super) fn open(
        header: &RunHeader,
        directory: PathBuf,
    ) -> Result<(RunWriter, Vec<Row>), StoreError> {
        if let Some(file) = packed::file(&directory) {
            let id = header.id.clone();
            return Err(StoreError::Packed { id, file });
        }
        let path = directory.join(ROWS);
        let mut file = open_locked(&path, &header.id)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|cause| StoreError::io("read", &path, cause))?;
        let read = read::rows(&bytes, &path, &header.id)?;
        let length =
            mend(&mut file, &read).map_err(|cause| StoreError::io("mend", &path, cause))?;
        // The rows' own fingerprint goes first: a later version of this crate may digest a
        // machine's components differently.
        let machine = read
            .rows
            .first()
            .map_or_else(|| header.machine.fingerprint(), |row| row.machine.clone());
        let writer = RunWriter {
            id: header.id.clone(),
            directory,
            machine,
            orders: read.rows.iter().map(|row| row.order).collect(),
            log: Log::new(file, length),
        };
        Ok((writer, read.rows))
    }

    /// Appends one row, and returns once it is on the disk.
    ///
    /// JSON knows neither NaN nor infinities. A sample with such a figure is written as an error
    /// that says so, and runtime figures with one are left out.
    ///
    /// # Errors
    ///
    /// [`StoreError::ForeignRow`] and [`StoreError::MixedMachines`] when the row names another run
    /// or machine, [`StoreError::NewerSchema`] when this crate could not read it back,
    /// [`StoreError::OrderTaken`] when the run has its order, [`StoreError::Io`] when
    /// it cannot be written: the rows before it are whole then, and the same row may be appended
    /// again. [`StoreError::Torn`] when an earlier row could be neither written nor taken back.
    pub fn append(&mut self, row: &Row) -> Result<(), StoreError> {
        let path = self.directory.join(ROWS);
        self.check(row, &path)?;
        let line = line(row)?;
        self.log.append(&line).map_err(|error| match error {
            AppendError::Refused(cause) => StoreError::io("write", &path, cause),
            AppendError::Torn => StoreError::Torn { file: path.clone() },
        })?;
        self.orders.insert(row.order);
        Ok(())
    }

    /// Writes the conformance table of the run, whole, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`]; an earlier table is untouched then.
    pub fn conformance(&self, conformance: &[Conformance]) -> Result<(), StoreError> {
        let content = to_json(&read::conformance_file(&self.id, conformance))?;
        write_atomically(&self.directory.join(CONFORMANCE), &content)
    }

    /// Refuses a row that does not belong here.
    fn check(&self, row: &Row, path: &Path) -> Result<(), StoreError> {
        let line = self.orders.len() + 1;
        if !readable(row.schema) {
            return Err(StoreError::NewerSchema {
                file: path.to_owned(),
                line,
                found: u64::from(row.schema),
            });
        }
        if row.run != self.id {
            return Err(StoreError::ForeignRow {
                file: path.to_owned(),
                line,
                found: row.run.clone(),
                expected: self.id.clone(),
            });
        }
        if row.machine != self.machine {
            return Err(StoreError::MixedMachines {
                file: path.to_owned(),
                line,
                found: row.machine.clone(),
                expected: self.machine.clone(),
            });
        }
        if self.orders.contains(&row.order) {
            return Err(StoreError::OrderTaken {
                id: self.id.clone(),
                order: row.order,
            });
        }
        Ok(())
    }
}

/// Opens a run's rows for this process alone. A file system that has no locks is used without.
fn open_locked(path: &Path, id: &str) -> Result<File, StoreError> {
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
        .map_err(|cause| StoreError::io("open", path, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy { id: id.to_owned() }),
        Err(TryLockError::Error(cause)) if cause.kind() == std::io::ErrorKind::Unsupported => {
            Ok(file)
        }
        Err(TryLockError::Error(cause)) => Err(StoreError::io("lock", path, cause)),
    }
}

/// Makes the file end with a whole line, and tells how long it is then.
fn mend(file: &mut File, read: &read::ReadRows) -> std::io::Result<u64> {
    if read.cut_off.is_some() {
        file.cut(read.whole)?;
    }
    if !read.unended {
        return Ok(read.whole);
    }
    file.write_all(b"\n")?;
    file.sync()?;
    Ok(read.whole + 1)
}

/// A row as one line of JSON.
fn line(row: &Row) -> Result<Vec<u8>, StoreError> {
    let mut row = row.clone();
    if let Outcome::Ok { figures } = &row.outcome
        && let Some(figure) = figures.iter().find(|figure| !figure.value.is_finite())
    {
        let reason = format!(
            "the sample measured its {} as {}, which is no number",
            figure.metric, figure.value
        );
        row.outcome = Outcome::Error { reason };
    }
    row.runtime = row.runtime.filter(|figures| figures.busy_ratio.is_finite());
    let mut line = serde_json::to_vec(&row).map_err(|cause| StoreError::NotWritable { cause })?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::record::{Cell, Mode, SCHEMA};

    fn row(order: u64) -> Row {
        Row {
            schema: SCHEMA,
            run: "run".to_owned(),
            order,
            at: String::new(),
            commit: String::new(),
            dirty: false,
            machine: "machine".to_owned(),
            engine_version: String::new(),
            cell: Cell {
                case: "ping-pong".to_owned(),
                param: String::new(),
                mode: Mode::Raw,
                engine: "flume".to_owned(),
            },
            sample: 0,
            workers: 1,
            wall_ns: 1,
            outcome: Outcome::Ok {
                figures: Vec::new(),
            },
            note: None,
            runtime: None,
        }
    }

    /// `/dev/full` refuses every byte with "no space left", and cannot be cut either.
    #[test]
    fn no_space_is_told_and_the_row_is_not_counted() {
        let full = OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("the device");
        let mut writer = RunWriter {
            id: "run".to_owned(),
            directory: PathBuf::from("results/runs/run"),
            machine: "machine".to_owned(),
            orders: BTreeSet::new(),
            log: Log::new(full, 0),
        };
        let first = writer.append(&row(0)).expect_err("no space").to_string();
        assert!(
            first.contains("cannot write results/runs/run/rows.jsonl"),
            "{first}"
        );
        assert!(
            first.contains("there is no space left; free some"),
            "{first}"
        );
        let second = writer.append(&row(0)).expect_err("torn").to_string();
        assert!(second.contains("half a row"), "{second}");
        assert!(writer.orders.is_empty());
    }
}
