//! The report as a list of blocks, of which the page and the Markdown file are two renderings.

use goish_results::statistics::Ratio;
use goish_results::summary::Summary;

use crate::charts::Svg;
use crate::format;

/// One piece of the report. Texts are plain unless they say otherwise: each rendering escapes them.
pub(crate) enum Block {
    /// A heading; level 1 is the report's title.
    Heading {
        level: u8,
        /// What links point to.
        id: &'static str,
        text: String,
    },
    /// Written by hand, in Markdown, in `prose/`.
    Prose(&'static str),
    /// One generated paragraph.
    Paragraph(String),
    /// The one paragraph that a hurried reader should see.
    Answer(String),
    /// Generated items.
    List(Vec<String>),
    Table(Table),
    Chart(Svg),
    /// What not every reader needs: folded on the page, below its own words in Markdown.
    Fold {
        summary: String,
        blocks: Vec<Block>,
    },
}

/// A table with one header row.
pub(crate) struct Table {
    /// What it shows; also read out before it.
    pub(crate) caption: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Entry>>,
}

/// How an entry is set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    /// A winner, a promise that holds.
    Good,
    /// A figure that is not there, a promise that fails.
    Bad,
    /// Nothing to say.
    Faint,
}

/// One cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) text: String,
    /// What belongs to the text and matters less, such as an interval; may be empty.
    pub(crate) detail: String,
    pub(crate) tone: Tone,
}

impl Entry {
    pub(crate) fn plain(text: impl Into<String>) -> Entry {
        Entry {
            text: text.into(),
            detail: String::new(),
            tone: Tone::Plain,
        }
    }

    pub(crate) fn good(text: impl Into<String>) -> Entry {
        Entry {
            tone: Tone::Good,
            ..Entry::plain(text)
        }
    }

    pub(crate) fn bad(text: impl Into<String>) -> Entry {
        Entry {
            tone: Tone::Bad,
            ..Entry::plain(text)
        }
    }

    pub(crate) fn faint(text: impl Into<String>) -> Entry {
        Entry {
            tone: Tone::Faint,
            ..Entry::plain(text)
        }
    }

    pub(crate) fn with_detail(self, detail: impl Into<String>) -> Entry {
        Entry {
            detail: detail.into(),
            ..self
        }
    }

    /// A measured value, with its interval as the detail.
    pub(crate) fn measured(median: f64, summary: &Summary) -> Entry {
        let entry = Entry::plain(format::quantity(median, &summary.unit));
        match (summary.lo, summary.hi) {
            (Some(lo), Some(hi)) => entry.with_detail(format::range(lo, hi, &summary.unit)),
            _ => entry,
        }
    }

    /// A ratio, with its interval as the detail.
    pub(crate) fn ratio(ratio: &Ratio) -> Entry {
        let range = format::range(ratio.lo, ratio.hi, "x");
        Entry::plain(format::quantity(ratio.median, "x")).with_detail(range)
    }
}

impl Block {
    pub(crate) fn heading(level: u8, id: &'static str, text: impl Into<String>) -> Block {
        Block::Heading {
            level,
            id,
            text: text.into(),
        }
    }

    pub(crate) fn paragraph(text: impl Into<String>) -> Block {
        Block::Paragraph(text.into())
    }
}
