//! Values of every shape, each of which must be dropped exactly once.

use std::cell::RefCell;

thread_local! {
    /// How often each [`Element`] of this thread was dropped, by its number.
    static DROPS: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// A value whose drops are counted.
pub(crate) trait Element: Send + 'static {
    /// Makes one; the tally has just been told of its number.
    fn numbered(number: usize) -> Self;
    /// Its number, if it has room for one.
    fn number(&self) -> Option<usize>;
}

/// Makes a value, and comes back with its number.
pub(crate) fn make<V: Element>() -> (V, usize) {
    let number = DROPS.with_borrow_mut(|drops| {
        drops.push(0);
        drops.len() - 1
    });
    (V::numbered(number), number)
}

/// Whether this is the value of that number, as far as it can tell.
pub(crate) fn is<V: Element>(value: &V, number: usize) -> bool {
    value.number().is_none_or(|own| own == number)
}

/// Checks that every value of this thread was dropped exactly once, and starts anew.
pub(crate) fn assert_each_dropped_once<V: Element>(what: impl FnOnce() -> String) {
    let drops = DROPS.with_borrow_mut(std::mem::take);
    let right = match V::numbered(0).number() {
        Some(_) => drops.iter().all(|&drops| drops == 1),
        None => drops.iter().sum::<u32>() as usize == drops.len(),
    };
    DROPS.with_borrow_mut(Vec::clear);
    assert!(right, "{}: dropped {drops:?} times", what());
}

fn dropped(number: usize) {
    DROPS.with_borrow_mut(|drops| {
        if let Some(drops) = drops.get_mut(number) {
            *drops += 1;
        }
    });
}

/// An ordinary value.
pub(crate) struct Plain(usize);

impl Element for Plain {
    fn numbered(number: usize) -> Self {
        Self(number)
    }
    fn number(&self) -> Option<usize> {
        Some(self.0)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        dropped(self.0);
    }
}

/// A value that must lie at an address that is a multiple of 64.
#[repr(align(64))]
pub(crate) struct Aligned(usize);

impl Element for Aligned {
    fn numbered(number: usize) -> Self {
        Self(number)
    }
    fn number(&self) -> Option<usize> {
        Some(self.0)
    }
}

impl Drop for Aligned {
    fn drop(&mut self) {
        assert_eq!(std::ptr::from_ref(self).addr() % 64, 0);
        dropped(self.0);
    }
}

/// A value without a size.
pub(crate) struct Nothing;

impl Element for Nothing {
    fn numbered(_number: usize) -> Self {
        Self
    }
    fn number(&self) -> Option<usize> {
        None
    }
}

impl Drop for Nothing {
    fn drop(&mut self) {
        dropped(0);
    }
}
