//! Errors that goish makes: a text, and what it wraps.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::error;
use super::handle::Handle;

/// A text, and what it tells of.
#[derive(Debug)]
pub(super) struct Wrapping {
    text: String,
    wrapped: Wrapped,
}

/// None of these is nil.
#[derive(Debug)]
pub(crate) enum Wrapped {
    Nothing,
    One(error),
    /// Side by side.
    Joined(Vec<error>),
}

impl Wrapping {
    /// The errors that are side by side in it.
    pub(super) fn joined(&self) -> &[error] {
        match &self.wrapped {
            Wrapped::Joined(errors) => errors,
            Wrapped::Nothing | Wrapped::One(_) => &[],
        }
    }
}

/// An error of this text.
pub(crate) fn wrapping(text: String, wrapped: Wrapped) -> error {
    error::of(Handle::Shared(Arc::new(Wrapping { text, wrapped })))
}

impl fmt::Display for Wrapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Error for Wrapping {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.wrapped {
            Wrapped::One(err) => err.as_std(),
            Wrapped::Nothing | Wrapped::Joined(_) => None,
        }
    }
}
