//! Where the figures come from: the run, the machine, and what makes it noisy.

use goish_results::record::Outcome;
use goish_results::store::Run;

use crate::document::{Block, Entry, Table};
use crate::evidence::Evidence;
use crate::format;

/// Fewer samples than this cannot give a 95 % interval without assuming a distribution.
const FEWEST_FOR_AN_INTERVAL: usize = 6;

/// One sentence on the run, for below a title or a table.
pub(crate) fn provenance(run: &Run) -> String {
    let header = &run.header;
    format!(
        "Measured by {} (run {}, commit {}{}) on {}, {}.",
        header.command,
        header.id,
        short(&header.commit),
        if header.dirty {
            ", with uncommitted changes"
        } else {
            ""
        },
        header.machine.cpu_model,
        format::counted(header.machine.cores as usize, "core"),
    )
}

/// What a reader must know before the first figure.
pub(super) fn cautions(run: &Run) -> Vec<Block> {
    let mut cautions = Vec::new();
    if run.header.dirty {
        cautions.push(
            "The work tree had changes that the commit does not name, so this run cannot be repeated from the commit alone."
                .to_owned(),
        );
    }
    if run.header.quick {
        cautions.push(
            "This was a quick run with few samples: it shows the order of things, and small differences need a full run."
                .to_owned(),
        );
    }
    let lacking = run.header.plan.len().saturating_sub(run.rows.len());
    if lacking > 0 {
        cautions.push(format!(
            "{} of {} planned samples are missing; cargo lab run --resume {} takes them.",
            format::grouped(lacking as u64),
            format::grouped(run.header.plan.len() as u64),
            run.header.id
        ));
    }
    cautions.extend(run.warnings.iter().map(|warning| format::sentence(warning)));
    if cautions.is_empty() {
        Vec::new()
    } else {
        vec![Block::List(cautions)]
    }
}

/// The section.
pub(super) fn section(evidence: &Evidence<'_>) -> Vec<Block> {
    let run = evidence.run;
    let mut noise = run.header.machine.noise();
    if evidence
        .summaries
        .iter()
        .any(|summary| (1..FEWEST_FOR_AN_INTERVAL).contains(&summary.values.len()))
    {
        noise.push(format!(
            "Some figures are of fewer than {FEWEST_FOR_AN_INTERVAL} samples: an interval of so few covers the true median less often than in 95 of 100 cases."
        ));
    }
    let mut blocks = vec![
        Block::heading(2, "run", "The run and the machine"),
        Block::Table(run_table(evidence)),
        Block::Table(machine_table(evidence)),
        Block::heading(3, "noise", "What makes these figures noisy"),
    ];
    blocks.push(if noise.is_empty() {
        Block::paragraph("Nothing that the machine's components tell of.")
    } else {
        Block::List(noise)
    });
    blocks
}

/// The run: commit, command, versions, samples.
pub(crate) fn run_table(evidence: &Evidence<'_>) -> Table {
    let run = evidence.run;
    let header = &run.header;
    let not_ok = run
        .rows
        .iter()
        .filter(|row| !matches!(row.outcome, Outcome::Ok { .. }))
        .count();
    let outliers: usize = evidence
        .summaries
        .iter()
        .map(|summary| summary.outliers)
        .sum();
    let figures: usize = evidence
        .summaries
        .iter()
        .map(|summary| summary.values.len())
        .sum();
    let versions: Vec<&str> = header
        .engine_versions
        .values()
        .map(String::as_str)
        .collect();
    let rows = [
        ("run", header.id.clone()),
        ("started", header.started_at.clone()),
        ("command", header.command.clone()),
        ("commit", header.commit.clone()),
        (
            "work tree",
            if header.dirty {
                "changed (dirty)"
            } else {
                "clean"
            }
            .to_owned(),
        ),
        ("engines", versions.join(", ")),
        (
            "samples",
            format!(
                "{} of {} planned, {} without a figure",
                format::grouped(run.rows.len() as u64),
                format::grouped(header.plan.len() as u64),
                format::grouped(not_ok as u64)
            ),
        ),
        (
            "outliers",
            format!(
                "{} of {} values, all kept and shown",
                format::grouped(outliers as u64),
                format::grouped(figures as u64)
            ),
        ),
    ];
    two_columns("The run", &rows)
}

/// The machine's components.
pub(crate) fn machine_table(evidence: &Evidence<'_>) -> Table {
    let machine = &evidence.run.header.machine;
    let memory = match machine.memory_bytes {
        0 => "unknown".to_owned(),
        bytes => format!(
            "{} GiB",
            format::digits(bytes as f64 / f64::from(1_u32 << 30))
        ),
    };
    let rows = [
        ("processor", machine.cpu_model.clone()),
        ("cores", machine.cores.to_string()),
        ("memory", memory),
        ("kernel", machine.kernel.clone()),
        ("governor", machine.governor.clone()),
        ("SMT", machine.smt.clone()),
        ("hypervisor", machine.hypervisor.clone()),
        ("allocator", machine.allocator.clone()),
        ("tokio workers", machine.workers.to_string()),
        ("fingerprint", machine.fingerprint()),
    ];
    two_columns("The machine", &rows)
}

fn two_columns(caption: &str, rows: &[(&str, String)]) -> Table {
    Table {
        caption: caption.to_owned(),
        columns: vec!["what".to_owned(), "value".to_owned()],
        rows: rows
            .iter()
            .map(|(name, value)| vec![Entry::plain(*name), Entry::plain(value)])
            .collect(),
    }
}

fn short(commit: &str) -> String {
    commit.chars().take(10).collect()
}
