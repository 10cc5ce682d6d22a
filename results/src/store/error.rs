//! What can go wrong in the store: one sentence each, that names the thing and the mend.

use std::io;
use std::path::{Path, PathBuf};

use crate::record::SCHEMA;

/// Why the store did not do what was asked. Each displays as one sentence for a user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no run of this name.
    #[error("there is no run `{id}` in {}; {}", .directory.display(), known_runs(.known))]
    UnknownRun {
        /// The name that was asked for.
        id: String,
        /// Where runs are looked for.
        directory: PathBuf,
        /// The runs that there are, the oldest first.
        known: Vec<String>,
    },
    /// A run's folder is there, and its header is not.
    #[error("{} is missing, so nothing tells what was planned and on which machine; restore it from version control or a copy, or move the folder away", .file.display())]
    NoHeader {
        /// The header's file.
        file: PathBuf,
    },
    /// There is no run at all.
    #[error("there is no run in {} yet; `cargo lab run --quick` makes one", .directory.display())]
    NoRuns {
        /// Where runs are looked for.
        directory: PathBuf,
    },
    /// A run of this name is there already, and is not overwritten.
    #[error("the run `{id}` is there already ({}) and is never overwritten; `--resume {id}` completes it", .directory.display())]
    AlreadyExists {
        /// The name.
        id: String,
        /// Its folder.
        directory: PathBuf,
    },
    /// A name that no run can have.
    #[error(
        "`{id}` cannot be the name of a run; use letters, digits, `-`, `_` and `.`, beginning with a letter or a digit"
    )]
    BadId {
        /// The name.
        id: String,
    },
    /// Another process is writing the run.
    #[error("another process is writing the run `{id}`; wait for it to end, or end it first")]
    Busy {
        /// The run.
        id: String,
    },
    /// What stands in a file is not what this crate writes there.
    #[error("{}, line {line}: this is not what goish-results writes ({cause}); restore the file from version control or a copy, or take a new run", .file.display())]
    NotJson {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the reader stumbled over.
        cause: String,
    },
    /// A run whose rows were packed is complete: nothing is added to it.
    #[error("the rows of the run `{id}` are packed in {}; unpack them with `gzip -d` to add to the run", .file.display())]
    Packed {
        /// The run.
        id: String,
        /// The packed file.
        file: PathBuf,
    },
    /// Packed rows that cannot be unpacked.
    #[error("{}: this is no whole file of gzip's ({cause}); restore it from version control or a copy", .file.display())]
    NotPacked {
        /// The file.
        file: PathBuf,
        /// What the reader stumbled over.
        cause: io::Error,
    },
    /// A file was written by a newer version of this crate.
    #[error("{}, line {line}: written with schema {found}, and this build reads schemas up to {SCHEMA}; build a newer commit of goish to read it", .file.display())]
    NewerSchema {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The schema that the file names.
        found: u64,
    },
    /// A row, or a whole file, that belongs to another run.
    #[error("{}, line {line}: this belongs to the run `{found}`, not to `{expected}`; move it to the run that it belongs to", .file.display())]
    ForeignRow {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The run that it names.
        found: String,
        /// The run that it was found in.
        expected: String,
    },
    /// A row that was taken on another machine than those before it.
    #[error("{}, line {line}: this row was taken on the machine {found}, those before it on {expected}, and machines are never mixed; take a new run on this machine", .file.display())]
    MixedMachines {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The fingerprint that the row names.
        found: String,
        /// The fingerprint of the rows before it.
        expected: String,
    },
    /// A row whose order the run has already.
    #[error(
        "the run `{id}` has a row of order {order} already; each planned sample is recorded once"
    )]
    OrderTaken {
        /// The run.
        id: String,
        /// The order.
        order: u64,
    },
    /// A value that has no JSON form.
    #[error("this cannot be written as JSON: {cause}")]
    NotWritable {
        /// What the writer stumbled over.
        cause: serde_json::Error,
    },
    /// An earlier row could not be written, nor its half be taken back.
    #[error("{} was left with half a row by an earlier error; make room, then complete the run with `--resume`", .file.display())]
    Torn {
        /// The file.
        file: PathBuf,
    },
    /// The system refused.
    #[error("cannot {action} {}: {}", .path.display(), explain(.cause))]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl StoreError {
    /// The system's refusal to do this to that path.
    pub(crate) fn io(action: &'static str, path: &Path, cause: io::Error) -> StoreError {
        StoreError::Io {
            action,
            path: path.to_owned(),
            cause,
        }
    }
}

/// The cause and its mend.
fn explain(cause: &io::Error) -> String {
    use io::ErrorKind as Kind;
    let mend = match cause.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => {
            "there is no space left; free some and try again, nothing that was written is lost"
        }
        Kind::ReadOnlyFilesystem => {
            "the file system is read-only; remount it, or work in a copy that can be written"
        }
        Kind::PermissionDenied => "permission denied; make it writable for this user",
        Kind::NotADirectory | Kind::AlreadyExists => {
            "a file stands where a folder must be; move it away"
        }
        Kind::IsADirectory => "a folder stands where a file must be; move it away",
        _ => return cause.to_string(),
    };
    mend.to_owned()
}

/// The runs that there are, the newest few by name.
fn known_runs(known: &[String]) -> String {
    /// More names than this hide the sentence.
    const SHOWN: usize = 10;
    match known {
        [] => "there are none yet: `cargo lab run --quick` makes one".to_owned(),
        [only] => format!("there is `{only}`"),
        many => {
            let newest: Vec<String> = many
                .iter()
                .rev()
                .take(SHOWN)
                .map(|id| format!("`{id}`"))
                .collect();
            let more = many.len().saturating_sub(SHOWN);
            let tail = if more > 0 {
                format!(" and {more} older")
            } else {
                String::new()
            };
            format!("there are {}{tail}", newest.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_system_names_the_thing_and_the_mend() {
        for (kind, mend) in [
            (io::ErrorKind::StorageFull, "no space left; free some"),
            (io::ErrorKind::QuotaExceeded, "no space left; free some"),
            (
                io::ErrorKind::ReadOnlyFilesystem,
                "is read-only; remount it",
            ),
            (io::ErrorKind::PermissionDenied, "make it writable"),
            (
                io::ErrorKind::NotADirectory,
                "a file stands where a folder must be",
            ),
            (
                io::ErrorKind::IsADirectory,
                "a folder stands where a file must be",
            ),
        ] {
            let error = StoreError::io("write", Path::new("results/runs"), kind.into());
            let sentence = error.to_string();
            assert!(
                sentence.starts_with("cannot write results/runs: "),
                "{sentence}"
            );
            assert!(sentence.contains(mend), "{sentence}");
        }
    }
}
