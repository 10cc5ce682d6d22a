//! The sentences of a summary.

use super::Status;
use super::cells::{Samples, status};
use crate::record::{Outcome, Row};
use crate::statistics::median;

/// Why a cell has no median, as one sentence; `None` when it has one.
pub(super) fn reason(cell: &Samples<'_>, values: &[f64], unit: &str, run: &str) -> Option<String> {
    let worst = cell.status();
    if worst == Status::Ok {
        return None;
    }
    if worst == Status::Missing {
        return Some(format!(
            "none of the {} planned samples was taken; `cargo lab run --resume {run}` takes them",
            cell.planned
        ));
    }
    let failed: Vec<&Row> = cell
        .rows
        .iter()
        .copied()
        .filter(|row| status(row) != Status::Ok)
        .collect();
    let reasons = distinct(failed.iter().filter_map(|row| words_of(row)));
    let fine = cell.rows.len() - failed.len();
    if fine == 0 && reasons.len() == 1 {
        return Some(reasons[0].to_owned());
    }
    let mut parts: Vec<String> = [Status::Error, Status::Dnf, Status::Refused]
        .into_iter()
        .filter_map(|kind| part(kind, &failed, cell.rows.len()))
        .collect();
    if fine > 0 {
        parts.push(survivors(fine, values, unit));
    }
    Some(parts.join("; "))
}

/// How many samples came to this, and why the first of them did.
fn part(kind: Status, failed: &[&Row], recorded: usize) -> Option<String> {
    let of_kind: Vec<&&Row> = failed.iter().filter(|row| status(row) == kind).collect();
    let reasons = distinct(of_kind.iter().filter_map(|row| words_of(row)));
    let first = reasons.first()?;
    let verb = match kind {
        Status::Error => "failed",
        Status::Dnf => "did not finish",
        _ => "were refused",
    };
    let others = match reasons.len() - 1 {
        0 => String::new(),
        1 => " (and another reason)".to_owned(),
        more => format!(" (and {more} other reasons)"),
    };
    Some(format!(
        "{} of {recorded} samples {verb}: {first}{others}",
        of_kind.len()
    ))
}

/// What the samples that delivered say, for the reader's eyes only: it is no figure of the cell.
fn survivors(fine: usize, values: &[f64], unit: &str) -> String {
    match median(values) {
        Some(middle) => format!("the median of the {fine} that finished is {middle:.2} {unit}"),
        None => format!("{fine} finished"),
    }
}

/// Why a row is not a number.
fn words_of(row: &Row) -> Option<&str> {
    match &row.outcome {
        Outcome::Ok { .. } => None,
        Outcome::Dnf { reason, .. } | Outcome::Error { reason } | Outcome::Refused { reason } => {
            Some(reason)
        }
    }
}

/// What the rows say that a reader must know, and whether some are still to be taken.
pub(super) fn note(cell: &Samples<'_>) -> Option<String> {
    let mut notes: Vec<String> = distinct(cell.rows.iter().filter_map(|row| row.note.as_deref()))
        .into_iter()
        .map(str::to_owned)
        .collect();
    if !cell.rows.is_empty() && cell.rows.len() < cell.planned {
        notes.push(format!(
            "{} of {} planned samples were taken",
            cell.rows.len(),
            cell.planned
        ));
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Each text once, in the order of first appearance.
pub(super) fn distinct<'text>(texts: impl Iterator<Item = &'text str>) -> Vec<&'text str> {
    let mut seen = Vec::new();
    for text in texts {
        if !text.is_empty() && !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}
