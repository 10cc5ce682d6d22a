//! Assignments in a goroutine's body to what it took from outside.
//!
//! A variable that has moved cannot be used outside any more, so nobody expects to see there what was
//! assigned. One whose type is `Copy` can: such an assignment is refused.

use std::marker::PhantomData;
use std::ops::Deref;

/// A variable of type `V`, of which something of type `T` is assigned to.
pub struct Changed<V, T>(PhantomData<fn() -> (V, T)>);

impl<V, T> Changed<V, T> {
    pub fn new(_: &V, _: &T) -> Self {
        Self(PhantomData)
    }
}

/// What is assigned to is the goroutine's own, and the variable outside has its value still.
pub struct Copied<T>(PhantomData<fn() -> T>);

impl<T> Copied<T> {
    pub fn is_seen_by_others(&self)
    where
        T: SeenByOthers,
    {
    }
}

/// It has moved, or is somewhere else.
pub struct Moved;

impl Moved {
    pub fn is_seen_by_others(&self) {}
}

/// No type: what a goroutine assigns to its own copy, nobody sees.
#[diagnostic::on_unimplemented(
    message = "this changes the goroutine's own copy: the variable outside keeps its value",
    label = "`go!` took a copy of this `{Self}`",
    note = "to hand the new value out, send it over a channel, or share an `Arc<sync::Mutex<{Self}>>` \
            or an `Arc` of an atomic",
    note = "to give the goroutine a variable of its own, say so in its body: `let mut n = n;`"
)]
pub trait SeenByOthers {}

/// Found for what a box or a reference leads to: it is no part of the variable.
pub trait PickPointed {
    fn own(&self) -> Moved {
        Moved
    }
}

impl<V: Deref, T> PickPointed for &Changed<V, T> {}

/// Found for copies.
pub trait PickCopy {
    type Of;
    fn own(&self) -> Copied<Self::Of> {
        Copied(PhantomData)
    }
}

impl<V, T: Copy> PickCopy for &&Changed<V, T> {
    type Of = T;
}

/// Found for what moves.
pub trait PickMoved {
    fn own(&self) -> Moved {
        Moved
    }
}

impl<V, T> PickMoved for Changed<V, T> {}
