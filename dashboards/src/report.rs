//! The sections of the report, in the order in which they are read.

mod against;
mod allocator;
mod answer;
mod changes;
mod conformance;
mod everything;
mod goroutines;
mod kinds;
mod open_points;
mod options;
mod origin;
mod price;
mod reconsider;
mod schedulers;
mod six_metrics;
mod subjects;

use crate::ReportOptions;
use crate::document::Block;
use crate::error::ReportError;
use crate::evidence::Evidence;
use crate::recommendation::recommend;

pub(crate) use conformance::table as conformance_table;
pub(crate) use open_points::fan_in_table;
pub(crate) use options::table as options_table;
pub(crate) use origin::{machine_table, provenance, run_table};
pub(crate) use price::table as price_table;
pub(crate) use six_metrics::table as six_metrics_table;

/// The whole report.
pub(crate) fn blocks(
    evidence: &Evidence<'_>,
    options: &ReportOptions,
) -> Result<Vec<Block>, ReportError> {
    let default = options.default_engine.as_str();
    let (advice, candidates) = recommend(evidence, default);
    let mut blocks = vec![
        Block::heading(1, "top", title(evidence)),
        Block::paragraph(provenance(evidence.run)),
    ];
    blocks.extend(origin::cautions(evidence.run));
    blocks.extend(answer::section(&advice, &candidates, default));
    blocks.extend(options::section(evidence)?);
    blocks.extend(six_metrics::section(evidence)?);
    blocks.extend(against::section(evidence, default));
    blocks.extend(schedulers::section(evidence, default));
    blocks.extend(price::section(evidence));
    blocks.extend(conformance::section(evidence));
    blocks.extend(open_points::section(evidence)?);
    blocks.extend(goroutines::section(evidence, default)?);
    blocks.extend(reconsider::section(evidence, default, &advice));
    blocks.extend(kinds::section(evidence, default, &candidates));
    blocks.extend(changes::section(evidence, options.previous.as_ref()));
    blocks.extend(subjects::section(evidence));
    blocks.extend(everything::section(evidence));
    blocks.extend(origin::section(evidence));
    Ok(blocks)
}

/// The report's title.
pub(crate) fn title(evidence: &Evidence<'_>) -> String {
    match evidence.engines() {
        [] => "goish: the channel engine".to_owned(),
        few if few.len() <= 3 => format!("goish: the channel engine, {}", few.join(" or ")),
        many => format!("goish: the channel engine, one of {}", many.len()),
    }
}
