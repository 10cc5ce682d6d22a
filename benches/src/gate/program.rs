//! The lab of a revision as a program: what it can do, and samples of it.
//!
//! A revision's workloads run in its own program, so the two sides may be of different ages. The
//! hidden `lab protocol` says what a program speaks. A program from before there was that command
//! speaks [`OLDEST`]: the arguments and the answer of `lab child`, and nothing else.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use goish_results::record::Outcome;
use serde::{Deserialize, Serialize};

use super::cells::Target;
use crate::attend::Ended;
use crate::failure::Failure;
use crate::launch::{Finished, Launcher};
use crate::protocol::Request;

/// What this build speaks: `lab child` and `lab count`.
pub(crate) const PROTOCOL: u32 = 2;

/// `lab child` alone.
pub(crate) const OLDEST: u32 = 1;

/// What `lab protocol` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spoken {
    pub(crate) protocol: u32,
    /// The cases as name and parameter.
    pub(crate) cases: Vec<(String, String)>,
    pub(crate) engines: Vec<String>,
}

impl Spoken {
    /// What this program speaks.
    pub(crate) fn here() -> Spoken {
        let cases = crate::cases::CASES.iter();
        let engines = goish_engines::built();
        Spoken {
            protocol: PROTOCOL,
            cases: cases
                .filter(|case| !crate::injection::removes(case.name))
                .map(|case| (case.name.to_owned(), case.param.to_owned()))
                .collect(),
            engines: engines
                .iter()
                .map(|engine| engine.name.to_owned())
                .collect(),
        }
    }
}

/// One side of the comparison.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) launcher: Launcher,
    /// `None` for a program that does not have the command.
    pub(crate) spoken: Option<Spoken>,
}

impl Program {
    /// A program, asked what it speaks. `None` when it was interrupted.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] when it speaks what this build does not know.
    pub(crate) fn ask(
        path: PathBuf,
        side: &str,
        interrupted: &Arc<AtomicBool>,
    ) -> Result<Option<Program>, Failure> {
        Self::speaking(Launcher::of(path, Arc::clone(interrupted)), side)
    }

    /// The same, of a launcher.
    pub(crate) fn speaking(launcher: Launcher, side: &str) -> Result<Option<Program>, Failure> {
        const LIMIT: Duration = Duration::from_secs(20);
        let ended = launcher
            .execute(&["protocol".to_owned()], 1, LIMIT)
            .map_err(|error| Failure::Other(format!("{side} cannot be started: {error}")))?;
        let spoken = match ended {
            Ended::Interrupted => return Ok(None),
            Ended::Exited { status, stdout, .. } if status.success() => {
                let spoken: Spoken =
                    serde_json::from_str(stdout.trim()).map_err(|_| newer(side))?;
                if spoken.protocol > PROTOCOL {
                    return Err(newer(side));
                }
                Some(spoken)
            }
            Ended::Exited { .. } | Ended::TimedOut => None,
        };
        Ok(Some(Program { launcher, spoken }))
    }

    /// Whether it has the case and the engine. A program that cannot say is tried. `None` when it
    /// was interrupted.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] when its samples are not what this build can read.
    pub(crate) fn has(&self, target: &Target, side: &str) -> Result<Option<bool>, Failure> {
        /// As few operations as a case has.
        const SCALE: u64 = 1_000_000;
        let (case, cell) = (target.case, &target.cell);
        if let Some(spoken) = &self.spoken {
            let same = |(name, param): &(String, String)| name == case.name && param == case.param;
            let there = spoken.cases.iter().any(same) && spoken.engines.contains(&cell.engine);
            return Ok(Some(there));
        }
        let Some(finished) = self.sample(target, SCALE, 1) else {
            return Ok(None);
        };
        match finished.answer.outcome {
            Outcome::Error { reason } if reason.contains("there is no ") => Ok(Some(false)),
            Outcome::Error { reason } if reason.starts_with("the process ") => {
                Err(Failure::Usage(format!(
                    "{side} has an older lab than this gate can speak to ({reason}); choose a later {side}"
                )))
            }
            _ => Ok(Some(true)),
        }
    }

    /// What it speaks.
    pub(crate) fn protocol(&self) -> u32 {
        self.spoken
            .as_ref()
            .map_or(OLDEST, |spoken| spoken.protocol)
    }

    /// Takes one sample. `None` when it was interrupted.
    pub(crate) fn sample(&self, target: &Target, scale: u64, workers: u32) -> Option<Finished> {
        self.launcher.launch(&Request {
            case: target.cell.case.clone(),
            param: target.cell.param.clone(),
            mode: target.cell.mode,
            engine: target.cell.engine.clone(),
            workers,
            scale,
            deadline_ms: 10_000,
            memory_bytes: crate::memory::allowance(),
        })
    }
}

fn newer(side: &str) -> Failure {
    Failure::Usage(format!(
        "{side} has a newer lab than this gate can speak to (this one speaks {OLDEST} to {PROTOCOL}); \
         run the gate of that revision"
    ))
}

/// The value of a figure in an outcome, or why there is none.
pub(crate) fn value(outcome: &Outcome, metric: &str) -> Result<f64, String> {
    match outcome {
        Outcome::Ok { figures } => figures
            .iter()
            .find(|figure| figure.metric == metric)
            .map(|figure| figure.value)
            .ok_or_else(|| format!("it has no figure `{metric}`")),
        Outcome::Dnf { reason, .. } => Err(format!("it did not finish: {reason}")),
        Outcome::Error { reason } => Err(reason.clone()),
        Outcome::Refused { reason } => Err(format!("it refused: {reason}")),
    }
}
