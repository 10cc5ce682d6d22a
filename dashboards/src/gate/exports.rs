//! A gate's figures in the formats of existing services, for a team that outgrows files in a
//! repository.

use std::fmt::Write as _;

use goish_results::gate::record::{CaseReport, GateReport};
use goish_results::record::{Cell, Mode};

/// Bencher Metric Format: for each benchmark its measures with a value and the ends of its interval.
/// `bencher run --adapter json --file bencher.json` takes it.
///
/// The values are head's. Base's interval and head's cannot be told apart from the drift of the
/// machine; so the ends are those of the ratio, applied to base.
pub fn bencher(report: &GateReport) -> String {
    let mut benchmarks: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |name: String, measure: String| match benchmarks
        .iter_mut()
        .find(|(known, _)| *known == name)
    {
        Some((_, measures)) => measures.push(measure),
        None => benchmarks.push((name, vec![measure])),
    };
    for case in &report.cases {
        if let (Some(head), Some((lo, hi))) = (case.finding.head, ends(case)) {
            add(
                path(&case.cell),
                format!(
                    "{}: {{\"value\": {head}, \"lower_value\": {lo}, \"upper_value\": {hi}}}",
                    quoted(&case.metric)
                ),
            );
        }
    }
    for count in &report.counts.counts {
        if let Some(head) = count.head {
            add(
                path(&count.cell),
                format!("{}: {{\"value\": {head}}}", quoted(&count.metric)),
            );
        }
    }
    let entries: Vec<String> = benchmarks
        .into_iter()
        .map(|(name, measures)| {
            format!(
                "  {}: {{\n    {}\n  }}",
                quoted(&name),
                measures.join(",\n    ")
            )
        })
        .collect();
    format!("{{\n{}\n}}\n", entries.join(",\n"))
}

/// Head's interval, as far as a ratio gives one: its ends applied to base.
fn ends(case: &CaseReport) -> Option<(f64, f64)> {
    let (base, ratio) = (case.finding.base?, case.finding.ratio?);
    Some((base * ratio.lo, base * ratio.hi))
}

/// OpenMetrics text, as Prometheus' textfile collector and push gateway take it.
pub fn openmetrics(report: &GateReport) -> String {
    let mut text = String::new();
    let cases = || report.cases.iter();
    let labels = |cell: &Cell, more: &str| {
        format!(
            "{{case=\"{}\",param=\"{}\",mode=\"{}\",engine=\"{}\"{more}}}",
            escaped(&cell.case),
            escaped(&cell.param),
            mode(cell.mode),
            escaped(&cell.engine)
        )
    };
    // Writing to a string cannot fail.
    let mut family = |name: &str, help: &str, lines: Vec<String>| {
        let _ = writeln!(text, "# TYPE {name} gauge\n# HELP {name} {help}");
        for line in lines {
            let _ = writeln!(text, "{name}{line}");
        }
    };
    let ratio = |of: fn(&CaseReport) -> Option<f64>| {
        cases()
            .filter_map(|case| Some(format!("{} {}", labels(&case.cell, ""), of(case)?)))
            .collect::<Vec<_>>()
    };
    family(
        "goish_gate_ratio",
        "How many times head is base.",
        ratio(|case| case.finding.ratio.map(|ratio| ratio.median)),
    );
    family(
        "goish_gate_ratio_low",
        "The lower end of the ratio's repeated 95 % interval.",
        ratio(|case| case.finding.ratio.map(|ratio| ratio.lo)),
    );
    family(
        "goish_gate_ratio_high",
        "The upper end of the ratio's repeated 95 % interval.",
        ratio(|case| case.finding.ratio.map(|ratio| ratio.hi)),
    );
    family(
        "goish_gate_null_ratio",
        "How many times base is base: what noise there was.",
        ratio(|case| case.finding.null.map(|null| null.ratio.median)),
    );
    family(
        "goish_gate_value",
        "The figure of each side, in the unit of its label.",
        cases()
            .flat_map(|case| {
                [("base", case.finding.base), ("head", case.finding.head)].map(|(side, value)| {
                    let more = format!(
                        ",metric=\"{}\",unit=\"{}\",side=\"{side}\"",
                        escaped(&case.metric),
                        escaped(&case.unit)
                    );
                    Some(format!("{} {}", labels(&case.cell, &more), value?))
                })
            })
            .flatten()
            .collect(),
    );
    family(
        "goish_gate_count",
        "What was counted on each side.",
        report
            .counts
            .counts
            .iter()
            .flat_map(|count| {
                [("base", count.base), ("head", count.head)].map(|(side, value)| {
                    let more = format!(",metric=\"{}\",side=\"{side}\"", escaped(&count.metric));
                    Some(format!("{} {}", labels(&count.cell, &more), value?))
                })
            })
            .flatten()
            .collect(),
    );
    family(
        "goish_gate_exit_code",
        "What the gate came to: 0 passed, 3 regression, 4 ambiguous, 5 incomplete.",
        vec![format!(" {}", report.conclusion().exit_code())],
    );
    text.push_str("# EOF\n");
    text
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Raw => "raw",
        Mode::Goish => "goish",
    }
}

/// A cell as criterion's ids spell it.
fn path(cell: &Cell) -> String {
    let parts = [
        cell.case.as_str(),
        &cell.param,
        mode(cell.mode),
        &cell.engine,
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

/// A text as JSON has it. The names here are plain, but nothing may break the file.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

/// A label's value as OpenMetrics has it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
