//! Who was measured beside goish's engines, how it was set up, and what it does not do.

use goish_results::record::Kind;

use crate::document::{Block, Entry, Table};
use crate::evidence::Evidence;
use crate::format;

/// The section; nothing for a run of goish's engines alone.
pub(super) fn section(evidence: &Evidence<'_>) -> Vec<Block> {
    if !evidence.has_field() {
        return Vec::new();
    }
    vec![
        Block::heading(2, "subjects", "Who was measured, and how"),
        Block::Prose(include_str!("../prose/subjects.md")),
        Block::Table(table(evidence)),
    ]
}

fn table(evidence: &Evidence<'_>) -> Table {
    let header = &evidence.run.header;
    let mut subjects: Vec<_> = header.subjects.iter().collect();
    subjects.sort_by_key(|(_, subject)| subject.kind);
    let row = |(name, subject): (&String, &goish_results::record::Subject)| {
        let version = header.engine_versions.get(name);
        let lacks = match subject.lacks.as_slice() {
            [] => Entry::faint("–"),
            lacks => Entry::plain(format::listed(lacks)),
        };
        vec![
            Entry::plain(name),
            Entry::plain(kind(subject.kind)),
            Entry::plain(version.map_or("unknown", String::as_str)),
            Entry::plain(&subject.setup),
            lacks,
        ]
    };
    Table {
        caption: "The subjects beside goish's engines".to_owned(),
        columns: [
            "subject",
            "what it is",
            "version",
            "set up as",
            "does not have",
        ]
        .map(str::to_owned)
        .into(),
        rows: subjects.into_iter().map(row).collect(),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Go => "Go itself",
        Kind::Published => "published goish",
        Kind::Channels => "channel crate",
        Kind::Runtime => "goroutine runtime",
        Kind::Scheduler => "goish on another scheduler",
    }
}
