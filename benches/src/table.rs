//! Figures as text: lined-up columns for a terminal.

use std::io::{self, Write};

/// A value with its unit, to three digits that say something.
pub(crate) fn value(value: f64, unit: &str) -> String {
    match unit {
        "ns" => scaled(value, 1000.0, &["ns", "µs", "ms", "s"]),
        "bytes" => scaled(value, 1024.0, &["B", "KiB", "MiB", "GiB"]),
        "x" => format!("{}x", digits(value)),
        _ => format!("{value:.3} {unit}"),
    }
}

/// How many times worse than the best.
pub(crate) fn ratio(ratio: f64) -> String {
    format!("{ratio:.2}x")
}

fn scaled(mut value: f64, step: f64, units: &[&str]) -> String {
    let mut units = units.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    while value.abs() >= step {
        let Some(larger) = units.next() else { break };
        value /= step;
        unit = larger;
    }
    format!("{} {unit}", digits(value))
}

fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Writes rows with every column but the last as wide as its widest cell.
///
/// # Errors
///
/// Those of the writer.
pub(crate) fn write(out: &mut impl Write, rows: &[Vec<String>]) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_in_the_unit_that_fits() {
        assert_eq!(value(12.345, "ns"), "12.3 ns");
        assert_eq!(value(25_400.0, "ns"), "25.4 µs");
        assert_eq!(value(768.0, "bytes"), "768 B");
        assert_eq!(value(2_304.0, "bytes"), "2.25 KiB");
        assert_eq!(value(96.15, "x"), "96.2x");
        assert_eq!(value(0.875, "share"), "0.875 share");
    }

    #[test]
    fn columns_line_up() {
        let row = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect();
        let mut out = Vec::new();
        write(&mut out, &[row(&["a", "b"]), row(&["long", "c"])]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a     b\nlong  c\n");
    }
}
