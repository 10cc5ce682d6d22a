//! The variables that a body takes from outside.
//!
//! A macro sees names and no scopes but the body's own. So the body is walked as the compiler
//! resolves names: what a `let`, a pattern, a parameter or an item of the body declares is its own,
//! and the rest of its names in lower case are taken for variables of the function around it. A
//! static or a constant has a name in capitals, as Rust wants it.

use proc_macro2::Ident;

mod format;
mod macros;
mod walk;

pub(crate) use walk::of_body;

/// A variable that the body takes from outside.
pub(crate) struct Variable {
    /// The first place that names it.
    pub(crate) name: Ident,
    /// Everything that is done with it.
    pub(crate) uses: Uses,
}

/// What is done with a variable.
#[derive(Clone, Copy, Default)]
pub(crate) struct Uses {
    /// It is taken itself: then Rust moves all of it into the body.
    pub(crate) whole: bool,
    /// A field of it is taken: then Rust moves that field alone.
    pub(crate) in_part: bool,
    /// It is called: a function, or a closure, and no handle.
    pub(crate) called: bool,
    /// It may be changed.
    pub(crate) changed: bool,
}

impl Uses {
    fn add(&mut self, more: Self) {
        self.whole |= more.whole;
        self.in_part |= more.in_part;
        self.called |= more.called;
        self.changed |= more.changed;
    }
}

/// What a body takes from outside.
#[derive(Default)]
pub(crate) struct Outer {
    variables: Vec<Variable>,
    /// Names that an item inside the body uses: of items, then, because it cannot use variables.
    items: Vec<String>,
    has_items: bool,
}

impl Outer {
    /// The variables that move into the body as a whole, in the order in which they are named.
    pub(crate) fn whole(&self) -> Vec<&Variable> {
        self.with(|uses| uses.whole && !uses.called)
    }

    /// The variables of which only fields move into the body.
    pub(crate) fn in_part(&self) -> Vec<&Variable> {
        self.with(|uses| uses.in_part && !uses.whole && !uses.called)
    }

    fn with(&self, filter: impl Fn(Uses) -> bool) -> Vec<&Variable> {
        let is_item = |variable: &Variable| self.items.iter().any(|item| variable.name == item);
        let wanted = |variable: &&Variable| filter(variable.uses) && !is_item(variable);
        self.variables.iter().filter(wanted).collect()
    }

    /// Whether the body declares anything that must not be there twice.
    pub(crate) fn has_items(&self) -> bool {
        self.has_items
    }
}
