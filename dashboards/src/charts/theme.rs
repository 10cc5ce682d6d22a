//! Colours and marker shapes, and the pass over plotters' output that lets a chart follow the
//! reader's light or dark setting.
//!
//! plotters writes every colour as a plain hexadecimal attribute. Each role here has a hexadecimal
//! value of its own, so that the attribute tells the role, and a CSS class can be put beside it. The
//! attribute stays: a viewer that knows no style sheet shows the light colours.

use std::fmt::Write as _;

use plotters::style::RGBColor;

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Titles and labels.
    Text,
    /// Tick labels, notes, single samples.
    Muted,
    /// Grid lines.
    Grid,
    /// The background, and the inside of hollow markers.
    Ground,
    /// One engine; indices beyond the palette start over.
    Series(usize),
}

/// The shape that stands for an engine beside its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Pentagon,
    Hexagon,
    Bar,
}

const SHAPES: [Shape; 8] = [
    Shape::Circle,
    Shape::Square,
    Shape::Triangle,
    Shape::Diamond,
    Shape::TriangleDown,
    Shape::Pentagon,
    Shape::Hexagon,
    Shape::Bar,
];

/// Okabe and Ito's palette, light and dark. Its yellow is darkened on white and its black is grey,
/// because both would vanish into one of the two backgrounds.
const SERIES: [(u32, u32); 8] = [
    (0x0072B2, 0x5AA9E6),
    (0xD55E00, 0xFF8A4C),
    (0x009E73, 0x2FC99A),
    (0xCC79A7, 0xE6A1C8),
    (0xE69F00, 0xF2B134),
    (0x56B4E9, 0xA5DBFF),
    (0x9A8700, 0xF0E442),
    (0x4D4D4D, 0xB8B8B8),
];

const TEXT: (u32, u32) = (0x1A1A1A, 0xEDEDED);
const MUTED: (u32, u32) = (0x5A5A5A, 0xB0B4BA);
const GRID: (u32, u32) = (0xD8D8D8, 0x3A3F46);
const GROUND: (u32, u32) = (0xFFFFFF, 0x16191D);

impl Ink {
    fn all() -> impl Iterator<Item = Ink> {
        [Ink::Text, Ink::Muted, Ink::Grid, Ink::Ground]
            .into_iter()
            .chain((0..SERIES.len()).map(Ink::Series))
    }

    fn light_and_dark(self) -> (u32, u32) {
        match self {
            Ink::Text => TEXT,
            Ink::Muted => MUTED,
            Ink::Grid => GRID,
            Ink::Ground => GROUND,
            Ink::Series(index) => SERIES[index % SERIES.len()],
        }
    }

    fn class(self) -> String {
        match self {
            Ink::Text => "text".to_owned(),
            Ink::Muted => "muted".to_owned(),
            Ink::Grid => "grid".to_owned(),
            Ink::Ground => "ground".to_owned(),
            Ink::Series(index) => (index % SERIES.len()).to_string(),
        }
    }

    /// The colour as plotters takes it.
    pub(crate) fn colour(self) -> RGBColor {
        let (light, _) = self.light_and_dark();
        let [_, red, green, blue] = light.to_be_bytes();
        RGBColor(red, green, blue)
    }
}

/// The marker of the engine with that index. Where the colours start over the shapes do not, so that
/// no two have both in common.
pub(crate) fn shape(index: usize) -> Shape {
    SHAPES[(index + index / SERIES.len()) % SHAPES.len()]
}

/// Puts the class of its role beside every colour attribute.
pub(crate) fn with_classes(svg: &str) -> String {
    let mut themed = svg.to_owned();
    for ink in Ink::all() {
        let (light, _) = ink.light_and_dark();
        for property in ["fill", "stroke"] {
            let attribute = format!("{property}=\"#{light:06X}\"");
            let class = format!("class=\"lab-{property}-{}\" {attribute}", ink.class());
            themed = themed.replace(&attribute, &class);
        }
    }
    themed
}

/// The rules that colour the classes, for a chart that stands alone and for the page. Dark only on a
/// screen: what is printed stays light.
pub(crate) fn style_sheet() -> String {
    let rules = |pick: fn((u32, u32)) -> u32| {
        let mut rules = String::new();
        for ink in Ink::all() {
            let colour = pick(ink.light_and_dark());
            let class = ink.class();
            let _ = write!(
                rules,
                ".lab-fill-{class}{{fill:#{colour:06X}}}.lab-stroke-{class}{{stroke:#{colour:06X}}}"
            );
        }
        rules
    };
    format!(
        "{}@media screen and (prefers-color-scheme:dark){{{}}}",
        rules(|(light, _)| light),
        rules(|(_, dark)| dark)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_colour_of_its_own_in_light_and_in_dark() {
        let mut light: Vec<_> = Ink::all().map(|ink| ink.light_and_dark().0).collect();
        let mut dark: Vec<_> = Ink::all().map(|ink| ink.light_and_dark().1).collect();
        let roles = light.len();
        light.sort_unstable();
        light.dedup();
        dark.sort_unstable();
        dark.dedup();
        assert_eq!((light.len(), dark.len()), (roles, roles));
    }

    #[test]
    fn a_colour_attribute_gets_its_class_and_stays() {
        let themed = with_classes("<rect fill=\"#0072B2\" stroke=\"none\"/>");
        assert_eq!(
            themed,
            "<rect class=\"lab-fill-0\" fill=\"#0072B2\" stroke=\"none\"/>"
        );
    }
}
