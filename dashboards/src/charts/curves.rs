//! A chart of curves: one panel for each mode, one curve for each engine, a logarithmic axis upwards.

use plotters::prelude::*;

use super::axis::{self, LogAxis};
use super::canvas::{
    Align, Canvas, DrawError, Drawn, EDGE, LINE_HEIGHT, Svg, TEXT_SIZE, WIDTH, fit, heading_height,
    paragraph_lines, stroke, text_width,
};
use super::theme::Ink;
use crate::format;

/// One point of a curve.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// The place on the horizontal axis.
    pub(crate) x: f64,
    pub(crate) median: f64,
    /// The interval of the median.
    pub(crate) interval: Option<(f64, f64)>,
}

/// One engine's curve.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    /// Its colour and shape; `None` for Go, the line that the others are compared with.
    pub(crate) series: Option<usize>,
    pub(crate) name: String,
    pub(crate) points: Vec<Point>,
    /// Where it was stopped by its deadline, and how far it had got.
    pub(crate) unfinished: Vec<(f64, String)>,
}

/// The curves of one mode.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) heading: String,
    /// Whether its markers are filled.
    pub(crate) filled: bool,
    pub(crate) curves: Vec<Curve>,
}

impl Curve {
    fn ink(&self) -> Ink {
        self.series.map_or(Ink::Text, Ink::Series)
    }
}

impl Panel {
    /// The curves that were stopped somewhere.
    fn unfinished(&self) -> impl Iterator<Item = &Curve> {
        self.curves
            .iter()
            .filter(|curve| !curve.unfinished.is_empty())
    }
}

/// The whole chart.
#[derive(Clone, Debug)]
pub(crate) struct Curves {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) description: String,
    pub(crate) unit: &'static str,
    /// The name of the horizontal axis.
    pub(crate) horizontal: &'static str,
    /// Places on the horizontal axis with their labels.
    pub(crate) stops: Vec<(f64, String)>,
    pub(crate) panels: Vec<Panel>,
    /// What could not be drawn, in sentences.
    pub(crate) notes: Vec<String>,
}

const LEFT: f64 = 52.0;
/// Room for how far an unfinished sample got.
const LEAST_FOR_LABELS: f64 = 96.0;
const PANEL_HEADING: f64 = 20.0;
const UNFINISHED_LANE: f64 = 15.0;
/// Room for the upper half of the uppermost tick's label.
const ABOVE_PLOT: f64 = 9.0;
const TICK_LABELS: f64 = 18.0;
const PANEL_GAP: f64 = 6.0;
const SMALLEST_PLOT: f64 = 165.0;

/// Where things stand in one panel, in points.
struct Frame {
    top: f64,
    plot_top: f64,
    plot_height: f64,
    plot_width: f64,
}

impl Frame {
    fn plot_bottom(&self) -> f64 {
        self.plot_top + self.plot_height
    }

    fn plot_right(&self) -> f64 {
        LEFT + self.plot_width
    }
}

impl Curves {
    /// Draws it.
    pub(crate) fn draw(&self) -> Result<Svg, DrawError> {
        let notes: Vec<String> = self
            .all_notes()
            .iter()
            .flat_map(|note| paragraph_lines(note))
            .collect();
        let frames = self.frames();
        let notes_top = frames.last().map_or_else(
            || heading_height(&self.title, &self.subtitle),
            |frame| frame.plot_bottom() + TICK_LABELS + LINE_HEIGHT + PANEL_GAP,
        );
        let height = notes_top + notes.len() as f64 * LINE_HEIGHT + EDGE;
        Svg::draw(
            self.name,
            self.title.clone(),
            self.description.clone(),
            height,
            |canvas| {
                canvas.heading(&self.title, &self.subtitle)?;
                let axis = self.vertical_axis();
                for (panel, frame) in self.panels.iter().zip(&frames) {
                    self.draw_panel(canvas, panel, frame, &axis)?;
                }
                canvas.notes(&notes, notes_top)
            },
        )
    }

    fn all_notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        for (panel, curve, point) in self.points() {
            if axis::place(point.median).is_none() {
                notes.push(format!(
                    "{}, {}: {} has no place on a logarithmic axis.",
                    curve.name,
                    panel.heading,
                    format::quantity(point.median, self.unit)
                ));
            }
        }
        notes
    }

    fn points(&self) -> impl Iterator<Item = (&Panel, &Curve, &Point)> {
        self.panels.iter().flat_map(|panel| {
            panel
                .curves
                .iter()
                .flat_map(move |curve| curve.points.iter().map(move |point| (panel, curve, point)))
        })
    }

    /// All panels share one axis, so that they can be compared by eye.
    fn vertical_axis(&self) -> LogAxis {
        LogAxis::covering(self.points().flat_map(|(_, _, point)| {
            let (lo, hi) = point.interval.unwrap_or((point.median, point.median));
            [point.median, lo, hi]
        }))
    }

    fn frames(&self) -> Vec<Frame> {
        let longest = self
            .panels
            .iter()
            .flat_map(|panel| &panel.curves)
            .map(|curve| text_width(&curve.name, TEXT_SIZE))
            .fold(0.0, f64::max);
        let labels = (longest + 24.0).clamp(LEAST_FOR_LABELS, 130.0);
        let plot_width = WIDTH - LEFT - labels - EDGE;
        let mut top = heading_height(&self.title, &self.subtitle);
        let mut frames = Vec::new();
        for panel in &self.panels {
            let lanes = panel.unfinished().count();
            let plot_height = SMALLEST_PLOT.max(panel.curves.len() as f64 * (LINE_HEIGHT + 1.0));
            let plot_top = top + PANEL_HEADING + lanes as f64 * UNFINISHED_LANE + ABOVE_PLOT;
            frames.push(Frame {
                top,
                plot_top,
                plot_height,
                plot_width,
            });
            top = plot_top + plot_height + TICK_LABELS + LINE_HEIGHT + PANEL_GAP;
        }
        frames
    }

    fn draw_panel(
        &self,
        canvas: &Canvas<'_>,
        panel: &Panel,
        frame: &Frame,
        vertical: &LogAxis,
    ) -> Drawn {
        canvas.bold(
            &panel.heading,
            EDGE,
            frame.top + PANEL_HEADING / 2.0,
            Align::Left,
        )?;
        let across = self.horizontal_range();
        let area = canvas.part(LEFT, frame.plot_top, frame.plot_width, frame.plot_height);
        let places = self.stops.iter().map(|(place, _)| *place).collect();
        let mut plot = ChartBuilder::on(&area).build_cartesian_2d(
            axis::ruled(across.0, across.1, places),
            vertical.coordinate(),
        )?;
        plot.configure_mesh()
            .disable_axes()
            .x_labels(0)
            .y_labels(0)
            .bold_line_style(stroke(Ink::Grid, 0.8))
            .light_line_style(TRANSPARENT)
            .draw()?;
        for curve in &panel.curves {
            let ink = curve.ink();
            if curve.series.is_some() {
                plot.draw_series(LineSeries::new(placed(curve), stroke(ink, 1.6)))?;
            }
            plot.draw_series(
                intervals(curve).map(|path| PathElement::new(path, stroke(ink, 3.0))),
            )?;
        }
        self.draw_ticks(canvas, frame, vertical)?;
        // Markers and labels come last: nothing may cover them.
        let to_points = |x: f64, y: f64| {
            let right = (x - across.0) / (across.1 - across.0);
            let down = (vertical.high - y) / (vertical.high - vertical.low);
            (
                LEFT + right * frame.plot_width,
                frame.plot_top + down * frame.plot_height,
            )
        };
        for curve in &panel.curves {
            let points: Vec<_> = placed(curve).map(|(x, y)| to_points(x, y)).collect();
            match curve.series {
                Some(series) => {
                    for point in points {
                        canvas.marker(point, series, panel.filled)?;
                    }
                }
                None => {
                    for pair in points.windows(2) {
                        canvas.dashed(pair[0], pair[1], Ink::Text)?;
                    }
                }
            }
        }
        draw_unfinished(canvas, panel, frame, |x| to_points(x, vertical.high).0)?;
        draw_labels(canvas, panel, frame, to_points)
    }

    fn horizontal_range(&self) -> (f64, f64) {
        let first = self.stops.first().map_or(0.0, |(place, _)| *place);
        let last = self.stops.last().map_or(1.0, |(place, _)| *place);
        let margin = ((last - first) * 0.06).max(0.2);
        (first - margin, last + margin)
    }

    fn draw_ticks(&self, canvas: &Canvas<'_>, frame: &Frame, vertical: &LogAxis) -> Drawn {
        for tick in &vertical.ticks {
            let down = (vertical.high - tick.log10()) / (vertical.high - vertical.low);
            let y = frame.plot_top + down * frame.plot_height;
            let label = format::tick(*tick, self.unit);
            canvas.text(&label, LEFT - 5.0, y, Align::Right, Ink::Muted)?;
        }
        let (first, last) = self.horizontal_range();
        let y = frame.plot_bottom() + TICK_LABELS / 2.0 + 2.0;
        for (place, label) in &self.stops {
            let x = LEFT + (place - first) / (last - first) * frame.plot_width;
            canvas.text(label, x, y, Align::Centre, Ink::Muted)?;
        }
        let middle = LEFT + frame.plot_width / 2.0;
        let y = frame.plot_bottom() + TICK_LABELS + LINE_HEIGHT / 2.0;
        canvas.text(self.horizontal, middle, y, Align::Centre, Ink::Muted)
    }
}

/// The points of a curve that have a place on a logarithmic axis.
fn placed(curve: &Curve) -> impl Iterator<Item = (f64, f64)> {
    curve
        .points
        .iter()
        .filter_map(|point| Some((point.x, axis::place(point.median)?)))
}

fn intervals(curve: &Curve) -> impl Iterator<Item = Vec<(f64, f64)>> {
    curve.points.iter().filter_map(|point| {
        let (lo, hi) = point.interval?;
        Some(vec![
            (point.x, axis::place(lo)?),
            (point.x, axis::place(hi)?),
        ])
    })
}

/// For each engine that was stopped somewhere a lane above the plot: a cross at each such place, and
/// behind the last one how far it got there.
fn draw_unfinished(
    canvas: &Canvas<'_>,
    panel: &Panel,
    frame: &Frame,
    across: impl Fn(f64) -> f64,
) -> Drawn {
    let mut y = frame.top + PANEL_HEADING + UNFINISHED_LANE / 2.0;
    for curve in panel.unfinished() {
        canvas.text("DNF", LEFT - 5.0, y, Align::Right, Ink::Text)?;
        for (place, _) in &curve.unfinished {
            canvas.cross((across(*place), y), curve.ink())?;
        }
        draw_key(canvas, curve, panel, (frame.plot_right() + 8.0, y))?;
        if let Some((_, got)) = curve.unfinished.last() {
            canvas.text(got, frame.plot_right() + 16.0, y, Align::Left, Ink::Text)?;
        }
        y += UNFINISHED_LANE;
    }
    Ok(())
}

/// Writes every curve's name at the right edge, as near to the height of its last point as the other
/// names allow, with a thin line between.
fn draw_labels(
    canvas: &Canvas<'_>,
    panel: &Panel,
    frame: &Frame,
    to_points: impl Fn(f64, f64) -> (f64, f64),
) -> Drawn {
    let ends: Vec<Option<(f64, f64)>> = panel
        .curves
        .iter()
        .map(|curve| placed(curve).last().map(|(x, y)| to_points(x, y)))
        .collect();
    let wanted: Vec<f64> = ends
        .iter()
        .map(|end| end.map_or(frame.plot_top, |(_, y)| y))
        .collect();
    let heights = spread(&wanted, frame.plot_top, frame.plot_bottom(), LINE_HEIGHT);
    for ((curve, end), y) in panel.curves.iter().zip(ends).zip(heights) {
        let ink = curve.ink();
        if let Some((end_x, end_y)) = end {
            canvas.dotted((end_x + 6.0, end_y), (frame.plot_right() + 2.0, y), ink)?;
        }
        draw_key(canvas, curve, panel, (frame.plot_right() + 8.0, y))?;
        let name = fit(&curve.name, TEXT_SIZE, WIDTH - frame.plot_right() - 16.0);
        canvas.text(&name, frame.plot_right() + 16.0, y, Align::Left, Ink::Text)?;
    }
    Ok(())
}

/// What stands for a curve beside its name.
fn draw_key(canvas: &Canvas<'_>, curve: &Curve, panel: &Panel, (x, y): (f64, f64)) -> Drawn {
    match curve.series {
        Some(series) => canvas.marker((x, y), series, panel.filled),
        None => canvas.dashed((x - 5.0, y), (x + 5.0, y), Ink::Text),
    }
}

/// Moves the wanted heights apart to at least `gap`, each as little as needed, within `top` and
/// `bottom` where there is room. The order of the result is that of the argument.
fn spread(wanted: &[f64], top: f64, bottom: f64, gap: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut heights = wanted.to_vec();
    let mut floor = top;
    for index in &order {
        heights[*index] = heights[*index].max(floor);
        floor = heights[*index] + gap;
    }
    let mut ceiling = bottom;
    for index in order.iter().rev() {
        heights[*index] = heights[*index].min(ceiling);
        ceiling = heights[*index] - gap;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_at_one_height_are_moved_apart_inside_the_plot() {
        let heights = spread(&[50.0, 50.0, 50.0, 99.0], 0.0, 100.0, 14.0);
        let mut sorted = heights.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(
            sorted
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= 14.0 - 1e-9),
            "{sorted:?}"
        );
        assert!(sorted[0] >= 0.0 && sorted[3] <= 100.0);
    }

    #[test]
    fn labels_with_room_stay_where_they_belong() {
        assert_eq!(spread(&[80.0, 10.0], 0.0, 100.0, 14.0), vec![80.0, 10.0]);
    }
}
