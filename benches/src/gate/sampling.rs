//! Taking the blocks: case by case and round by round, until all are decided or the time is up.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use goish_results::gate::files::GateWriter;
use goish_results::gate::record::{CaseReport, GateHeader, GateRow, SCHEMA};
use goish_results::gate::schedule::SAMPLES;
use goish_results::gate::{Arm, Finding, Group, Order, Reason, Step, Trial};
use goish_results::record::Outcome;
use goish_results::store::timestamp;

use super::build;
use super::cells::Target;
use super::judge::interruption;
use super::program::{Program, value};
use crate::console::Gauge;
use crate::failure::Failure;

/// The three programs that samples are taken of.
#[derive(Debug)]
pub(crate) struct Arms {
    pub(crate) base_one: Program,
    pub(crate) base_two: Program,
    pub(crate) head: Program,
}

impl Arms {
    /// Copies the programs to three places below `folder` whose names are of one length (the length
    /// of a program's name moves its stack), and asks what they speak.
    ///
    /// # Errors
    ///
    /// When they cannot be copied, do not start, or speak what this build does not know.
    pub(crate) fn of_programs(
        folder: &Path,
        base: &Path,
        head: &Path,
        interrupted: &Arc<AtomicBool>,
    ) -> Result<Arms, Failure> {
        let arm = |name: &str, side: &str, program: &Path| -> Result<Program, Failure> {
            let place = folder.join(name).join("lab");
            build::copy(program, &place)?;
            Program::ask(place, side, interrupted)?.ok_or_else(interruption)
        };
        Ok(Arms {
            base_one: arm("base-1", "base", base)?,
            base_two: arm("base-2", "base", base)?,
            head: arm("head-1", "head", head)?,
        })
    }

    /// Lets head's children inject this.
    ///
    /// # Errors
    ///
    /// When head cannot be asked again what it speaks.
    pub(crate) fn inject(&mut self, what: &str) -> Result<(), Failure> {
        let launcher = self
            .head
            .launcher
            .clone()
            .with(crate::injection::VARIABLE, what);
        self.head = Program::speaking(launcher, "head")?.ok_or_else(interruption)?;
        Ok(())
    }

    fn of(&self, arm: Arm) -> &Program {
        match arm {
            Arm::BaseOne => &self.base_one,
            Arm::BaseTwo => &self.base_two,
            Arm::Head => &self.head,
        }
    }
}

/// What sampling came to.
#[derive(Debug)]
pub(crate) struct Sampled {
    pub(crate) cases: Vec<CaseReport>,
    pub(crate) samples: u64,
    pub(crate) took: Duration,
    pub(crate) interrupted: bool,
}

impl Sampled {
    /// As when it was interrupted before it began.
    pub(crate) fn nothing() -> Sampled {
        Sampled {
            cases: Vec::new(),
            samples: 0,
            took: Duration::ZERO,
            interrupted: true,
        }
    }
}

/// A case on its way to a verdict.
struct Running<'a> {
    target: &'a Target,
    trial: Trial,
    /// The one thing that ends a case before it is decided.
    failed: Option<Reason>,
    /// How long its last block took.
    block: Duration,
}

/// Samples the targets for as long as the budget lasts.
///
/// Each round takes one block of every case that is not decided. So the blocks of a case are spread
/// over all of the time, and what time the decided ones leave goes to those that are not.
///
/// # Errors
///
/// When a row cannot be written; what was written before is whole.
pub(crate) fn sample(
    targets: &[Target],
    arms: &Arms,
    header: &GateHeader,
    writer: &mut GateWriter,
) -> Result<Sampled, Failure> {
    let begun = Instant::now();
    let end = begun + Duration::from_secs_f64(header.budget_seconds);
    let mut session = Session {
        arms,
        header,
        writer,
        samples: 0,
    };
    let mut running: Vec<Running<'_>> = targets
        .iter()
        .map(|target| Running {
            target,
            trial: Trial::new(header.rules.clone(), target.floor()),
            failed: None,
            block: Duration::ZERO,
        })
        .collect();
    let gauge = Gauge::new(header.budget_seconds);
    let mut interrupted = false;
    'rounds: loop {
        let mut busy = false;
        for (place, case) in running.iter_mut().enumerate() {
            let Step::Take(group) = case.trial.step() else {
                continue;
            };
            if case.failed.is_some() || Instant::now() + case.block > end {
                continue;
            }
            busy = true;
            let began = Instant::now();
            if !session.block(place as u64, case, group)? {
                interrupted = true;
                break 'rounds;
            }
            case.block = began.elapsed();
        }
        let open = running.iter().filter(|case| case.is_open()).count();
        gauge.show(
            begun.elapsed().as_secs_f64(),
            running.len() - open,
            running.len(),
        );
        if !busy {
            break;
        }
    }
    gauge.finish();
    let samples = session.samples;
    Ok(Sampled {
        cases: running.into_iter().map(Running::report).collect(),
        samples,
        took: begun.elapsed(),
        interrupted,
    })
}

impl Running<'_> {
    fn is_open(&self) -> bool {
        self.failed.is_none() && self.trial.step() != Step::Decided
    }

    fn report(self) -> CaseReport {
        let finding = match self.failed {
            Some(reason) => Finding::without_samples(reason),
            None => self.trial.finish(),
        };
        CaseReport::of(self.target.cell.clone(), self.target.headline(), finding)
    }
}

struct Session<'a> {
    arms: &'a Arms,
    header: &'a GateHeader,
    writer: &'a mut GateWriter,
    samples: u64,
}

impl Session<'_> {
    /// Takes one block of a case; false when it was interrupted.
    fn block(&mut self, place: u64, case: &mut Running<'_>, group: Group) -> Result<bool, Failure> {
        let block = case.trial.blocks() as u64;
        let order = Order::drawn(self.header.seed, place, block);
        let mut rows = Vec::with_capacity(SAMPLES);
        let mut values = [0.0; SAMPLES];
        for (value_place, arm) in order.arms().into_iter().enumerate() {
            let taken = self.arms.of(arm).sample(
                case.target,
                case.target.scale(),
                self.header.machine.workers,
            );
            let Some(finished) = taken else {
                self.writer.append(&rows)?;
                return Ok(false);
            };
            self.samples += 1;
            let outcome = finished.answer.outcome;
            let measured = value(&outcome, case.target.headline().0);
            rows.push(GateRow {
                schema: SCHEMA,
                gate: self.header.id.clone(),
                order: self.samples - 1,
                at: timestamp(),
                cell: case.target.cell.clone(),
                arm,
                group,
                block,
                wall_ns: u64::try_from(finished.wall.as_nanos()).unwrap_or(u64::MAX),
                outcome: finite(outcome),
            });
            match measured {
                Ok(value) => values[value_place] = value,
                Err(why) => {
                    case.failed = Some(match arm {
                        Arm::Head => Reason::HeadFailed { why },
                        Arm::BaseOne | Arm::BaseTwo => Reason::BaseFailed { why },
                    });
                    break;
                }
            }
        }
        self.writer.append(&rows)?;
        if case.failed.is_none() {
            match order.block(values) {
                Some(block) => case.trial.push(block),
                None => {
                    let why = "a sample's figure is not above zero".to_owned();
                    case.failed = Some(Reason::HeadFailed { why });
                }
            }
        }
        Ok(true)
    }
}

/// JSON knows no infinities.
fn finite(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Ok { figures } if figures.iter().any(|figure| !figure.value.is_finite()) => {
            Outcome::Error {
                reason: "a figure of it is no number".to_owned(),
            }
        }
        outcome => outcome,
    }
}
