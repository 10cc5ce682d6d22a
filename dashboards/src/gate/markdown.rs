//! The summary of a gate: short enough for a comment on a pull request.

use std::fmt::Write as _;

use goish_results::gate::Verdict;
use goish_results::gate::record::{CaseReport, Conclusion, Count, GateReport};

use super::{change, name};
use crate::format::quantity;

/// A comment on GitHub has at most 65,536 characters.
const LONGEST: usize = 60_000;

/// What a gate said, as Markdown: first what a maintainer must know, then, folded, the rest.
pub fn summary(report: &GateReport) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = head(&mut text, report);
    let _ = cases(&mut text, report);
    let _ = counts(&mut text, report);
    let _ = foot(&mut text, report);
    if text.len() > LONGEST {
        let mut end = LONGEST;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("\n\n(The rest is in `report.json`.)\n");
    }
    text
}

fn head(out: &mut String, report: &GateReport) -> std::fmt::Result {
    let title = match report.conclusion() {
        Conclusion::Passed => "passed",
        Conclusion::Regression => "regression",
        Conclusion::Ambiguous => "undecided",
        Conclusion::Incomplete => "incomplete",
    };
    writeln!(out, "## Performance gate: {title}\n")?;
    let verdicts = [
        Verdict::Slower,
        Verdict::Faster,
        Verdict::Ambiguous,
        Verdict::Invalid,
        Verdict::Same,
    ];
    let numbers: Vec<String> = verdicts
        .into_iter()
        .filter(|verdict| report.count(*verdict) > 0)
        .map(|verdict| format!("{} {}", report.count(verdict), word(verdict)))
        .collect();
    let changed = |verdict| {
        let counts = report.counts.counts.iter();
        counts.filter(|count| count.verdict == verdict).count()
    };
    let (more, fewer, lacking) = (
        changed(Verdict::Slower),
        changed(Verdict::Faster),
        changed(Verdict::Invalid),
    );
    let mut counted: Vec<String> = Vec::new();
    for (number, what) in [
        (more, "more"),
        (fewer, "fewer"),
        (lacking, "without a count"),
    ] {
        if number > 0 {
            counted.push(format!("{number} {what}"));
        }
    }
    let run = if report.counts.not_run.is_empty() {
        ""
    } else {
        " that were run"
    };
    let counted = match (report.counts.counts.len(), counted.as_slice()) {
        (0, _) => "not run".to_owned(),
        (all, []) => format!("all {all}{run} unchanged"),
        (all, some) => format!("of {all}{run}, {}", some.join(", ")),
    };
    writeln!(
        out,
        "**Timed cases: {}. Counts: {counted}.** {}\n",
        if numbers.is_empty() {
            "none".to_owned()
        } else {
            numbers.join(", ")
        },
        advice(report.conclusion())
    )
}

/// What to do about it.
fn advice(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Passed => "Nothing became slower or fatter beyond the floors.",
        Conclusion::Regression => {
            "Mend it, or, if it is worth its price, accept it with `cargo lab bless CASE --why \"…\"`."
        }
        Conclusion::Ambiguous => {
            "Nothing is known to be slower, but not everything is known: a longer `--budget` or a quieter machine tells more."
        }
        Conclusion::Incomplete => "Not everything was measured: the reasons are below.",
    }
}

fn cases(out: &mut String, report: &GateReport) -> std::fmt::Result {
    let (same, telling): (Vec<&CaseReport>, Vec<&CaseReport>) = report
        .cases
        .iter()
        .partition(|case| case.finding.verdict == Verdict::Same);
    if !telling.is_empty() {
        let mut telling = telling;
        telling.sort_by_key(|case| rank(case.finding.verdict));
        table(out, &telling)?;
    }
    if !same.is_empty() {
        writeln!(out, "<details><summary>{} the same</summary>\n", same.len())?;
        table(out, &same)?;
        writeln!(out, "</details>\n")?;
    }
    Ok(())
}

fn rank(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Slower => 0,
        Verdict::Invalid => 1,
        Verdict::Ambiguous => 2,
        Verdict::Faster => 3,
        Verdict::Same => 4,
    }
}

fn table(out: &mut String, cases: &[&CaseReport]) -> std::fmt::Result {
    writeln!(
        out,
        "| verdict | case | change | 95 % interval | base → head | would have seen | why |\n|---|---|--:|---|---|--:|---|"
    )?;
    for case in cases {
        let finding = &case.finding;
        let dash = || "–".to_owned();
        let interval = finding.ratio.map_or_else(dash, |ratio| {
            format!("{} to {}", change(ratio.lo), change(ratio.hi))
        });
        let values = finding
            .base
            .zip(finding.head)
            .map_or_else(dash, |(base, head)| {
                format!(
                    "{} → {}",
                    quantity(base, &case.unit),
                    quantity(head, &case.unit)
                )
            });
        let mut why = cell(&case.sentence);
        if let Some(accepted) = &case.accepted {
            why = format!("accepted: {}; {why}", cell(accepted));
        }
        writeln!(
            out,
            "| {} | {} | {} | {interval} | {values} | {} | {why} |",
            bold(finding.verdict, case.accepted.is_some()),
            name(&case.cell),
            finding
                .ratio
                .map_or_else(dash, |ratio| change(ratio.median)),
            finding.detectable.map_or_else(dash, change),
        )?;
    }
    writeln!(out)
}

fn counts(out: &mut String, report: &GateReport) -> std::fmt::Result {
    for sentence in &report.counts.not_run {
        writeln!(out, "> **Not run:** {}.\n", cell(sentence))?;
    }
    let (same, telling): (Vec<&Count>, Vec<&Count>) = report
        .counts
        .counts
        .iter()
        .partition(|count| count.verdict == Verdict::Same);
    if !telling.is_empty() {
        writeln!(out, "Counted, so no noise is in it:\n")?;
        count_table(out, &telling)?;
    }
    if !same.is_empty() {
        writeln!(
            out,
            "<details><summary>{} counts unchanged</summary>\n",
            same.len()
        )?;
        count_table(out, &same)?;
        writeln!(out, "</details>\n")?;
    }
    Ok(())
}

fn count_table(out: &mut String, counts: &[&Count]) -> std::fmt::Result {
    writeln!(
        out,
        "| verdict | case | count | base | head | why |\n|---|---|---|--:|--:|---|"
    )?;
    for count in counts {
        let value = |value: Option<f64>| {
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
        };
        let mut why = cell(&count.sentence);
        if let Some(accepted) = &count.accepted {
            why = format!("accepted: {}; {why}", cell(accepted));
        }
        let verdict = match count.verdict {
            Verdict::Slower if count.accepted.is_some() => "more".to_owned(),
            Verdict::Slower => "**more**".to_owned(),
            Verdict::Faster => "fewer".to_owned(),
            other => word(other).to_owned(),
        };
        writeln!(
            out,
            "| {verdict} | {} | {} | {} | {} | {why} |",
            name(&count.cell),
            count.metric,
            value(count.base),
            value(count.head)
        )?;
    }
    writeln!(out)
}

fn foot(out: &mut String, report: &GateReport) -> std::fmt::Result {
    let header = &report.header;
    let short = |commit: &str| commit.chars().take(7).collect::<String>();
    let changes = |dirty: bool| {
        if dirty {
            ", with changes that are not committed"
        } else {
            ""
        }
    };
    for note in &report.notes {
        writeln!(out, "> {}.\n", cell(note))?;
    }
    writeln!(
        out,
        "<sub>Base {} ({}{}), head {} ({}{}); {} samples in {:.0} s on {} ({} cores), base against base in \
         the same blocks as the control. `{}`. How it decides: `docs/gate.md`.</sub>",
        header.base.name,
        short(&header.base.commit),
        changes(header.base.dirty),
        header.head.name,
        short(&header.head.commit),
        changes(header.head.dirty),
        report.samples,
        report.seconds,
        header.machine.cpu_model,
        header.machine.cores,
        header.command,
    )
}

/// A verdict as a word.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::Ambiguous => "ambiguous",
        Verdict::Invalid => "invalid",
    }
}

fn bold(verdict: Verdict, accepted: bool) -> String {
    match verdict {
        Verdict::Slower if !accepted => "**slower**".to_owned(),
        other => word(other).to_owned(),
    }
}

/// A text that may stand in a table.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|").replace('<', "&lt;")
}
