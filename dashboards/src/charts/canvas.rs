//! A drawing surface in points, and the finished SVG that comes off it.
//!
//! Every chart is [`WIDTH`] points wide, the width of a phone: at that width its text is readable, and
//! on a larger screen the page scales it or sets several side by side. plotters places everything on
//! whole numbers, so the surface underneath is [`FINENESS`] times as large.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::theme::{self, Ink, Shape};

/// Width of every chart in points.
pub(crate) const WIDTH: f64 = 360.0;
/// Size of ordinary text in points.
pub(crate) const TEXT_SIZE: f64 = 11.0;
/// Distance from one line of ordinary text to the next, in points.
pub(crate) const LINE_HEIGHT: f64 = 14.0;
/// Space kept free at the outer edges, in points.
pub(crate) const EDGE: f64 = 6.0;

const FINENESS: f64 = 10.0;
const TITLE_SIZE: f64 = 13.5;
const TITLE_LINE_HEIGHT: f64 = 17.0;

/// The reader's own fonts: nothing is embedded, and nothing is fetched.
const FONTS: &str = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif";

/// Width of a character relative to the font's size: no font is at hand to measure with, so it is
/// that of a wide one.
const CHARACTER_WIDTH: f64 = 0.58;

/// plotters divides a font's size by this before it writes it down.
const PLOTTERS_FONT_DIVISOR: f64 = 1.24;

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type DrawError = DrawingAreaErrorKind<std::io::Error>;
pub(crate) type Drawn = Result<(), DrawError>;

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// Points to plotters' whole numbers.
pub(crate) fn units(points: f64) -> i32 {
    (points * FINENESS).round() as i32
}

/// Points to plotters' sizes, which have no sign.
pub(crate) fn size_units(points: f64) -> u32 {
    units(points).max(0).unsigned_abs()
}

/// An upper estimate of a text's width in points.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * CHARACTER_WIDTH
}

/// Breaks a text into lines of at most that width in points. A word that is longer than a line is
/// cut.
pub(crate) fn wrap(text: &str, size: f64, width: f64) -> Vec<String> {
    let per_line = ((width / (size * CHARACTER_WIDTH)) as usize).max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let characters: Vec<char> = word.chars().collect();
        for piece in characters.chunks(per_line) {
            let used = line.chars().count();
            if used > 0 && used + 1 + piece.len() > per_line {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(piece);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text, cut to that width in points with an ellipsis where it is longer.
pub(crate) fn fit(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let kept = ((width / (size * CHARACTER_WIDTH)) as usize).saturating_sub(1);
    text.chars().take(kept).chain(['…']).collect()
}

/// The surface that a chart is drawn on.
pub(crate) struct Canvas<'a> {
    root: Area<'a>,
}

impl<'a> Canvas<'a> {
    /// The part of the surface with that upper left corner and size, in points.
    pub(crate) fn part(&self, left: f64, top: f64, width: f64, height: f64) -> Area<'a> {
        let extent = (size_units(width), size_units(height));
        self.root.clone().shrink((units(left), units(top)), extent)
    }

    /// Writes one line of ordinary text, centred on `y`.
    pub(crate) fn text(&self, text: &str, x: f64, y: f64, align: Align, ink: Ink) -> Drawn {
        self.sized_text(text, x, y, align, ink, TEXT_SIZE, FontStyle::Normal)
    }

    /// Writes one line of bold text, centred on `y`.
    pub(crate) fn bold(&self, text: &str, x: f64, y: f64, align: Align) -> Drawn {
        self.sized_text(text, x, y, align, Ink::Text, TEXT_SIZE, FontStyle::Bold)
    }

    #[allow(clippy::too_many_arguments, reason = "each is one property of a text")]
    fn sized_text(
        &self,
        text: &str,
        x: f64,
        y: f64,
        align: Align,
        ink: Ink,
        size: f64,
        style: FontStyle,
    ) -> Drawn {
        let horizontal = match align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let font = (FONTS, size * FINENESS * PLOTTERS_FONT_DIVISOR)
            .into_font()
            .style(style);
        let colour = ink.colour();
        let style = TextStyle::from(font)
            .color(&colour)
            .pos(Pos::new(horizontal, VPos::Center));
        self.root.draw_text(text, &style, (units(x), units(y)))
    }

    /// Writes the title and below it the muted subtitle; the height that both take is
    /// [`heading_height`].
    pub(crate) fn heading(&self, title: &str, subtitle: &str) -> Drawn {
        let mut y = EDGE;
        for line in title_lines(title) {
            y += TITLE_LINE_HEIGHT;
            let middle = y - TITLE_LINE_HEIGHT / 2.0;
            self.sized_text(
                &line,
                EDGE,
                middle,
                Align::Left,
                Ink::Text,
                TITLE_SIZE,
                FontStyle::Bold,
            )?;
        }
        for line in paragraph_lines(subtitle) {
            y += LINE_HEIGHT;
            self.text(&line, EDGE, y - LINE_HEIGHT / 2.0, Align::Left, Ink::Muted)?;
        }
        Ok(())
    }

    /// Writes muted lines, the first just below `top`.
    pub(crate) fn notes(&self, lines: &[String], top: f64) -> Drawn {
        for (index, line) in lines.iter().enumerate() {
            let y = top + LINE_HEIGHT * (index as f64 + 0.5);
            self.text(line, EDGE, y, Align::Left, Ink::Muted)?;
        }
        Ok(())
    }

    /// A line from one point to another.
    pub(crate) fn line(&self, from: (f64, f64), to: (f64, f64), ink: Ink, width: f64) -> Drawn {
        let path = vec![(units(from.0), units(from.1)), (units(to.0), units(to.1))];
        self.root.draw(&PathElement::new(path, stroke(ink, width)))
    }

    /// A dotted line from one point to another: it leads the eye, and is no measurement.
    pub(crate) fn dotted(&self, from: (f64, f64), to: (f64, f64), ink: Ink) -> Drawn {
        self.broken(from, to, ink, (4.0, 1.2, 0.9))
    }

    /// A dashed line from one point to another: Go's figures.
    pub(crate) fn dashed(&self, from: (f64, f64), to: (f64, f64), ink: Ink) -> Drawn {
        self.broken(from, to, ink, (5.0, 3.2, 1.3))
    }

    /// A line of pieces: their distance, their length and their width.
    fn broken(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        ink: Ink,
        (period, piece, width): (f64, f64, f64),
    ) -> Drawn {
        let (across, down) = (to.0 - from.0, to.1 - from.1);
        let length = across.hypot(down);
        let at = |along: f64| {
            (
                from.0 + across * along / length,
                from.1 + down * along / length,
            )
        };
        let pieces = (length / period) as u32;
        for number in 0..pieces {
            let along = f64::from(number) * period;
            self.line(at(along), at(along + piece), ink, width)?;
        }
        Ok(())
    }

    /// An engine's marker: filled for goish, hollow for raw.
    pub(crate) fn marker(&self, at: (f64, f64), engine: usize, filled: bool) -> Drawn {
        self.swatch(at, theme::shape(engine), Ink::Series(engine), filled)
    }

    /// A marker that stands for no engine.
    pub(crate) fn plain_marker(&self, at: (f64, f64), filled: bool) -> Drawn {
        self.swatch(at, Shape::Circle, Ink::Text, filled)
    }

    fn swatch(&self, at: (f64, f64), shape: Shape, ink: Ink, filled: bool) -> Drawn {
        const RADIUS: f64 = 3.8;
        let inside = if filled { ink } else { Ink::Ground };
        let mut corners: Vec<_> = outline(shape, RADIUS)
            .iter()
            .map(|(x, y)| (units(at.0 + x), units(at.1 + y)))
            .collect();
        self.root
            .draw(&Polygon::new(corners.clone(), inside.colour().filled()))?;
        corners.extend_from_within(..1);
        self.root.draw(&PathElement::new(corners, stroke(ink, 1.4)))
    }

    /// The mark of a sample that did not finish: a cross.
    pub(crate) fn cross(&self, at: (f64, f64), ink: Ink) -> Drawn {
        const REACH: f64 = 3.2;
        let (x, y) = at;
        self.line((x - REACH, y - REACH), (x + REACH, y + REACH), ink, 1.8)?;
        self.line((x - REACH, y + REACH), (x + REACH, y - REACH), ink, 1.8)
    }
}

/// A stroke of that width in points.
pub(crate) fn stroke(ink: Ink, width: f64) -> ShapeStyle {
    ink.colour().stroke_width(size_units(width))
}

fn outline(shape: Shape, radius: f64) -> Vec<(f64, f64)> {
    let ring = |corners: u32, from_degrees: f64, radius: f64| -> Vec<(f64, f64)> {
        (0..corners)
            .map(|corner| {
                let angle = from_degrees + 360.0 * f64::from(corner) / f64::from(corners);
                let (sine, cosine) = angle.to_radians().sin_cos();
                (radius * cosine, radius * sine)
            })
            .collect()
    };
    match shape {
        Shape::Circle => ring(24, 0.0, radius),
        Shape::Square => ring(4, 45.0, radius * 1.25),
        Shape::Triangle => ring(3, -90.0, radius * 1.3),
        Shape::Diamond => ring(4, 0.0, radius * 1.3),
        Shape::TriangleDown => ring(3, 90.0, radius * 1.3),
        Shape::Pentagon => ring(5, -90.0, radius * 1.15),
        Shape::Hexagon => ring(6, 0.0, radius * 1.15),
        Shape::Bar => {
            let (wide, high) = (radius * 0.5, radius * 1.3);
            vec![(-wide, -high), (wide, -high), (wide, high), (-wide, high)]
        }
    }
}

fn title_lines(title: &str) -> Vec<String> {
    wrap(title, TITLE_SIZE, WIDTH - 2.0 * EDGE)
}

/// A text broken into lines as wide as the chart.
pub(crate) fn paragraph_lines(text: &str) -> Vec<String> {
    wrap(text, TEXT_SIZE, WIDTH - 2.0 * EDGE)
}

/// Height of what [`Canvas::heading`] writes, with the space below it.
pub(crate) fn heading_height(title: &str, subtitle: &str) -> f64 {
    EDGE + title_lines(title).len() as f64 * TITLE_LINE_HEIGHT
        + paragraph_lines(subtitle).len() as f64 * LINE_HEIGHT
        + EDGE
}

/// A finished chart.
#[derive(Clone, Debug)]
pub(crate) struct Svg {
    /// The name without its ending, also the prefix of its element ids.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) title: String,
    /// What a reader who cannot see it should be told.
    pub(crate) description: String,
    height: f64,
    body: String,
}

impl Svg {
    /// Draws a chart of that height in points.
    pub(crate) fn draw(
        name: &'static str,
        title: String,
        description: String,
        height: f64,
        draw: impl FnOnce(&Canvas<'_>) -> Drawn,
    ) -> Result<Svg, DrawError> {
        let mut buffer = String::new();
        {
            let extent = (size_units(WIDTH), size_units(height));
            let root = SVGBackend::with_string(&mut buffer, extent).into_drawing_area();
            root.fill(&Ink::Ground.colour())?;
            let canvas = Canvas { root };
            draw(&canvas)?;
            canvas.root.present()?;
        }
        // plotters' own opening tag is replaced by one with a title, a description and a size in
        // points.
        let inside = buffer.split_once(">\n").map_or("", |(_, rest)| rest);
        let inside = inside.trim_end().trim_end_matches("</svg>");
        Ok(Svg {
            name,
            title,
            description,
            height,
            body: theme::with_classes(inside),
        })
    }

    /// For the page, which has the style sheet already.
    pub(crate) fn inline(&self) -> String {
        self.document("")
    }

    /// For a file of its own.
    pub(crate) fn standalone(&self) -> String {
        self.document(&format!("<style>{}</style>\n", theme::style_sheet()))
    }

    fn document(&self, style: &str) -> String {
        let Svg {
            name, height, body, ..
        } = self;
        let (wide, high) = (units(WIDTH), units(*height));
        let title = escape(&self.title);
        let description = escape(&self.description);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lab-chart\" width=\"{WIDTH}\" \
             height=\"{height}\" viewBox=\"0 0 {wide} {high}\" role=\"img\" \
             aria-labelledby=\"{name}-title {name}-description\">\n\
             <title id=\"{name}-title\">{title}</title>\n\
             <desc id=\"{name}-description\">{description}</desc>\n{style}{body}</svg>\n"
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_word_is_cut_and_no_line_is_wider_than_asked() {
        let text = format!("short {} end", "x".repeat(300));
        let lines = wrap(&text, TEXT_SIZE, 100.0);
        assert!(
            lines
                .iter()
                .all(|line| text_width(line, TEXT_SIZE) <= 100.0)
        );
        let joined: String = lines.concat();
        assert_eq!(joined.matches('x').count(), 300);
    }

    #[test]
    fn the_title_is_escaped_and_there_is_one_root_element() {
        let svg = Svg::draw(
            "t",
            "a < b & c".to_owned(),
            "d".to_owned(),
            20.0,
            |canvas| canvas.text("<x>", 1.0, 1.0, Align::Left, Ink::Text),
        )
        .unwrap()
        .standalone();
        assert!(svg.contains("<title id=\"t-title\">a &lt; b &amp; c</title>"));
        assert!(svg.contains("&lt;x&gt;"));
        assert_eq!(
            (svg.matches("<svg").count(), svg.matches("</svg>").count()),
            (1, 1)
        );
    }
}
