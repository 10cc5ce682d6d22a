//! Where gates are kept: `gates/<id>/` under the results' root, with the header in `gate.json`, the
//! samples in `rows.jsonl`, block by block, and at the end the report in `report.json`.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use super::record::{GateHeader, GateReport, GateRow};
use crate::store::log::{AppendError, Log};
use crate::store::{StoreError, run_id, to_json, write_atomically};

const GATES: &str = "gates";
const HEADER: &str = "gate.json";
const ROWS: &str = "rows.jsonl";
const REPORT: &str = "report.json";

/// A gate that is open for writing.
#[derive(Debug)]
pub struct GateWriter {
    directory: PathBuf,
    log: Log<fs::File>,
}

/// A name for a gate that starts now and judges this commit, free at this moment.
pub fn fresh_id(root: &Path, commit: &str) -> String {
    let id = run_id(time::OffsetDateTime::now_utc(), commit);
    let numbered = (2..).map(|number| format!("{id}-{number}"));
    let free = std::iter::once(id.clone())
        .chain(numbered)
        .find(|id| !root.join(GATES).join(id).exists());
    free.unwrap_or(id)
}

impl GateWriter {
    /// Creates a gate's folder with its header.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyExists`] when there is a gate of this name, [`StoreError::Io`] when the
    /// folder cannot be written.
    pub fn create(root: &Path, header: &GateHeader) -> Result<GateWriter, StoreError> {
        let directory = root.join(GATES).join(&header.id);
        if directory.exists() {
            return Err(StoreError::AlreadyExists {
                id: header.id.clone(),
                directory,
            });
        }
        write_atomically(&directory.join(HEADER), &to_json(header)?)?;
        let path = directory.join(ROWS);
        let rows = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(|cause| StoreError::io("open", &path, cause))?;
        Ok(GateWriter {
            directory,
            log: Log::new(rows, 0),
        })
    }

    /// The gate's folder.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends the rows of a block, all or none, and returns once they are on the disk.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when they cannot be written: what was there before is whole then.
    pub fn append(&mut self, rows: &[GateRow]) -> Result<(), StoreError> {
        let path = self.directory.join(ROWS);
        let mut lines = Vec::new();
        for row in rows {
            serde_json::to_writer(&mut lines, row)
                .map_err(|cause| StoreError::NotWritable { cause })?;
            lines.push(b'\n');
        }
        self.log.append(&lines).map_err(|error| match error {
            AppendError::Refused(cause) => StoreError::io("write", &path, cause),
            AppendError::Torn => StoreError::Torn { file: path },
        })
    }

    /// Writes the report, whole, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`]; an earlier report is untouched then.
    pub fn report(&self, report: &GateReport) -> Result<(), StoreError> {
        write_atomically(&self.directory.join(REPORT), &to_json(report)?)
    }
}
