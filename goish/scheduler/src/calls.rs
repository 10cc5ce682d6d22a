//! Where plain functions block, and how often.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::panic::Location;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A line of a plain function at which goroutines blocked, and handed their workers on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockingCall {
    /// The source file.
    pub file: &'static str,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// How often.
    pub count: u64,
}

/// The places, by address: a table of lists that only grow, so that looking one up takes no lock.
/// A program has as many as its text has calls.
static PLACES: [OnceLock<&'static Place>; BUCKETS] = [const { OnceLock::new() }; BUCKETS];

const BUCKETS: usize = 256;

struct Place {
    location: &'static Location<'static>,
    count: AtomicU64,
    next: OnceLock<&'static Place>,
}

/// Counts a call at this place.
pub(crate) fn count(location: &'static Location<'static>) {
    let address = ptr::from_ref(location).addr();
    let mut link = &PLACES[(address / align_of::<Location<'_>>()) % BUCKETS];
    loop {
        let place = *link.get_or_init(|| {
            Box::leak(Box::new(Place {
                location,
                count: AtomicU64::new(0),
                next: OnceLock::new(),
            }))
        });
        if ptr::eq(place.location, location) {
            place.count.fetch_add(1, Ordering::Relaxed);
            return;
        }
        link = &place.next;
    }
}

/// Every line that blocked so far, the most frequent first.
pub(crate) fn calls() -> Vec<BlockingCall> {
    // The compiler may hold one place at several addresses.
    let mut calls = BTreeMap::new();
    for mut link in &PLACES {
        while let Some(place) = link.get() {
            let at = place.location;
            *calls
                .entry((at.file(), at.line(), at.column()))
                .or_default() += place.count.load(Ordering::Relaxed);
            link = &place.next;
        }
    }
    let calls = calls.into_iter();
    let mut calls: Vec<_> = calls
        .map(|((file, line, column), count)| BlockingCall {
            file,
            line,
            column,
            count,
        })
        .collect();
    calls.sort_by_key(|call| Reverse(call.count));
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_place_also_by_several_threads() {
        #[track_caller]
        fn call() {
            count(Location::caller());
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        call();
                    }
                    // More places than buckets have lists of several.
                    (0..1).for_each(|_| call());
                });
            }
        });
        let here: Vec<_> = calls()
            .into_iter()
            .filter(|call| call.file == file!())
            .map(|call| call.count)
            .collect();
        assert_eq!(here, [4000, 4]);
    }
}
