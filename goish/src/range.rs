//! What Go's `range` ranges over.

use std::collections::{BTreeMap, HashMap, btree_map, hash_map};
use std::iter::Enumerate;
use std::marker::Send;
use std::rc::Rc;
use std::slice;
use std::str::CharIndices;
use std::sync::Arc;

use goish_engines::Engine;

use crate::__rt::RangeIterator;
use crate::chan::{Chan, Recv, RecvChan};

/// What `range!` can range over, by reference:
///
/// | what | gives |
/// |---|---|
/// | a `Chan`, a `RecvChan` | its values, until it is closed and drained |
/// | a slice, an array, a `Vec` | `(index, &value)` |
/// | a `HashMap`, a `BTreeMap` | `(&key, &value)` |
/// | a `str`, a `String` | `(index of the first byte, rune)` |
/// | an integer `n` | 0 to `n - 1` |
#[diagnostic::on_unimplemented(
    message = "range! cannot range over `{Self}`",
    label = "neither a channel to receive from nor a slice, a map, a string or an integer",
    note = "for any other iterator write `for x in iterator`"
)]
pub trait Range {
    /// The iterator, and what it gives.
    type Iter<'a>: RangeIterator
    where
        Self: 'a;
    /// The iterator from the start.
    fn range(&self) -> Self::Iter<'_>;
}

/// The values of a channel.
#[derive(Debug)]
pub struct Values<'a, T: Send, E: Engine>(&'a Chan<T, E>);

impl<'a, T: Send, E: Engine> Values<'a, T, E> {
    pub(crate) fn next(&self) -> Recv<'a, T, E> {
        self.0.recv()
    }
}

impl<T: Send, E: Engine> Iterator for Values<'_, T, E> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.receive()
    }
}

impl<T: Send, E: Engine> Range for Chan<T, E> {
    type Iter<'a>
        = Values<'a, T, E>
    where
        Self: 'a;
    fn range(&self) -> Values<'_, T, E> {
        Values(self)
    }
}

impl<T: Send, E: Engine> Range for RecvChan<T, E> {
    type Iter<'a>
        = Values<'a, T, E>
    where
        Self: 'a;
    fn range(&self) -> Values<'_, T, E> {
        Values(self.chan())
    }
}

/// An iterator that waits for nobody.
#[derive(Clone, Debug)]
pub struct Ready<I>(I);

impl<I: Iterator> Iterator for Ready<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<'r, R: Range + ?Sized> Range for &'r R {
    type Iter<'a>
        = R::Iter<'r>
    where
        Self: 'a;
    fn range(&self) -> R::Iter<'r> {
        (**self).range()
    }
}

macro_rules! see_through {
    ($($pointer:ty)*) => {$(
        impl<R: Range + ?Sized> Range for $pointer {
            type Iter<'a>
                = R::Iter<'a>
            where
                Self: 'a;
            fn range(&self) -> R::Iter<'_> {
                (**self).range()
            }
        }
    )*};
}

see_through! { &mut R  Arc<R>  Box<R>  Rc<R> }

/// Iterators that wait for nobody.
macro_rules! ready {
    ($([$($generics:tt)*] $over:ty => $iterator:ty, |$all:ident| $make:expr;)*) => {$(
        impl<$($generics)*> Range for $over {
            type Iter<'a>
                = Ready<$iterator>
            where
                Self: 'a;
            fn range(&self) -> Self::Iter<'_> {
                let $all = self;
                Ready($make)
            }
        }
    )*};
}

ready! {
    [T] [T] => Enumerate<slice::Iter<'a, T>>, |all| all.iter().enumerate();
    [T, const N: usize] [T; N] => Enumerate<slice::Iter<'a, T>>, |all| all.iter().enumerate();
    [T] Vec<T> => Enumerate<slice::Iter<'a, T>>, |all| all.iter().enumerate();
    [K, V, S] HashMap<K, V, S> => hash_map::Iter<'a, K, V>, |all| all.iter();
    [K, V] BTreeMap<K, V> => btree_map::Iter<'a, K, V>, |all| all.iter();
    [] str => CharIndices<'a>, |all| all.char_indices();
    [] String => CharIndices<'a>, |all| all.char_indices();
}

macro_rules! count {
    ($($number:ty)*) => {
        ready! { $([] $number => std::ops::Range<$number>, |n| 0..*n;)* }
    };
}

count! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }
