//! Blocks as Markdown: `decision.md`, and the tables that are spliced into other files.

use std::fmt::Write as _;

use crate::document::{Block, Entry, Table, Tone};

/// Renders blocks, an empty line between each.
pub(crate) fn render(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        if !text.is_empty() {
            text.push('\n');
        }
        render_block(&mut text, block);
    }
    text
}

fn render_block(out: &mut String, block: &Block) {
    // Writing to a string cannot fail.
    let _ = match block {
        Block::Heading { level, text, .. } => {
            writeln!(out, "{} {}", "#".repeat(usize::from(*level)), escape(text))
        }
        Block::Prose(markdown) => writeln!(out, "{}", markdown.trim()),
        Block::Paragraph(text) => writeln!(out, "{}", escape(text)),
        Block::Answer(text) => writeln!(out, "**{}**", escape(text)),
        Block::List(items) => items
            .iter()
            .try_for_each(|item| writeln!(out, "- {}", escape(item))),
        Block::Table(table) => {
            render_table(out, table);
            Ok(())
        }
        Block::Chart(chart) => writeln!(out, "![{}]({}.svg)", escape(&chart.title), chart.name),
        Block::Fold { summary, blocks } => {
            writeln!(
                out,
                "**{}**\n\n{}",
                escape(summary),
                render(blocks).trim_end()
            )
        }
    };
}

fn render_table(out: &mut String, table: &Table) {
    let _ = writeln!(out, "{}\n", escape(&table.caption));
    let columns: Vec<String> = table.columns.iter().map(|column| escape(column)).collect();
    let _ = writeln!(out, "| {} |", columns.join(" | "));
    let _ = writeln!(out, "|{}", " --- |".repeat(columns.len()));
    for row in &table.rows {
        let entries: Vec<String> = row.iter().map(render_entry).collect();
        let _ = writeln!(out, "| {} |", entries.join(" | "));
    }
}

fn render_entry(entry: &Entry) -> String {
    let mut text = escape(&entry.text);
    if entry.tone == Tone::Good && !text.is_empty() {
        text = format!("**{text}**");
    }
    if entry.detail.is_empty() {
        text
    } else {
        format!("{text} ({})", escape(&entry.detail))
    }
}

/// Makes a text stand for itself: no character of it is markup, and it stays on one line.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_break_out_of_its_table() {
        let table = Table {
            caption: "c".to_owned(),
            columns: vec!["a|b".to_owned()],
            rows: vec![vec![Entry::bad("x | y\n<script>[l](u)`")]],
        };
        let text = render(&[Block::Table(table)]);
        assert_eq!(
            text,
            "c\n\n| a\\|b |\n| --- |\n| x \\| y &lt;script&gt;\\[l\\](u)\\` |\n"
        );
    }
}
