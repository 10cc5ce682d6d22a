//! goish's promises, tried on the engines of a run: the report's conformance table.
//!
//! The promises are goish's own, the same programs that its tests run. Each is tried in a process of
//! its own, so that it has a runtime of its own, and so that one that never ends fails alone.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use goish::conformance::{Verdict, check, listed};
use goish_results::record::{Conformance, ConformanceOutcome};
use serde::{Deserialize, Serialize};

use crate::attend::Ended;
use crate::failure::Failure;
use crate::launch::Launcher;

/// Promises are tried on one worker, where nothing is parallel, and on two, where something is.
const WORKERS: [u32; 2] = [1, 2];

/// No promise takes a hundredth of this; it bounds a hang.
const LIMIT: Duration = Duration::from_secs(60);

/// One promise to try.
#[derive(Clone, Debug, clap::Args)]
pub struct Request {
    /// The engine's name.
    #[arg(long)]
    engine: String,
    /// The promise's name.
    #[arg(long)]
    pub promise: String,
}

/// What came of it, as the child says it on one line.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// What came of it.
    pub outcome: ConformanceOutcome,
    /// Why, where the outcome needs a reason.
    pub detail: String,
}

impl Answer {
    fn failed(detail: impl Into<String>) -> Self {
        Answer {
            outcome: ConformanceOutcome::Fails,
            detail: detail.into(),
        }
    }
}

/// Inside the child: tries the promise and prints what came of it.
pub(crate) fn main(request: &Request) -> Result<(), Failure> {
    let answer = match check(&request.engine, &request.promise) {
        Some(Verdict::Holds) => Answer {
            outcome: ConformanceOutcome::Holds,
            detail: String::new(),
        },
        Some(Verdict::Refused(reason)) => Answer {
            outcome: ConformanceOutcome::Refused,
            detail: reason,
        },
        Some(Verdict::Fails(reason)) => Answer::failed(reason),
        None => {
            return Err(Failure::Usage(format!(
                "there is no promise `{}`, or no engine `{}`",
                request.promise, request.engine
            )));
        }
    };
    let mut out = std::io::stdout().lock();
    out.write_all(&serde_json::to_vec(&answer)?)?;
    Ok(out.flush()?)
}

/// Tries every promise on these engines, and on published goish where a run has its program. `None`
/// when it was interrupted.
pub(crate) fn record(
    launcher: &Launcher,
    engines: &[&str],
    published: Option<(&str, &Path)>,
) -> Option<Vec<Conformance>> {
    let mut table = Vec::new();
    let listed = listed();
    let of_published = published.into_iter().flat_map(|(name, program)| {
        let mut promises: Vec<_> = listed
            .iter()
            .map(|(_, name, words)| (*name, *words))
            .collect();
        let mut seen = BTreeSet::new();
        promises.retain(|(promise, _)| seen.insert(*promise));
        let with_program = move |(promise, words)| (name, promise, words, Some(program));
        promises.into_iter().map(with_program)
    });
    let of_engines = listed
        .iter()
        .map(|(engine, name, words)| (*engine, *name, *words, None));
    for (engine, promise, statement, program) in of_engines.chain(of_published) {
        if program.is_none() && !engines.contains(&engine) {
            continue;
        }
        for workers in WORKERS {
            let answer = attempt(launcher, program, engine, promise, workers)?;
            let Answer { outcome, detail } = answer;
            table.push(Conformance {
                engine: engine.to_owned(),
                promise: promise.to_owned(),
                statement: statement.to_owned(),
                outcome,
                detail,
                workers,
            });
        }
    }
    Some(table)
}

/// Tries one promise in a process of its own. `None` when it was interrupted.
fn attempt(
    launcher: &Launcher,
    program: Option<&Path>,
    engine: &str,
    promise: &str,
    workers: u32,
) -> Option<Answer> {
    let arguments = [
        "promise".to_owned(),
        format!("--engine={engine}"),
        format!("--promise={promise}"),
    ];
    let ended = match program {
        Some(program) => launcher.execute_program(program, &arguments, workers, LIMIT),
        None => launcher.execute(&arguments, workers, LIMIT),
    };
    match ended {
        Err(error) => Some(Answer::failed(format!("it cannot be tried: {error}"))),
        Ok(Ended::Interrupted) => None,
        Ok(Ended::TimedOut) => Some(Answer::failed(format!(
            "it did not end within {} s",
            LIMIT.as_secs()
        ))),
        Ok(Ended::Exited {
            status,
            stdout,
            stderr,
        }) => {
            let answer = serde_json::from_str(&stdout)
                .ok()
                .filter(|_| status.success());
            Some(answer.unwrap_or_else(|| {
                let said = stderr.lines().map(str::trim).find(|line| !line.is_empty());
                Answer::failed(format!("{status}: {}", said.unwrap_or("not a word")))
            }))
        }
    }
}

/// What came of all of it, in one line, and a line for each promise that is not kept.
pub(crate) fn summary(table: &[Conformance]) -> Vec<String> {
    let count = |outcome| {
        table
            .iter()
            .filter(|tried| tried.outcome == outcome)
            .count()
    };
    let mut lines = vec![format!(
        "promises: {} hold, {} are refused, {} fail",
        count(ConformanceOutcome::Holds),
        count(ConformanceOutcome::Refused),
        count(ConformanceOutcome::Fails)
    )];
    let broken = table
        .iter()
        .filter(|tried| tried.outcome == ConformanceOutcome::Fails);
    lines.extend(broken.map(|tried| {
        format!(
            "{} on {} with {} workers fails: {}",
            tried.promise, tried.engine, tried.workers, tried.detail
        )
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_that_is_not_kept_has_a_line_of_its_own() {
        let tried = |outcome, detail: &str| Conformance {
            engine: "flume".to_owned(),
            promise: "fifo".to_owned(),
            statement: "Order is kept.".to_owned(),
            outcome,
            detail: detail.to_owned(),
            workers: 2,
        };
        let table = [
            tried(ConformanceOutcome::Holds, ""),
            tried(ConformanceOutcome::Fails, "1 came before 0"),
        ];
        assert_eq!(
            summary(&table),
            [
                "promises: 1 hold, 0 are refused, 1 fail",
                "fifo on flume with 2 workers fails: 1 came before 0",
            ]
        );
    }
}
