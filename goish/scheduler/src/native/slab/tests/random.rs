//! Any sequence of calls, against a model that knows which bytes are whose.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Handle, collect, flush, heap, reserve};
use crate::native::slab::LARGEST;

const HEAPS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    /// So many cells of a size.
    Allocate(usize, usize, usize),
    /// Frees some of the cells in use, with a heap or without.
    Free(Option<usize>, usize, usize),
    Flush(usize),
    Collect(usize),
}

fn step() -> impl Strategy<Value = Step> {
    // Few sizes, so that there are often several cells of one.
    let size = prop_oneof![
        Just(1),
        Just(16),
        Just(104),
        Just(1024),
        1..=LARGEST,
        Just(LARGEST)
    ];
    let many = if cfg!(miri) { 1..40usize } else { 1..1500 };
    prop_oneof![
        4 => (0..HEAPS, size, many.clone()).prop_map(|(heap, size, count)| Step::Allocate(heap, size, count)),
        4 => (prop::option::weighted(0.8, 0..HEAPS), any::<usize>(), many)
            .prop_map(|(heap, seed, count)| Step::Free(heap, seed, count)),
        1 => (0..HEAPS).prop_map(Step::Flush),
        1 => (0..HEAPS).prop_map(Step::Collect),
    ]
}

/// By address: what is in use, its size, and what was written into it.
type Used = BTreeMap<Handle, (usize, u64)>;

fn is_apart(used: &Used, cell: Handle, size: usize) -> bool {
    let ends_before = |(one, size): (Handle, usize), next: Handle| {
        one.0.addr().get() + size <= next.0.addr().get()
    };
    let before = used.range(..cell).next_back();
    let after = used.range(cell..).next();
    before.is_none_or(|(&before, &(size, _))| ends_before((before, size), cell))
        && after.is_none_or(|(&after, _)| ends_before((cell, size), after))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 5 } else if cfg!(debug_assertions) { 20 } else { 200 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn cells_in_use_never_overlap(steps in prop::collection::vec(step(), 1..60), keep in 0..80usize) {
        let reserve = reserve(keep);
        let heaps: [_; HEAPS] = std::array::from_fn(|_| heap(reserve));
        let mut used = Used::new();
        let mut seed = 0;
        for step in steps {
            match step {
                Step::Allocate(index, size, count) => for _ in 0..count {
                    let cell = Handle::of(heaps[index], size);
                    prop_assert!(is_apart(&used, cell, size));
                    seed += 1;
                    cell.fill(size, seed);
                    used.insert(cell, (size, seed));
                },
                Step::Free(index, from, count) => for turn in 0..count.min(used.len()) {
                    // Runs of neighbours, with gaps.
                    let first = *used.keys().next().expect("some are in use");
                    let from = Handle(first.0.map_addr(|address| {
                        address.saturating_add(from.wrapping_mul(turn / 50 + 1) % (8 << 20))
                    }));
                    let cell = *used.range(from..).next().map_or(&first, |(cell, _)| cell);
                    let (size, seed) = used.remove(&cell).expect("it is in use");
                    cell.check(size, seed);
                    match index {
                        Some(index) => cell.free(heaps[index]),
                        None => cell.free_from_outside(),
                    }
                },
                Step::Flush(index) => flush(heaps[index]),
                Step::Collect(index) => collect(heaps[index]),
            }
        }
        for (cell, (size, seed)) in used {
            cell.check(size, seed);
            cell.free(heaps[seed as usize % HEAPS]);
        }
        // Once everybody has what is theirs, only the current chunk of each size is left.
        heaps.iter().for_each(|heap| flush(heap));
        heaps.iter().for_each(|heap| collect(heap));
        let current: usize = heaps.iter().map(|heap| heap.current_chunks()).sum();
        prop_assert_eq!(reserve.in_use().1, current);
    }
}
