//! Numbers as a reader wants them: three significant digits and a unit of a fitting size.

use goish_results::statistics::Ratio;

/// A measured value with its unit and three significant digits, for example `1.30 µs`.
///
/// `ns` grows to µs, ms and s, `bytes` to kB, MB and GB (steps of 1000), `x` is written as a factor;
/// any other unit is written behind the number as it is.
pub(crate) fn quantity(value: f64, unit: &str) -> String {
    in_unit(value, unit, digits)
}

/// The label of a tick: a quantity without the zeros at its end, for example `10 µs`.
pub(crate) fn tick(value: f64, unit: &str) -> String {
    in_unit(value, unit, short_digits)
}

fn in_unit(value: f64, unit: &str, digits: fn(f64) -> String) -> String {
    if !value.is_finite() {
        return "not a number".to_owned();
    }
    match unit {
        "ns" => scaled(value, &["ns", "µs", "ms", "s"], digits),
        "bytes" => scaled(value, &["B", "kB", "MB", "GB", "TB"], digits),
        "x" => format!("{}×", digits(value)),
        _ => format!("{} {unit}", digits(value)),
    }
}

/// A median with its interval, for example `1.28 µs (1.21 µs – 1.33 µs)`.
pub(crate) fn with_interval(median: f64, lo: Option<f64>, hi: Option<f64>, unit: &str) -> String {
    match (lo, hi) {
        (Some(lo), Some(hi)) => format!("{} ({})", quantity(median, unit), range(lo, hi, unit)),
        _ => quantity(median, unit),
    }
}

/// An interval, for example `1.21 µs – 1.33 µs`.
pub(crate) fn range(lo: f64, hi: f64, unit: &str) -> String {
    format!("{} – {}", quantity(lo, unit), quantity(hi, unit))
}

/// A ratio with its interval, for example `1.42× (1.38× – 1.47×)`.
pub(crate) fn ratio(ratio: &Ratio) -> String {
    with_interval(ratio.median, Some(ratio.lo), Some(ratio.hi), "x")
}

/// A whole number with its thousands separated, for example `1,000,000`.
pub(crate) fn grouped(number: u64) -> String {
    let plain = number.to_string();
    let mut grouped = String::with_capacity(plain.len() + plain.len() / 3);
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count in few characters, for an axis: `1k`, `100k`, `1M`.
pub(crate) fn short_count(number: f64) -> String {
    match number {
        n if n >= 1e9 => format!("{}G", short_digits(n / 1e9)),
        n if n >= 1e6 => format!("{}M", short_digits(n / 1e6)),
        n if n >= 1e3 => format!("{}k", short_digits(n / 1e3)),
        n => short_digits(n),
    }
}

/// `1 sample`, `2 samples`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    let number = grouped(count as u64);
    if count == 1 {
        format!("{number} {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<S: AsRef<str>>(parts: &[S]) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    match parts.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A sentence: the text with a capital at its head and one full stop at its end.
pub(crate) fn sentence(text: &str) -> String {
    let ended = ended(text);
    let mut characters = ended.chars();
    match characters.next() {
        Some(first) => format!("{}{}", first.to_uppercase(), characters.as_str()),
        None => String::new(),
    }
}

/// The text with one full stop at its end.
pub(crate) fn ended(text: &str) -> String {
    format!("{}.", text.trim().trim_end_matches('.'))
}

fn scaled(value: f64, units: &[&str], digits: fn(f64) -> String) -> String {
    let mut size = 0;
    let mut value = value;
    // 999.5 would be written as 1000 of the smaller unit.
    while value.abs() >= 999.5 && size + 1 < units.len() {
        value /= 1000.0;
        size += 1;
    }
    format!("{} {}", digits(value), units[size])
}

/// Three significant digits.
pub(crate) fn digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // The exponent after rounding: 999.6 has three digits before the point, and is written as 1000.
    let scientific = format!("{value:.2e}");
    let exponent = scientific
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    match exponent {
        Some(exponent @ -4..15) => {
            let decimals = usize::try_from(2 - exponent).unwrap_or(0);
            format!("{value:.decimals$}")
        }
        _ => scientific,
    }
}

/// At most three significant digits, none of them a zero at the end.
fn short_digits(value: f64) -> String {
    let text = digits(value);
    if !text.contains('.') || text.contains('e') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_take_a_fitting_unit() {
        assert_eq!(quantity(0.0, "ns"), "0 ns");
        assert_eq!(quantity(999.4, "ns"), "999 ns");
        assert_eq!(quantity(999.6, "ns"), "1.00 µs");
        assert_eq!(tick(1_000.0, "ns"), "1 µs");
        assert_eq!(quantity(26_430.0, "ns"), "26.4 µs");
        assert_eq!(quantity(3.2e12, "ns"), "3200 s");
        assert_eq!(quantity(1280.0, "bytes"), "1.28 kB");
        assert_eq!(quantity(98.3, "x"), "98.3×");
        assert_eq!(quantity(0.97, "share"), "0.970 share");
        assert_eq!(quantity(f64::NAN, "ns"), "not a number");
        assert_eq!(quantity(1e300, "apples"), "1.00e300 apples");
    }

    #[test]
    fn counts_and_lists_read_as_words() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(12), "12");
        assert_eq!(short_count(1e6), "1M");
        assert_eq!(counted(1, "sample"), "1 sample");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(sentence("it stopped."), "It stopped.");
    }
}
