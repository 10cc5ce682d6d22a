//! What a reader of a run must be told: what is odd about its rows, and harmless enough to go on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::RunHeader;
use super::read::ReadRows;
use crate::record::Row;

/// The rows that count, and a sentence for everything odd about them.
pub(super) fn examine(read: ReadRows, header: &RunHeader, path: &Path) -> (Vec<Row>, Vec<String>) {
    // Within the results: a warning ends up in reports, which are read on other machines.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = format!("runs/{}/{name}", header.id);
    let mut warnings = Vec::new();
    if let Some(bytes) = read.cut_off {
        warnings.push(format!(
            "{file}: the last line was cut off ({bytes} bytes are left of it) and is not counted; \
             `cargo lab run --resume {}` takes its sample again",
            header.id
        ));
    }
    let (rows, doubled) = once_each(read.rows);
    if !doubled.is_empty() {
        warnings.push(format!(
            "{file}: there is more than one row of {}; the first of each counts",
            orders(&doubled)
        ));
    }
    let unplanned = unplanned(&rows, header);
    if !unplanned.is_empty() {
        warnings.push(format!(
            "{file}: the plan in run.json does not have the samples of {}; they are counted",
            orders(&unplanned)
        ));
    }
    let fingerprint = header.machine.fingerprint();
    if let Some(row) = rows.first().filter(|row| row.machine != fingerprint) {
        warnings.push(format!(
            "{file}: the rows name the machine {}, and the machine in run.json is {fingerprint}: \
             either it was edited, or another version of goish-results digested it",
            row.machine
        ));
    }
    let commits: BTreeSet<&str> = rows.iter().map(|row| row.commit.as_str()).collect();
    if commits.len() > 1 {
        let commits: Vec<&str> = commits.into_iter().collect();
        warnings.push(format!(
            "{file}: the rows were measured at different commits ({}): what changed between them \
             cannot be told from a difference between engines",
            commits.join(", ")
        ));
    }
    if header.dirty || rows.iter().any(|row| row.dirty) {
        warnings.push(format!(
            "{file}: the work tree differed from the commit {}, so the code that was measured is \
             not in the history",
            header.commit
        ));
    }
    (rows, warnings)
}

/// Each order's first row, and the orders that were there more than once.
fn once_each(rows: Vec<Row>) -> (Vec<Row>, BTreeSet<u64>) {
    let (mut seen, mut doubled) = (BTreeSet::new(), BTreeSet::new());
    let kept = rows
        .into_iter()
        .filter(|row| {
            let first = seen.insert(row.order);
            if !first {
                doubled.insert(row.order);
            }
            first
        })
        .collect();
    (kept, doubled)
}

/// The orders of the rows that stand for another sample than the plan says, or for none.
fn unplanned(rows: &[Row], header: &RunHeader) -> BTreeSet<u64> {
    let plan: BTreeMap<u64, _> = header
        .plan
        .iter()
        .map(|planned| (planned.order, planned))
        .collect();
    let strays = rows.iter().filter(|row| {
        !plan
            .get(&row.order)
            .is_some_and(|planned| planned.cell == row.cell && planned.sample == row.sample)
    });
    strays.map(|row| row.order).collect()
}

/// A few orders by number.
fn orders(orders: &BTreeSet<u64>) -> String {
    /// More numbers than this hide the sentence.
    const SHOWN: usize = 5;
    let shown: Vec<String> = orders.iter().take(SHOWN).map(u64::to_string).collect();
    match orders.len() {
        1 => format!("order {}", shown[0]),
        count if count <= SHOWN => format!("the orders {}", shown.join(", ")),
        count => format!("the orders {} and {} more", shown.join(", "), count - SHOWN),
    }
}
