//! How a command ends other than well: one sentence and an exit code.

use std::io;
use std::process::ExitCode;

use goish_results::compare::CompareError;
use goish_results::store::StoreError;

use crate::cases::UnknownCase;

/// Why a command did not do all that was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked for something that there is not. Exit code 2.
    Usage(String),
    /// Nothing, or not everything, was measured. Exit code 5.
    Incomplete(String),
    /// Something became worse. Exit code 3.
    Regression(String),
    /// It cannot be said whether something became worse. Exit code 4.
    Ambiguous(String),
    /// Anything else. Exit code 1.
    Other(String),
    /// Nobody reads the output any more, as after `| head`. That is no error, and nothing is said.
    NobodyListens,
}

impl Failure {
    /// Says why on the standard error, and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        let (sentence, code) = match self {
            Failure::Usage(sentence) => (sentence, 2),
            Failure::Regression(sentence) => (sentence, 3),
            Failure::Ambiguous(sentence) => (sentence, 4),
            Failure::Incomplete(sentence) => (sentence, 5),
            Failure::Other(sentence) => (sentence, 1),
            Failure::NobodyListens => return ExitCode::SUCCESS,
        };
        crate::console::note(&format!("error: {sentence}"));
        ExitCode::from(code)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let sentence = error.to_string();
        match error {
            StoreError::UnknownRun { .. } | StoreError::BadId { .. } => Failure::Usage(sentence),
            StoreError::NoRuns { .. } => Failure::Incomplete(sentence),
            _ => Failure::Other(sentence),
        }
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        Failure::Usage(error.to_string())
    }
}

impl From<UnknownCase> for Failure {
    fn from(error: UnknownCase) -> Self {
        Failure::Usage(error.to_string())
    }
}

/// For writing to the standard output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::NobodyListens,
            _ => Failure::Other(format!("the output cannot be written: {error}")),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        match error.io_error_kind() {
            Some(kind) => io::Error::from(kind).into(),
            None => Failure::Other(format!("this cannot be written as JSON: {error}")),
        }
    }
}
