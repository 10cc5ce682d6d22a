//! What a goroutine takes with it, told apart by type: handles are shared, everything else moves.

use std::convert::Infallible;
use std::marker::PhantomData;

use crate::handle::Handle;

/// The types of variables: each adds its own to those before.
pub struct Types<T>(PhantomData<fn(T) -> T>);

impl Types<()> {
    #[expect(clippy::new_without_default, reason = "for generated code alone")]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Types<T> {
    pub fn unknown() -> Self {
        Self(PhantomData)
    }

    pub fn are(&self, _: Self) {}

    pub fn and<V>(self, _: &V) -> Types<(T, V)> {
        Types(PhantomData)
    }
}

/// A goroutine's body, which takes variables of those types.
#[inline(always)]
pub fn starting<T, F: FnOnce(T) -> R, R>(_: Types<T>, body: F) -> F {
    body
}

/// A variable that a goroutine's body uses.
pub struct Captured<'a, T>(pub &'a T);

/// It does not move: what would move it is never reached, which the compiler sees.
pub struct Stays(Infallible);

impl Stays {
    pub fn goes(&self) -> Infallible {
        self.0
    }

    pub fn stays(&self) -> ! {
        match self.0 {}
    }
}

/// It moves.
pub struct Goes;

impl Goes {
    pub fn goes(&self) {}

    pub fn stays(&self) -> ! {
        unreachable!("what is no handle was shared as one")
    }
}

/// Found for handles.
pub trait ShareHandle {
    type Handle;
    fn share(&self) -> Result<Self::Handle, Stays>;
}

impl<T: Handle> ShareHandle for Captured<'_, T> {
    type Handle = T;
    #[inline]
    fn share(&self) -> Result<T, Stays> {
        Ok(self.0.share())
    }
}

/// Found for everything else.
pub trait MoveOther {
    type Other;
    fn share(&self) -> Result<Self::Other, Goes>;
}

impl<T> MoveOther for &Captured<'_, T> {
    type Other = T;
    #[inline]
    fn share(&self) -> Result<T, Goes> {
        Err(Goes)
    }
}

/// Types that are handles, all of them.
pub trait Handles {}

impl Handles for () {}
impl<P: Handles, V: Handle> Handles for (P, V) {}

/// They are. That they are not is never reached, which the compiler sees.
pub struct All;

impl All {
    pub fn are_handles(&self) -> bool {
        true
    }

    pub fn are(&self) {}

    pub fn are_not(&self) -> Infallible {
        unreachable!("handles were moved")
    }
}

/// They are not.
pub struct NotAll;

impl NotAll {
    pub fn are_handles(&self) -> bool {
        false
    }

    pub fn are(&self) -> Infallible {
        unreachable!("what is no handle was shared as one")
    }

    pub fn are_not(&self) {}
}

/// Found where all are handles.
pub trait AllHandles {
    fn handles(&self) -> All {
        All
    }
}

impl<T: Handles> AllHandles for Types<T> {}

/// Found where some are not.
pub trait NotAllHandles {
    fn handles(&self) -> NotAll {
        NotAll
    }
}

impl<T> NotAllHandles for &Types<T> {}
