//! The chart of a gate: every case's ratio with its interval, and base against base below it.

use goish_results::gate::record::GateReport;
use goish_results::statistics::Ratio;

use super::{change, name, with_ratio};
use crate::charts::canvas::{Align, Canvas, EDGE, LINE_HEIGHT, Svg, WIDTH, heading_height};
use crate::charts::canvas::{Drawn, TEXT_SIZE, fit};
use crate::charts::theme::Ink;
use crate::error::ReportError;

/// Height of one case: its name, its interval, the control's.
const ROW: f64 = LINE_HEIGHT * 2.0 + 6.0;

/// The axis shows at least 5 % in each direction, so that noise looks as small as it is.
const LEAST: f64 = 0.05;

/// Every case that has an interval; `None` when none has.
pub(super) fn ratios(report: &GateReport) -> Result<Option<Svg>, ReportError> {
    let cases: Vec<_> = with_ratio(report).collect();
    if cases.is_empty() {
        return Ok(None);
    }
    let title = "Head against base".to_owned();
    let subtitle = "Ratio and repeated 95 % interval; right is slower. Hollow and thin: base against base. Dotted: the floors.";
    let top = heading_height(&title, subtitle);
    let height = top + cases.len() as f64 * ROW + LINE_HEIGHT * 1.5 + EDGE;
    let reach = cases
        .iter()
        .flat_map(|case| {
            let null = case.finding.null.map(|null| null.ratio);
            case.finding.ratio.into_iter().chain(null)
        })
        .flat_map(|ratio| [ratio.lo.ln().abs(), ratio.hi.ln().abs()])
        .filter(|end| end.is_finite())
        .fold(LEAST, f64::max);
    let axis = Axis { reach };
    let description = format!(
        "For each of {} cases the ratio of head to base with its interval, and that of base to base. The same figures stand in the table.",
        cases.len()
    );
    let drawn = Svg::draw("gate", title.clone(), description, height, |canvas| {
        canvas.heading(&title, subtitle)?;
        let bottom = top + cases.len() as f64 * ROW;
        canvas.line(axis.at(0.0, top), axis.at(0.0, bottom), Ink::Muted, 0.9)?;
        for (row, case) in cases.iter().enumerate() {
            let y = top + row as f64 * ROW;
            let finding = &case.finding;
            let label = fit(&name(&case.cell), TEXT_SIZE, WIDTH - 2.0 * EDGE - 70.0);
            canvas.text(&label, EDGE, y + LINE_HEIGHT / 2.0, Align::Left, Ink::Text)?;
            let word = format!("{:?}", finding.verdict).to_lowercase();
            canvas.text(
                &word,
                WIDTH - EDGE,
                y + LINE_HEIGHT / 2.0,
                Align::Right,
                Ink::Muted,
            )?;
            let y = y + LINE_HEIGHT + 3.0;
            if let Some(floor) = finding.floor {
                for side in [-floor.ln(), floor.ln()] {
                    canvas.dotted(axis.at(side, y - 4.0), axis.at(side, y + 12.0), Ink::Muted)?;
                }
            }
            if let Some(ratio) = &finding.ratio {
                interval(canvas, &axis, ratio, y, 2.0, true)?;
            }
            if let Some(null) = &finding.null {
                interval(canvas, &axis, &null.ratio, y + 8.0, 0.8, false)?;
            }
        }
        let y = bottom + LINE_HEIGHT / 2.0 + 4.0;
        for end in [-reach, 0.0, reach] {
            let align = match end {
                end if end < 0.0 => Align::Left,
                end if end > 0.0 => Align::Right,
                _ => Align::Centre,
            };
            let (x, _) = axis.at(end, y);
            let label = if end == 0.0 {
                "base".to_owned()
            } else {
                change(end.exp())
            };
            canvas.text(&label, x, y, align, Ink::Muted)?;
        }
        Ok(())
    });
    drawn.map(Some).map_err(|cause| ReportError::Chart {
        chart: "gate.svg".to_owned(),
        cause: cause.to_string(),
    })
}

/// The logarithms of ratios across the chart, no change in the middle.
struct Axis {
    reach: f64,
}

impl Axis {
    fn at(&self, logarithm: f64, y: f64) -> (f64, f64) {
        const MARGIN: f64 = 10.0;
        let half = WIDTH / 2.0 - MARGIN;
        let share = (logarithm / self.reach).clamp(-1.0, 1.0);
        (WIDTH / 2.0 + half * share, y)
    }
}

fn interval(
    canvas: &Canvas<'_>,
    axis: &Axis,
    ratio: &Ratio,
    y: f64,
    width: f64,
    filled: bool,
) -> Drawn {
    let ink = if filled { Ink::Text } else { Ink::Muted };
    canvas.line(
        axis.at(ratio.lo.ln(), y),
        axis.at(ratio.hi.ln(), y),
        ink,
        width,
    )?;
    canvas.plain_marker(axis.at(ratio.median.ln(), y), filled)
}
