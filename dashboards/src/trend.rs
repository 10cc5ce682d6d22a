//! Figures over many runs: a chart for each, and a page of them in Markdown.

use std::fmt::Write as _;
use std::path::Path;

use goish_results::trend::{Point, Trend};

use crate::charts::canvas::{
    Align, Canvas, DrawError, EDGE, LINE_HEIGHT, Svg, WIDTH, heading_height,
};
use crate::charts::theme::Ink;
use crate::error::ReportError;
use crate::format::quantity;
use crate::gate::{change, name};
use crate::write;

/// Height of the part that the points are drawn in.
const PLOT: f64 = 130.0;

/// An axis shows at least a tenth in each direction, so that noise looks as small as it is.
const LEAST: f64 = 0.1;

/// Writes `trend.md` and one SVG for each figure into a folder.
///
/// # Errors
///
/// As [`write_report`](crate::write_report).
pub fn write_trends(trends: &[Trend], out: &Path) -> Result<(), ReportError> {
    let mut page = String::from(
        "# Trends\n\nMade by `cargo lab trend`: the headline figure of each case over the recorded runs of one \
         machine. A line is a level, a gap between lines a step.\n",
    );
    for trend in trends {
        let file = file_name(trend);
        let chart = chart(trend).map_err(|cause| ReportError::Chart {
            chart: file.clone(),
            cause: cause.to_string(),
        })?;
        write(out, &file, &chart.standalone())?;
        // Writing to a string cannot fail.
        let _ = section(&mut page, trend, &file);
    }
    write(out, "trend.md", &page)
}

fn section(page: &mut String, trend: &Trend, file: &str) -> std::fmt::Result {
    writeln!(page, "\n## {}: {}\n", name(&trend.cell), trend.metric)?;
    writeln!(page, "![{}]({file})\n", name(&trend.cell))?;
    if trend.steps.is_empty() {
        return writeln!(page, "No step in {} runs.", trend.points.len());
    }
    for step in &trend.steps {
        let point = &trend.points[step.at];
        let accepted = match (&step.accepted, step.worse) {
            (Some(why), _) => format!(" Accepted: {why}."),
            (None, true) => " Nobody has accepted it.".to_owned(),
            (None, false) => String::new(),
        };
        let commit: String = point.commit.chars().take(7).collect();
        writeln!(
            page,
            "- {} with `{commit}`, first seen in the run `{}`.{accepted}",
            change(step.ratio),
            point.run
        )?;
    }
    Ok(())
}

fn file_name(trend: &Trend) -> String {
    let text = format!("{}-{}", name(&trend.cell), trend.metric);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    let mut file: String = text.chars().map(plain).collect();
    while file.contains("--") {
        file = file.replace("--", "-");
    }
    format!("{file}.svg")
}

fn chart(trend: &Trend) -> Result<Svg, DrawError> {
    let title = name(&trend.cell);
    let subtitle = format!(
        "{}, median and interval of each run; less is better.",
        trend.metric
    );
    let top = heading_height(&title, &subtitle);
    let height = top + PLOT + LINE_HEIGHT * 2.0 + EDGE;
    let description = format!(
        "{} in {} runs, with {} steps. The steps stand below in words.",
        trend.metric,
        trend.points.len(),
        trend.steps.len()
    );
    let axes = Axes::of(trend, top);
    Svg::draw("trend", title.clone(), description, height, |canvas| {
        canvas.heading(&title, &subtitle)?;
        for end in [axes.low, axes.high] {
            let y = axes.y(end);
            canvas.line((EDGE + Axes::LEFT, y), (WIDTH - EDGE, y), Ink::Grid, 0.8)?;
            let label = quantity(end.exp(), &trend.unit);
            canvas.text(&label, EDGE, y, Align::Left, Ink::Muted)?;
        }
        for level in &trend.levels {
            let y = axes.y(level.value.ln());
            let (from, to) = (axes.x(level.from) - 3.0, axes.x(level.to - 1) + 3.0);
            canvas.line((from, y), (to, y), Ink::Series(0), 2.2)?;
        }
        for (place, point) in trend.points.iter().enumerate() {
            draw_point(canvas, &axes, place, point)?;
        }
        for step in &trend.steps {
            let x = axes.x(step.at) - axes.gap() / 2.0;
            canvas.dotted((x, top), (x, top + PLOT), Ink::Muted)?;
        }
        let y = top + PLOT + LINE_HEIGHT;
        let ends = trend.points.first().zip(trend.points.last());
        if let Some((first, last)) = ends {
            let day = |point: &Point| point.at.chars().take(10).collect::<String>();
            canvas.text(&day(first), EDGE + Axes::LEFT, y, Align::Left, Ink::Muted)?;
            canvas.text(&day(last), WIDTH - EDGE, y, Align::Right, Ink::Muted)?;
        }
        Ok(())
    })
}

fn draw_point(
    canvas: &Canvas<'_>,
    axes: &Axes,
    place: usize,
    point: &Point,
) -> Result<(), DrawError> {
    let x = axes.x(place);
    if point.lo > 0.0 {
        let ends = ((x, axes.y(point.lo.ln())), (x, axes.y(point.hi.ln())));
        canvas.line(ends.0, ends.1, Ink::Muted, 0.9)?;
    }
    canvas.plain_marker((x, axes.y(point.value.ln())), true)
}

/// Runs from left to right, logarithms of values from the bottom to the top.
struct Axes {
    low: f64,
    high: f64,
    top: f64,
    count: usize,
}

impl Axes {
    /// Room for the labels of the values.
    const LEFT: f64 = 52.0;

    fn of(trend: &Trend, top: f64) -> Axes {
        let ends = || {
            let points = trend.points.iter();
            points
                .flat_map(|point| [point.lo, point.value, point.hi])
                .filter(|value| *value > 0.0 && value.is_finite())
                .map(f64::ln)
        };
        let (low, high) = (
            ends().fold(f64::INFINITY, f64::min),
            ends().fold(f64::NEG_INFINITY, f64::max),
        );
        let (middle, reach) = ((low + high) / 2.0, ((high - low) / 2.0).max(LEAST));
        Axes {
            low: middle - reach,
            high: middle + reach,
            top,
            count: trend.points.len(),
        }
    }

    fn gap(&self) -> f64 {
        (WIDTH - 2.0 * EDGE - Axes::LEFT) / self.count as f64
    }

    fn x(&self, place: usize) -> f64 {
        EDGE + Axes::LEFT + self.gap() * (place as f64 + 0.5)
    }

    fn y(&self, logarithm: f64) -> f64 {
        let share = (logarithm - self.low) / (self.high - self.low);
        self.top + PLOT * (1.0 - share)
    }
}
