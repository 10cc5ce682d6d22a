//! Variables that a format string names: `{n}`, `{n:?}`, `{:width$.precision$}`.

use proc_macro2::{Ident, Span};

/// The names in a format string, which stand at the string.
pub(crate) fn names(text: &str, span: Span) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let Some(end) = rest.find('}') else {
            break;
        };
        placeholder(&rest[..end], span, &mut names);
        rest = &rest[end + 1..];
    }
    names
}

/// `name:fill align width$.precision$kind`.
fn placeholder(text: &str, span: Span, names: &mut Vec<Ident>) {
    let (argument, layout) = text.split_once(':').unwrap_or((text, ""));
    names.extend(name(argument.trim(), span));
    let mut counts = layout.split('$').collect::<Vec<_>>();
    counts.pop();
    for count in counts {
        let start = count.rfind(|c: char| !is_part_of_a_name(c));
        let start = start.map_or(0, |at| {
            at + count[at..].chars().next().map_or(1, char::len_utf8)
        });
        names.extend(name(&count[start..], span));
    }
}

fn is_part_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn name(text: &str, span: Span) -> Option<Ident> {
    let mut name: Ident = syn::parse_str(text).ok()?;
    name.set_span(span);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let names = names(text, Span::call_site());
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_of_every_form_of_placeholder() {
        assert_eq!(of("{n} and {m:?}"), ["n", "m"]);
        assert_eq!(
            of("{:width$.precision$} {v:>w$}"),
            ["width", "precision", "v", "w"]
        );
        assert_eq!(of("{v:-^1$} {0} {} {:.*} {v:é<w$}"), ["v", "v", "w"]);
    }

    #[test]
    fn no_names_in_escapes_and_in_what_is_no_format() {
        assert_eq!(of("{{n}} {{ {{"), [""; 0]);
        assert_eq!(of("{ } {not closed"), [""; 0]);
        assert_eq!(of("{fn} {a b}"), [""; 0]);
    }
}
