//! Blocks as one page: no script, no network, everything it needs inside.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::charts;
use crate::document::{Block, Entry, Table, Tone};

/// The page's own rules; the charts' colours are added to them.
const STYLE: &str = include_str!("page.css");

/// Renders the whole page.
pub(crate) fn page(title: &str, blocks: &[Block]) -> String {
    let style = format!("{STYLE}{}", charts::style_sheet());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body {
                main {
                    @let (head, rest) = split_at_first_section(blocks);
                    (render(head))
                    (contents(rest))
                    (render(rest))
                }
            }
        }
    }
    .into_string()
}

/// The title with what stands directly below it, and the sections.
fn split_at_first_section(blocks: &[Block]) -> (&[Block], &[Block]) {
    let first = blocks
        .iter()
        .position(|block| matches!(block, Block::Heading { level: 2, .. }))
        .unwrap_or(blocks.len());
    blocks.split_at(first)
}

fn contents(blocks: &[Block]) -> Markup {
    html! {
        nav aria-label="Contents" {
            @for block in blocks {
                @if let Block::Heading { level: 2, id, text } = block {
                    a href={ "#" (id) } { (text) }
                }
            }
        }
    }
}

fn render(blocks: &[Block]) -> Markup {
    html! { @for run in charts_together(blocks) { (render_run(run)) } }
}

/// Cuts the blocks into runs: charts that follow each other stand side by side where there is room.
fn charts_together(blocks: &[Block]) -> impl Iterator<Item = &[Block]> {
    let is_chart = |block: &Block| matches!(block, Block::Chart(_));
    blocks.chunk_by(move |left, right| is_chart(left) && is_chart(right))
}

fn render_run(run: &[Block]) -> Markup {
    if let [Block::Chart(_), ..] = run {
        return html! { div.charts { @for block in run { (render_block(block)) } } };
    }
    html! { @for block in run { (render_block(block)) } }
}

fn render_block(block: &Block) -> Markup {
    match block {
        Block::Heading { level, id, text } => match level {
            1 => html! { h1 id=(id) { (text) } },
            2 => html! { h2 id=(id) { (text) } },
            _ => html! { h3 id=(id) { (text) } },
        },
        Block::Prose(markdown) => prose(markdown),
        Block::Paragraph(text) => html! { p { (text) } },
        Block::Answer(text) => html! { p.answer { (text) } },
        Block::List(items) => html! { ul { @for item in items { li { (item) } } } },
        Block::Table(table) => render_table(table),
        Block::Chart(chart) => html! { figure { (PreEscaped(chart.inline())) } },
        Block::Fold { summary, blocks } => {
            html! { details { summary { (summary) } (render(blocks)) } }
        }
    }
}

fn prose(markdown: &str) -> Markup {
    let mut rendered = String::new();
    pulldown_cmark::html::push_html(&mut rendered, pulldown_cmark::Parser::new(markdown));
    PreEscaped(rendered)
}

fn render_table(table: &Table) -> Markup {
    html! {
        p.caption { (table.caption) }
        div.scroll tabindex="0" role="region" aria-label=(table.caption) {
            table {
                thead { tr { @for column in &table.columns { th scope="col" { (column) } } } }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (index, entry) in row.iter().enumerate() {
                                @if index == 0 {
                                    th scope="row" { (content(entry)) }
                                } @else {
                                    td class=[class(entry)] { (content(entry)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn content(entry: &Entry) -> Markup {
    html! {
        (entry.text)
        @if !entry.detail.is_empty() { " " small { (entry.detail) } }
    }
}

/// Entries of more characters than this are sentences, and get a wide column.
const SENTENCE: usize = 32;

fn class(entry: &Entry) -> Option<String> {
    let tone = match entry.tone {
        Tone::Plain => "",
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Faint => "faint",
    };
    let width = if entry.text.chars().count() > SENTENCE {
        "sentence"
    } else {
        ""
    };
    let classes = format!("{tone} {width}");
    let classes = classes.trim();
    (!classes.is_empty()).then(|| classes.to_owned())
}
