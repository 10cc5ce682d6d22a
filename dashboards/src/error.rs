//! What can go wrong when a report is written: one sentence each.

use std::path::PathBuf;

use goish_results::store::StoreError;

/// Why no report was written. Each displays as one sentence for a user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file of the report could not be written. What was there before is untouched.
    #[error("the report was not written: {0}")]
    Write(#[from] StoreError),
    /// A folder stands where a file of the report belongs.
    #[error("the report was not written: a folder stands where {} belongs; move it away", .path.display())]
    FolderInTheWay {
        /// Where the file belongs.
        path: PathBuf,
    },
    /// A file stands where the report's folder belongs.
    #[error("the report was not written: {} is a file, and the report needs a folder there; move it away", .path.display())]
    FileInTheWay {
        /// Where the folder belongs.
        path: PathBuf,
    },
    /// The run holds rows of more than one machine.
    #[error(
        "the run `{run}` has rows of the machine {found} among those of {expected}, and machines are never mixed in one report; take a new run"
    )]
    MixedMachines {
        /// The run.
        run: String,
        /// The fingerprint that most rows have.
        expected: String,
        /// The other one.
        found: String,
    },
    /// A chart could not be drawn.
    #[error("the chart {chart} could not be drawn ({cause}); please report this with the run")]
    Chart {
        /// The chart's file.
        chart: String,
        /// What the drawing library said.
        cause: String,
    },
}
