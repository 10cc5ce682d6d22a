//! Reading what the store wrote, from bytes that may be cut off, foreign, newer, or no JSON at all.

use std::fs;
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{RunHeader, StoreError, readable};
use crate::record::{Conformance, Row, SCHEMA};

/// The rows of a file, and what is the matter with its end.
pub(super) struct ReadRows {
    /// Every row that is whole, also the last one when it lacks only its newline.
    pub(super) rows: Vec<Row>,
    /// How many bytes of the file are whole rows.
    pub(super) whole: u64,
    /// Whether the last whole row lacks its newline.
    pub(super) unended: bool,
    /// How many bytes of a cut-off row follow.
    pub(super) cut_off: Option<u64>,
}

/// The conformance table as it stands in its file.
#[derive(Serialize, Deserialize)]
pub(super) struct ConformanceFile {
    /// The version that it was written with.
    pub(super) schema: u32,
    /// The run that it belongs to.
    pub(super) run: String,
    /// Its lines.
    pub(super) conformance: Vec<Conformance>,
}

/// As much of any record as tells whether the rest can be read.
#[derive(Deserialize)]
struct Probe {
    schema: u64,
}

/// Reads the rows of a file's content. The path is for the errors' words alone.
pub(super) fn rows(bytes: &[u8], path: &Path, id: &str) -> Result<ReadRows, StoreError> {
    let mut read = ReadRows {
        rows: Vec::new(),
        whole: 0,
        unended: false,
        cut_off: None,
    };
    for (place, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let ended = line.ends_with(b"\n");
        let length = line.len() as u64;
        if line.trim_ascii().is_empty() && ended {
            read.whole += length;
            continue;
        }
        let row: Row = match parse(line.trim_ascii_end(), path, place + 1) {
            Ok(row) => row,
            // Only a run that was killed leaves a line without its end.
            Err(StoreError::NotJson { .. }) if !ended => {
                read.cut_off = Some(length);
                break;
            }
            Err(error) => return Err(error),
        };
        check_row(&row, read.rows.first(), path, place + 1, id)?;
        read.rows.push(row);
        read.whole += length;
        read.unended = !ended;
    }
    Ok(read)
}

/// Refuses a row that belongs to another run or another machine.
fn check_row(
    row: &Row,
    first: Option<&Row>,
    path: &Path,
    line: usize,
    id: &str,
) -> Result<(), StoreError> {
    if row.run != id {
        return Err(foreign(path, line, &row.run, id));
    }
    match first {
        Some(first) if first.machine != row.machine => Err(StoreError::MixedMachines {
            file: path.to_owned(),
            line,
            found: row.machine.clone(),
            expected: first.machine.clone(),
        }),
        _ => Ok(()),
    }
}

/// Reads a run's header.
pub(super) fn header(path: &Path, id: &str) -> Result<RunHeader, StoreError> {
    let bytes = fs::read(path).map_err(|cause| StoreError::io("read", path, cause))?;
    let header: RunHeader = parse(&bytes, path, 1)?;
    if header.id != id {
        return Err(foreign(path, 1, &header.id, id));
    }
    Ok(header)
}

/// Reads a run's conformance table; a run without one has an empty one.
pub(super) fn conformance(path: &Path, id: &str) -> Result<Vec<Conformance>, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(StoreError::io("read", path, cause)),
    };
    let file: ConformanceFile = parse(&bytes, path, 1)?;
    if file.run != id {
        return Err(foreign(path, 1, &file.run, id));
    }
    Ok(file.conformance)
}

/// Reads one record. Its schema is looked at on its own when the whole does not read, so that a
/// newer record is called newer and not broken; and when it does, since a newer one may look like
/// an old one and mean something else.
fn parse<T: DeserializeOwned>(bytes: &[u8], path: &Path, line: usize) -> Result<T, StoreError> {
    let schema = serde_json::from_slice::<Probe>(bytes).map(|probe| probe.schema);
    if let Ok(found) = schema
        && !u32::try_from(found).is_ok_and(readable)
    {
        return Err(StoreError::NewerSchema {
            file: path.to_owned(),
            line,
            found,
        });
    }
    serde_json::from_slice(bytes).map_err(|cause| StoreError::NotJson {
        file: path.to_owned(),
        // The reader counts lines within what it was given, from 1; 0 when there was nothing.
        line: line + cause.line().saturating_sub(1),
        cause: words(&cause),
    })
}

/// What the reader says, without its own idea of the line: the one that counts is the file's.
fn words(cause: &serde_json::Error) -> String {
    let text = cause.to_string();
    let place = format!(" at line {} column {}", cause.line(), cause.column());
    match text.strip_suffix(&place) {
        Some(words) => format!("{words}, column {}", cause.column()),
        None => text,
    }
}

/// A record that names another run.
fn foreign(path: &Path, line: usize, found: &str, expected: &str) -> StoreError {
    StoreError::ForeignRow {
        file: path.to_owned(),
        line,
        found: found.to_owned(),
        expected: expected.to_owned(),
    }
}

/// The conformance table of a run, ready to be written.
pub(super) fn conformance_file(run: &str, conformance: &[Conformance]) -> ConformanceFile {
    ConformanceFile {
        schema: SCHEMA,
        run: run.to_owned(),
        conformance: conformance.to_vec(),
    }
}
