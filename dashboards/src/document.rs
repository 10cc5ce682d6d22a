//! The report as a list of blocks, of which the page and the Markdown file are two renderings.

use crate::charts::Svg;

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
    pub(crate) tone: Tone,
}

impl Entry {
    pub(crate) fn plain(text: impl Into<String>) -> Entry {
        Entry {
            text: text.into(),
            tone: Tone::Plain,
        }
    }

    pub(crate) fn good(text: impl Into<String>) -> Entry {
        Entry {
            text: text.into(),
            tone: Tone::Good,
        }
    }

    pub(crate) fn bad(text: impl Into<String>) -> Entry {
        Entry {
            text: text.into(),
            tone: Tone::Bad,
        }
    }

    pub(crate) fn faint(text: impl Into<String>) -> Entry {
        Entry {
            text: text.into(),
            tone: Tone::Faint,
        }
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
