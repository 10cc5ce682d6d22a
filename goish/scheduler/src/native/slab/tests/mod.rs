//! What cells are: apart from each other, back when freed, and gone when all of a chunk are.

mod measure;
mod random;
mod stress;

use std::collections::BTreeSet;
use std::ptr::NonNull;

use super::chunk::{CHUNK, Chunk};
use super::reserve::Reserve;
use super::{Heap, LARGEST, free_from_outside};

/// A cell's pointer, as it goes from thread to thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Handle(NonNull<u8>);

// SAFETY: a cell may be freed on any thread, and who has the handle has the cell.
unsafe impl Send for Handle {}

impl Handle {
    fn of(heap: &Heap, size: usize) -> Self {
        // SAFETY: each test leaks its heaps, and uses each on one thread at a time.
        Self(unsafe { heap.allocate(size) })
    }

    fn free(self, heap: &Heap) {
        // SAFETY: as above; the handle comes from there, and the tests free each once.
        unsafe { heap.free(self.0) }
    }

    fn free_from_outside(self) {
        // SAFETY: as above.
        unsafe { free_from_outside(self.0) }
    }

    fn chunk(self) -> NonNull<Chunk> {
        Chunk::of(self.0)
    }

    /// Fills the cell with bytes that follow from the seed.
    fn fill(self, size: usize, seed: u64) {
        (0..size).for_each(|at| {
            // SAFETY: the cell is as large as was asked for.
            unsafe { self.0.add(at).write(byte(seed, at)) };
        });
    }

    fn check(self, size: usize, seed: u64) {
        (0..size).for_each(|at| {
            // SAFETY: the cell was filled.
            let found = unsafe { self.0.add(at).read() };
            assert_eq!(found, byte(seed, at), "somebody wrote into a cell");
        });
    }
}

fn byte(seed: u64, at: usize) -> u8 {
    (seed.wrapping_add(at as u64))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .to_be_bytes()[0]
}

fn reserve(keep: usize) -> &'static Reserve {
    Box::leak(Box::new(Reserve::new(keep)))
}

fn heap(reserve: &'static Reserve) -> &'static Heap {
    Box::leak(Box::new(Heap::with_reserve(reserve)))
}

fn collect(heap: &Heap) {
    // SAFETY: the tests use each heap on one thread at a time.
    unsafe { heap.collect() }
}

fn flush(heap: &Heap) {
    // SAFETY: as above.
    unsafe { heap.flush() }
}

#[test]
fn cells_of_every_size_are_aligned_and_apart() {
    let heap = heap(reserve(0));
    let mut cells: Vec<_> = (1..=LARGEST)
        .map(|size| (Handle::of(heap, size), size))
        .collect();
    for &(cell, size) in &cells {
        assert!(cell.0.addr().get().is_multiple_of(16));
        cell.fill(size, size as u64);
    }
    for &(cell, size) in &cells {
        cell.check(size, size as u64);
    }
    cells.sort();
    for pair in cells.windows(2) {
        let [(cell, size), (next, _)] = pair else {
            unreachable!()
        };
        assert!(cell.0.addr().get() + size <= next.0.addr().get());
    }
    cells.iter().for_each(|(cell, _)| cell.free(heap));
}

#[test]
fn the_cell_freed_last_is_handed_out_first() {
    let heap = heap(reserve(0));
    let (one, two) = (Handle::of(heap, 100), Handle::of(heap, 100));
    two.free(heap);
    one.free(heap);
    assert_eq!(Handle::of(heap, 100), one);
    assert_eq!(Handle::of(heap, 110), two);
}

#[test]
fn a_cell_freed_elsewhere_comes_back() {
    let reserve = reserve(0);
    let (owner, other) = (heap(reserve), heap(reserve));
    let (one, two) = (Handle::of(owner, 200), Handle::of(owner, 200));
    one.free(other);
    flush(other);
    two.free_from_outside();
    collect(owner);
    let again = BTreeSet::from([Handle::of(owner, 200), Handle::of(owner, 200)]);
    assert_eq!(again, BTreeSet::from([one, two]));
}

/// Without a flush: a chain is handed over when it is long, and taken in when a chunk is used up.
#[test]
fn cells_freed_elsewhere_come_back_by_themselves() {
    let reserve = reserve(0);
    let (owner, other) = (heap(reserve), heap(reserve));
    for _ in 0..100_000 {
        Handle::of(owner, 104).free(other);
    }
    let (_, chunks) = reserve.in_use();
    assert!(
        chunks <= 3,
        "{chunks} chunks for at most 64 cells on their way"
    );
}

/// The cells of many heaps at once, so that several share a place in which they are collected.
#[test]
fn cells_of_many_heaps_find_their_way() {
    let reserve = reserve(0);
    let heaps: Vec<_> = (0..40).map(|_| heap(reserve)).collect();
    let other = heap(reserve);
    let rounds: Vec<Vec<_>> = (0..100)
        .map(|_| heaps.iter().map(|heap| Handle::of(heap, 64)).collect())
        .collect();
    for cell in rounds.iter().flatten() {
        cell.free(other);
    }
    flush(other);
    for (index, heap) in heaps.iter().enumerate() {
        collect(heap);
        let again: BTreeSet<_> = rounds.iter().map(|_| Handle::of(heap, 64)).collect();
        assert_eq!(again, rounds.iter().map(|cells| cells[index]).collect());
    }
}

#[test]
fn empty_chunks_leave_the_heap() {
    let reserve = reserve(0);
    let heap = heap(reserve);
    for size in [16, 104, 1000, LARGEST] {
        let cells: Vec<_> = (0..20_000).map(|_| Handle::of(heap, size)).collect();
        assert!(reserve.in_use().1 > 4);
        cells.iter().for_each(|cell| cell.free(heap));
    }
    assert_eq!(reserve.in_use().1, 4, "one chunk for each size");
}

#[test]
fn a_cell_keeps_its_chunk_and_no_other() {
    let reserve = reserve(0);
    let heap = heap(reserve);
    let cells: Vec<_> = (0..50_000).map(|_| Handle::of(heap, 104)).collect();
    cells[25_000].fill(104, 1);
    for (index, cell) in cells.iter().enumerate() {
        if index != 25_000 {
            cell.free(heap);
        }
    }
    assert_eq!(reserve.in_use().1, 2);
    cells[25_000].check(104, 1);
}

#[test]
fn the_fullest_chunk_is_used_first() {
    let reserve = reserve(0);
    let heap = heap(reserve);
    let cells: Vec<_> = (0..5000).map(|_| Handle::of(heap, 104)).collect();
    let chunks: Vec<_> = cells
        .chunk_by(|one, next| one.chunk() == next.chunk())
        .collect();
    // Of the first chunk three quarters are freed, of the second one, and of the third a half.
    for (chunk, quarters) in chunks.iter().zip([3, 1, 2]) {
        let freed = chunk.len() * quarters / 4;
        chunk[..freed].iter().for_each(|cell| cell.free(heap));
    }
    // Once the last chunk is full.
    let mut next = Handle::of(heap, 104);
    while next.chunk() == cells[cells.len() - 1].chunk() {
        next = Handle::of(heap, 104);
    }
    let mut order = vec![next.chunk()];
    for _ in 0..chunks[0].len() {
        let chunk = Handle::of(heap, 104).chunk();
        if order.last() != Some(&chunk) {
            order.push(chunk);
        }
    }
    let [first, second, third] = [0, 1, 2].map(|index| chunks[index][0].chunk());
    assert_eq!(order, [second, third, first]);
}

#[test]
fn the_reserve_keeps_some_chunks_and_gives_regions_back() {
    for keep in [0, 1, 64, 100] {
        let reserve = reserve(keep);
        let taken: Vec<_> = (0..1000).map(|_| reserve.take().at).collect();
        assert_eq!(reserve.in_use(), (16, 1000));
        let all: BTreeSet<_> = taken.iter().collect();
        assert_eq!(all.len(), taken.len(), "a chunk was given out twice");
        assert!(taken.iter().all(|at| at.addr().get().is_multiple_of(CHUNK)));
        // Not in order: every region empties late.
        for first in 0..7 {
            for chunk in taken.iter().skip(first).step_by(7) {
                // SAFETY: nobody uses them.
                unsafe { reserve.give(*chunk) };
            }
        }
        let (regions, used) = reserve.in_use();
        assert_eq!(used, 0);
        assert_eq!(regions, keep.div_ceil(64));
    }
}

#[test]
fn a_region_in_use_stays() {
    let reserve = reserve(0);
    let taken: Vec<_> = (0..128).map(|_| reserve.take().at).collect();
    // SAFETY: nobody uses them.
    taken[1..]
        .iter()
        .for_each(|chunk| unsafe { reserve.give(*chunk) });
    assert_eq!(reserve.in_use(), (1, 1));
    let again: Vec<_> = (0..63).map(|_| reserve.take().at).collect();
    assert!(!again.contains(&taken[0]));
    assert_eq!(reserve.in_use(), (1, 64));
}
