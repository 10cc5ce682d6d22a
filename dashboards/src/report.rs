//! The sections of the report, in the order in which they are read.

mod answer;
mod conformance;
mod everything;
mod goroutines;
mod open_points;
mod origin;
mod price;
mod reconsider;
mod six_metrics;

use crate::document::Block;
use crate::error::ReportError;
use crate::evidence::Evidence;

pub(crate) use conformance::table as conformance_table;
pub(crate) use open_points::fan_in_table;
pub(crate) use origin::{machine_table, provenance, run_table};
pub(crate) use price::table as price_table;
pub(crate) use six_metrics::table as six_metrics_table;

/// The whole report. `default` is the name of the engine that is the default now.
pub(crate) fn blocks(evidence: &Evidence<'_>, default: &str) -> Result<Vec<Block>, ReportError> {
    let mut blocks = vec![
        Block::heading(1, "top", title(evidence)),
        Block::paragraph(provenance(evidence.run)),
    ];
    blocks.extend(origin::cautions(evidence.run));
    blocks.extend(answer::section(evidence, default));
    blocks.extend(six_metrics::section(evidence)?);
    blocks.extend(price::section(evidence));
    blocks.extend(conformance::section(evidence));
    blocks.extend(open_points::section(evidence)?);
    blocks.extend(goroutines::section(evidence)?);
    blocks.extend(reconsider::section(evidence, default));
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
