//! A chart of rows: for each group one plot, in it for each engine a row for raw and one for goish,
//! with every sample, the interval and the median, and its value written beside it.

use plotters::prelude::*;

use super::axis::{self, LogAxis};
use super::canvas::{
    Align, Canvas, DrawError, Drawn, EDGE, LINE_HEIGHT, Svg, TEXT_SIZE, WIDTH, fit, heading_height,
    paragraph_lines, stroke, text_width,
};
use super::theme::Ink;
use crate::format;

/// What a row shows.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    /// A measured figure.
    Measured {
        median: f64,
        interval: Option<(f64, f64)>,
        samples: Vec<f64>,
    },
    /// A word for why there is none, for example `DNF at 12 %`.
    Word(String),
}

/// One mode of one engine.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Whether its marker is filled (goish) or hollow (raw).
    pub(crate) filled: bool,
    pub(crate) mark: Mark,
}

/// The rows of one engine.
#[derive(Clone, Debug)]
pub(crate) struct EngineRows {
    pub(crate) engine: usize,
    pub(crate) name: String,
    pub(crate) rows: Vec<Row>,
}

/// Rows under one heading.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) heading: String,
    pub(crate) engines: Vec<EngineRows>,
    /// Go's figure, drawn as a line through all rows.
    pub(crate) reference: Option<f64>,
}

/// The whole chart. All groups share one axis.
#[derive(Clone, Debug)]
pub(crate) struct Dots {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) description: String,
    pub(crate) unit: &'static str,
    pub(crate) groups: Vec<Group>,
    pub(crate) notes: Vec<String>,
}

const LEGEND: f64 = 18.0;
const GROUP_HEADING: f64 = 20.0;
const ROW: f64 = 15.0;
const BETWEEN_ENGINES: f64 = 3.0;
const TICK_LABELS: f64 = 18.0;
const GROUP_GAP: f64 = 4.0;

/// The places of the plots across, in points, and the axis that they share.
struct Frame {
    left: f64,
    width: f64,
    axis: LogAxis,
}

impl Frame {
    fn across(&self, place: f64) -> f64 {
        self.left + (place - self.axis.low) / (self.axis.high - self.axis.low) * self.width
    }

    fn right(&self) -> f64 {
        self.left + self.width
    }
}

impl Group {
    fn plot_height(&self) -> f64 {
        let rows: usize = self.engines.iter().map(|engine| engine.rows.len()).sum();
        rows as f64 * ROW + self.engines.len() as f64 * BETWEEN_ENGINES
    }

    fn height(&self) -> f64 {
        GROUP_HEADING + self.plot_height() + TICK_LABELS + GROUP_GAP
    }
}

impl Dots {
    /// Draws it.
    pub(crate) fn draw(&self) -> Result<Svg, DrawError> {
        let notes: Vec<String> = self
            .notes
            .iter()
            .flat_map(|note| paragraph_lines(note))
            .collect();
        let legend_top = heading_height(&self.title, &self.subtitle);
        let groups_top = legend_top + LEGEND;
        let notes_top = groups_top + self.groups.iter().map(Group::height).sum::<f64>();
        let height = notes_top + notes.len() as f64 * LINE_HEIGHT + EDGE;
        Svg::draw(
            self.name,
            self.title.clone(),
            self.description.clone(),
            height,
            |canvas| {
                canvas.heading(&self.title, &self.subtitle)?;
                draw_legend(canvas, legend_top + LEGEND / 2.0)?;
                let frame = self.frame();
                let mut top = groups_top;
                for group in &self.groups {
                    draw_group(canvas, group, &frame, top, self.unit)?;
                    top += group.height();
                }
                canvas.notes(&notes, notes_top)
            },
        )
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups
            .iter()
            .flat_map(|group| &group.engines)
            .flat_map(|engine| &engine.rows)
    }

    fn frame(&self) -> Frame {
        let values = self.rows().flat_map(|row| match &row.mark {
            Mark::Measured {
                median,
                interval,
                samples,
            } => {
                let (lo, hi) = interval.unwrap_or((*median, *median));
                [*median, lo, hi]
                    .into_iter()
                    .chain(samples.iter().copied())
                    .collect()
            }
            Mark::Word(_) => Vec::new(),
        });
        let references = self.groups.iter().filter_map(|group| group.reference);
        let values = values.chain(references);
        let axis = LogAxis::covering(values);
        let longest = self
            .groups
            .iter()
            .flat_map(|group| &group.engines)
            .map(|engine| text_width(&engine.name, TEXT_SIZE))
            .fold(0.0, f64::max);
        let left = EDGE + longest.clamp(30.0, 110.0) + 8.0;
        // The widest value stands behind the rightmost marker.
        let value = text_width("9.99 µs", TEXT_SIZE) + 10.0;
        Frame {
            left,
            width: WIDTH - left - value - EDGE,
            axis,
        }
    }
}

fn draw_legend(canvas: &Canvas<'_>, y: f64) -> Drawn {
    let mut x = EDGE + 4.0;
    for (filled, text) in [(false, "raw"), (true, "goish")] {
        canvas.plain_marker((x, y), filled)?;
        canvas.text(text, x + 8.0, y, Align::Left, Ink::Text)?;
        x += 20.0 + text_width(text, TEXT_SIZE);
    }
    canvas.line((x, y), (x + 18.0, y), Ink::Text, 3.0)?;
    canvas.text("95 % interval", x + 23.0, y, Align::Left, Ink::Text)?;
    x += 35.0 + text_width("95 % interval", TEXT_SIZE);
    canvas.line((x, y - 4.0), (x, y + 4.0), Ink::Muted, 0.8)?;
    canvas.text("one sample", x + 6.0, y, Align::Left, Ink::Text)
}

fn draw_group(canvas: &Canvas<'_>, group: &Group, frame: &Frame, top: f64, unit: &str) -> Drawn {
    canvas.bold(&group.heading, EDGE, top + GROUP_HEADING / 2.0, Align::Left)?;
    let plot_top = top + GROUP_HEADING;
    let plot_height = group.plot_height();
    let area = canvas.part(frame.left, plot_top, frame.width, plot_height);
    let mut plot = ChartBuilder::on(&area).build_cartesian_2d(
        frame.axis.coordinate(),
        axis::ruled(0.0, plot_height, vec![0.0, plot_height]),
    )?;
    plot.configure_mesh()
        .disable_axes()
        .x_labels(0)
        .y_labels(0)
        .bold_line_style(stroke(Ink::Grid, 0.8))
        .light_line_style(TRANSPARENT)
        .draw()?;
    draw_ticks(canvas, frame, plot_top + plot_height, unit)?;
    if let Some(go) = group.reference
        && let Some(place) = axis::place(go)
    {
        let x = frame.across(place);
        canvas.dashed((x, plot_top), (x, plot_top + plot_height), Ink::Text)?;
        let label = format!("Go {}", format::quantity(go, unit));
        let half = text_width(&label, TEXT_SIZE) / 2.0;
        let heading_end = EDGE + text_width(&group.heading, TEXT_SIZE) * 1.1 + 8.0;
        let x = x.clamp(heading_end + half, WIDTH - EDGE - half);
        canvas.text(&label, x, plot_top - 6.0, Align::Centre, Ink::Text)?;
    }

    let mut y = plot_top + BETWEEN_ENGINES / 2.0;
    for engine in &group.engines {
        let middle = y + engine.rows.len() as f64 * ROW / 2.0;
        let name = fit(&engine.name, TEXT_SIZE, frame.left - EDGE - 8.0);
        canvas.text(&name, frame.left - 8.0, middle, Align::Right, Ink::Text)?;
        for row in &engine.rows {
            draw_row(canvas, engine, row, frame, y + ROW / 2.0, unit)?;
            y += ROW;
        }
        y += BETWEEN_ENGINES;
    }
    Ok(())
}

fn draw_ticks(canvas: &Canvas<'_>, frame: &Frame, bottom: f64, unit: &str) -> Drawn {
    let y = bottom + TICK_LABELS / 2.0;
    let mut free_from = 0.0;
    for tick in &frame.axis.ticks {
        let label = format::tick(*tick, unit);
        let x = frame.across(tick.log10());
        let half = text_width(&label, TEXT_SIZE) / 2.0;
        if x - half < free_from {
            continue;
        }
        free_from = x + half + 4.0;
        canvas.text(&label, x, y, Align::Centre, Ink::Muted)?;
    }
    Ok(())
}

fn draw_row(
    canvas: &Canvas<'_>,
    engine: &EngineRows,
    row: &Row,
    frame: &Frame,
    y: f64,
    unit: &str,
) -> Drawn {
    let (median, interval, samples) = match &row.mark {
        Mark::Word(word) => return draw_word(canvas, word, frame, y),
        Mark::Measured {
            median,
            interval,
            samples,
        } => (median, interval, samples),
    };
    let value = format::quantity(*median, unit);
    let Some(place) = axis::place(*median) else {
        return draw_word(
            canvas,
            &format!("{value} (no place on this axis)"),
            frame,
            y,
        );
    };
    let mut end = frame.across(place);
    for sample in samples.iter().filter_map(|sample| axis::place(*sample)) {
        let x = frame.across(sample);
        canvas.line((x, y - 4.5), (x, y + 4.5), Ink::Muted, 0.6)?;
        end = end.max(x);
    }
    if let Some((lo, hi)) = interval
        && let (Some(lo), Some(hi)) = (axis::place(*lo), axis::place(*hi))
    {
        let (lo, hi) = (frame.across(lo), frame.across(hi));
        canvas.line((lo, y), (hi, y), Ink::Series(engine.engine), 3.0)?;
        end = end.max(hi);
    }
    canvas.marker((frame.across(place), y), engine.engine, row.filled)?;
    canvas.text(&value, end + 8.0, y, Align::Left, Ink::Text)
}

fn draw_word(canvas: &Canvas<'_>, word: &str, frame: &Frame, y: f64) -> Drawn {
    let space = frame.right() - frame.left - 16.0;
    canvas.cross((frame.left + 8.0, y), Ink::Muted)?;
    canvas.text(
        &fit(word, TEXT_SIZE, space),
        frame.left + 16.0,
        y,
        Align::Left,
        Ink::Text,
    )
}
