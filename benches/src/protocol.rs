//! What the lab and the child process of a sample say to each other.
//!
//! The lab passes a [`Request`] as arguments of the hidden `lab child`. The child answers with one
//! line on its standard output, the JSON of an [`Answer`], and exits with 0. Anything else is an
//! error row.

use goish_results::record::{Mode, Outcome, RuntimeFigures};
use serde::{Deserialize, Serialize};

/// One sample to take.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Request {
    /// The case's name.
    #[arg(long)]
    pub case: String,
    /// The case's parameter.
    #[arg(long, default_value = "")]
    pub param: String,
    /// `raw` or `goish`.
    #[arg(long, value_parser = parse_mode)]
    pub mode: Mode,
    /// The engine's name.
    #[arg(long)]
    pub engine: String,
    /// Worker threads.
    #[arg(long)]
    pub workers: u32,
    /// What every count is divided by.
    #[arg(long, default_value_t = 1)]
    pub scale: u64,
    /// Milliseconds for the preparation, and as many for the timed part.
    #[arg(long)]
    pub deadline_ms: u64,
    /// Address space that the process may take, in bytes.
    #[arg(long)]
    pub memory_bytes: Option<u64>,
}

impl Request {
    /// The arguments that give this request to a child.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "child".to_owned(),
            format!("--case={}", self.case),
            format!("--param={}", self.param),
            format!("--mode={}", mode_name(self.mode)),
            format!("--engine={}", self.engine),
            format!("--workers={}", self.workers),
            format!("--scale={}", self.scale),
            format!("--deadline-ms={}", self.deadline_ms),
        ];
        arguments.extend(
            self.memory_bytes
                .map(|bytes| format!("--memory-bytes={bytes}")),
        );
        arguments
    }
}

/// How one sample ended, as the child says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Figures, or why there are none.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What a reader must know to compare it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// tokio's own figures over the timed part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeFigures>,
}

impl Answer {
    /// An answer that is nothing but an error.
    pub fn error(reason: impl Into<String>) -> Self {
        Answer {
            outcome: Outcome::Error {
                reason: reason.into(),
            },
            note: None,
            runtime: None,
        }
    }
}

/// The mode as arguments, reports and criterion's ids spell it.
pub fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Raw => "raw",
        Mode::Goish => "goish",
    }
}

pub(crate) fn parse_mode(text: &str) -> Result<Mode, String> {
    match text {
        "raw" => Ok(Mode::Raw),
        "goish" => Ok(Mode::Goish),
        _ => Err("the modes are raw and goish".to_owned()),
    }
}
