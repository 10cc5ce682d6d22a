//! Taking the samples of a run, one after the other, each recorded before the next begins.

use std::collections::BTreeSet;
use std::sync::Arc;

use goish_results::record::{Cell, Figure, Outcome, Row, SCHEMA};
use goish_results::store::{PlannedSample, RunHeader, RunWriter, timestamp};

use super::{Session, Settings};
use crate::console::{Progress, note};
use crate::failure::Failure;
use crate::field::programs::Programs;
use crate::field::register::PUBLISHED_GOISH;
use crate::launch::{Finished, Launcher};
use crate::protocol::{Request, mode_name};
use crate::{cases, conformance, field, table};

/// Takes the samples of the plan that are not there yet, and before that, if asked, tries the
/// promises.
pub(super) fn measure(
    session: &Session,
    done: &BTreeSet<u64>,
    promises: bool,
    mut writer: RunWriter,
) -> Result<(), Failure> {
    let Session {
        header,
        settings,
        programs,
        interrupted,
        memory_bytes,
    } = session;
    let launcher = Launcher::new(Arc::clone(interrupted))
        .map_err(|error| Failure::Other(format!("this program cannot find itself: {error}")))?;

    let left: Vec<_> = header
        .plan
        .iter()
        .filter(|planned| !done.contains(&planned.order))
        .collect();
    note(&announcement(header, settings, &left));
    // What is scaled down is no measurement, and asks for no promises.
    if promises && settings.scale == 1 {
        try_promises(header, programs, &launcher, &writer)?;
    }
    let mut progress = Progress::new(done.len() as u64, header.plan.len() as u64);
    for planned in left {
        let what = describe(planned);
        progress.begin(&what);
        let request = request(planned, header, settings, *memory_bytes);
        let cell = &planned.cell;
        let place = programs.place(&cell.engine, &cell.case, &cell.param);
        let Some(finished) = launcher.launch_at(&place, &request) else {
            progress.finish();
            return Err(interruption(&header.id));
        };
        let row = row(planned, header, settings, finished);
        writer
            .append(&row)
            .map_err(|error| resumable(&error.to_string(), &header.id))?;
        let matters = !matches!(row.outcome, Outcome::Ok { .. });
        progress.end(&what, &result(&row.outcome), matters);
    }
    progress.finish();
    Ok(())
}

fn try_promises(
    header: &RunHeader,
    programs: &Programs,
    launcher: &Launcher,
    writer: &RunWriter,
) -> Result<(), Failure> {
    let engines: Vec<&str> = header.engine_versions.keys().map(String::as_str).collect();
    let published = programs.program(PUBLISHED_GOISH);
    let published = published.map(|program| (PUBLISHED_GOISH, program));
    let table = conformance::record(launcher, &engines, published)
        .ok_or_else(|| interruption(&header.id))?;
    writer
        .conformance(&table)
        .map_err(|error| resumable(&error.to_string(), &header.id))?;
    conformance::summary(&table)
        .iter()
        .for_each(|line| note(line));
    Ok(())
}

fn interruption(id: &str) -> Failure {
    Failure::Incomplete(format!(
        "interrupted; every row so far is kept, and `cargo lab run --resume {id}` completes the run"
    ))
}

fn resumable(sentence: &str, id: &str) -> Failure {
    Failure::Other(format!(
        "{sentence}; every row so far is kept, and `cargo lab run --resume {id}` completes the run"
    ))
}

fn request(
    planned: &PlannedSample,
    header: &RunHeader,
    settings: &Settings,
    memory_bytes: Option<u64>,
) -> Request {
    let cell = planned.cell.clone();
    Request {
        case: cell.case,
        param: cell.param,
        mode: cell.mode,
        engine: cell.engine,
        workers: header.machine.workers,
        scale: settings.scale,
        deadline_ms: settings.deadline_ms,
        memory_bytes,
    }
}

fn row(
    planned: &PlannedSample,
    header: &RunHeader,
    settings: &Settings,
    finished: Finished,
) -> Row {
    let scaled = (settings.scale > 1).then(|| {
        format!(
            "every count was divided by {}: no real measurement",
            settings.scale
        )
    });
    let notes: Vec<String> = finished.answer.note.into_iter().chain(scaled).collect();
    let engine = &planned.cell.engine;
    Row {
        schema: SCHEMA,
        run: header.id.clone(),
        order: planned.order,
        at: timestamp(),
        commit: header.commit.clone(),
        dirty: header.dirty,
        machine: header.machine.fingerprint(),
        engine_version: header
            .engine_versions
            .get(engine)
            .cloned()
            .unwrap_or_default(),
        cell: planned.cell.clone(),
        sample: planned.sample,
        workers: header.machine.workers,
        wall_ns: u64::try_from(finished.wall.as_nanos()).unwrap_or(u64::MAX),
        outcome: finished.answer.outcome,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
        runtime: finished.answer.runtime,
    }
}

fn describe(planned: &PlannedSample) -> String {
    let cell = &planned.cell;
    let words = [
        cell.case.as_str(),
        &cell.param,
        mode_name(cell.mode),
        &cell.engine,
    ];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok { figures } => match figures.first() {
            Some(Figure { value, unit, .. }) => table::value(*value, unit),
            None => "nothing".to_owned(),
        },
        Outcome::Dnf {
            reason,
            delivered,
            expected,
            ..
        } => format!("did not finish: {reason}, with {delivered} of {expected} done"),
        Outcome::Error { reason } => format!("failed: {reason}"),
        Outcome::Refused { reason } => format!("refused: {reason}"),
    }
}

/// Roughly how long a sample of a cell takes.
fn seconds(cell: &Cell, deadline: f64) -> f64 {
    let of_channels = cases::find(&cell.case, &cell.param).map(|case| case.weight);
    let weight = of_channels.ok().or_else(|| {
        let mut cases = field::cases::CASES.iter();
        let case = cases.find(|case| case.name == cell.case && case.param == cell.param)?;
        Some(case.weight)
    });
    weight.map_or(0.0, |weight| weight.seconds(deadline))
}

fn announcement(header: &RunHeader, settings: &Settings, left: &[&PlannedSample]) -> String {
    let deadline = settings.deadline_ms as f64 / 1000.0;
    let seconds: f64 = left
        .iter()
        .map(|planned| seconds(&planned.cell, deadline))
        .sum();
    let engines: Vec<&str> = header
        .engine_versions
        .values()
        .map(String::as_str)
        .collect();
    format!(
        "run {}: {} samples of {}, about {}; Ctrl-C keeps what was measured",
        header.id,
        left.len(),
        engines.join(", "),
        if settings.scale > 1 {
            "no time".to_owned()
        } else {
            minutes(seconds)
        }
    )
}

fn minutes(seconds: f64) -> String {
    match (seconds / 60.0).ceil() {
        minutes if minutes <= 1.0 => "a minute".to_owned(),
        minutes => format!("{minutes:.0} minutes"),
    }
}
