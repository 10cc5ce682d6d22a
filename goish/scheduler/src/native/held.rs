//! What held workers: written down when a worker that was replaced steps back.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::scheduler::{Held, HeldWorker};

type Counts = BTreeMap<(&'static str, Held), u64>;

static COUNTS: Mutex<Counts> = Mutex::new(BTreeMap::new());

/// Counts one, by what goroutines of its kind are called. It is rare: it takes milliseconds to come to it.
pub(super) fn count(name: &'static str, held: Held) {
    let what = body_of(name);
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry((what, held)).or_default() += 1;
}

/// All of them, the most frequent first.
pub(super) fn all() -> Vec<HeldWorker> {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all: Vec<_> = counts
        .iter()
        .map(|(&(what, held), &count)| HeldWorker { what, held, count })
        .collect();
    all.sort_by_key(|held| std::cmp::Reverse(held.count));
    all
}

/// Without the type that every body is wrapped in.
fn body_of(name: &'static str) -> &'static str {
    let inner = name
        .split_once("Body<")
        .and_then(|(_, inner)| inner.strip_suffix('>'));
    inner.unwrap_or(name)
}
