//! What an error is a handle to, and what is found in there.
//!
//! A handle is one of Rust's errors too. It stands wherever an `error` is wrapped, so whoever walks
//! along the sources of an error of Rust's comes to the handles among them, and goes on by their
//! rules.

use std::error::Error;
use std::fmt;
use std::io;
use std::ptr;
use std::sync::Arc;

use super::error;
use super::wrapping::Wrapping;

type Root = Arc<dyn Error + Send + Sync>;

#[derive(Clone, Default)]
pub(super) enum Handle {
    #[default]
    Nil,
    Constant(&'static Constant),
    Shared(Root),
    /// The source of the source, and so on so many times, of an error of Rust's.
    Source(Root, usize),
}

/// The error of a `const` or a `static`. Its place is what it is known by.
#[doc(hidden)]
#[derive(Debug)]
pub struct Constant {
    text: &'static str,
}

impl Constant {
    pub const fn new(text: &'static str) -> Self {
        Self { text }
    }
}

/// One that another has for its source.
enum Wrapped<'a> {
    /// It goes on by itself.
    Handle(&'a Handle),
    /// One of Rust's, and how deep it is.
    Std(usize, &'a (dyn Error + 'static)),
}

impl Handle {
    pub(super) fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// Whether this is `target`, or wraps it somewhere.
    pub(super) fn is(&self, target: &Self) -> bool {
        self == target
            || self.joined().iter().any(|err| err.handle().is(target))
            || self.sources().any(|source| match source {
                Wrapped::Handle(handle) => handle.is(target),
                Wrapped::Std(depth, _) => self.at(depth).is_some_and(|source| source == *target),
            })
    }

    /// The first error of this type, depth first.
    pub(super) fn find<E: Error + 'static>(&self) -> Option<&E> {
        if let Some(found) = self.value().and_then(|value| value.downcast_ref()) {
            return Some(found);
        }
        let mut joined = self.joined().iter();
        joined.find_map(|err| err.handle().find()).or_else(|| {
            self.sources().find_map(|source| match source {
                Wrapped::Handle(handle) => handle.find(),
                Wrapped::Std(_, std) => std.downcast_ref(),
            })
        })
    }

    /// What this wraps, if that is one.
    pub(super) fn unwrapped(&self) -> Self {
        match self.sources().next() {
            Some(Wrapped::Handle(handle)) => handle.clone(),
            Some(Wrapped::Std(depth, _)) => self.at(depth).unwrap_or_default(),
            None => Self::Nil,
        }
    }

    /// The errors that are joined in this one; none if it has one source, or none.
    fn joined(&self) -> &[error] {
        let wrapping = self.value().and_then(|value| value.downcast_ref());
        wrapping.map_or(&[], Wrapping::joined)
    }

    /// The error of Rust's that this is; none if it is nil or a constant.
    fn value(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Nil | Self::Constant(_) => None,
            Self::Shared(root) => Some(&**root),
            Self::Source(root, depth) => {
                let mut value: &(dyn Error + 'static) = &**root;
                for _ in 0..*depth {
                    value = source_of(value)?;
                }
                Some(value)
            }
        }
    }

    /// The error of Rust's at this depth under the root.
    fn at(&self, depth: usize) -> Option<Self> {
        match self {
            Self::Shared(root) | Self::Source(root, _) => Some(Self::Source(root.clone(), depth)),
            Self::Nil | Self::Constant(_) => None,
        }
    }

    /// The sources, one beneath the other, as far as a handle among them.
    fn sources(&self) -> impl Iterator<Item = Wrapped<'_>> {
        let depth = match self {
            Self::Source(_, depth) => *depth,
            _ => 0,
        };
        let mut next = self.value().and_then(source_of);
        (depth + 1..).map_while(move |depth| {
            let std = next.take()?;
            if let Some(handle) = std.downcast_ref() {
                return Some(Wrapped::Handle(handle));
            }
            next = source_of(std);
            Some(Wrapped::Std(depth, std))
        })
    }
}

/// The source of an error. One of `io` does not name the error that it was made of, but that one's
/// source: here it does.
fn source_of<'a>(std: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match std.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(made_of) => Some(made_of),
        None => std.source(),
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Constant(ours), Self::Constant(theirs)) => ptr::eq(*ours, *theirs),
            (Self::Shared(ours), Self::Shared(theirs)) => Arc::ptr_eq(ours, theirs),
            (Self::Source(ours, depth), Self::Source(theirs, at)) => {
                depth == at && Arc::ptr_eq(ours, theirs)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.pad("<nil>"),
            Self::Constant(constant) => f.pad(constant.text),
            Self::Shared(_) | Self::Source(..) => match self.value() {
                Some(value) => fmt::Display::fmt(value, f),
                None => f.pad("an error that has no source any more"),
            },
        }
    }
}

/// The text: what `unwrap` and `assert_eq!` print is for people.
impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Handle {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.value().and_then(source_of)
    }
}
