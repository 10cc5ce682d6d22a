//! Figures, not promises. One at a time, and on Linux, whose `/proc` says how much is resident:
//!
//! `cargo test --release -p goish-scheduler --lib slab::tests::measure -- --ignored --nocapture --test-threads 1`

use std::fs;
use std::hint::black_box;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Handle, collect, flush};
use crate::native::slab::Heap;

/// The goroutines, and the size of a cell.
const MANY: usize = 1_000_000;
const SIZE: usize = 104;

fn heap() -> &'static Heap {
    Box::leak(Box::new(Heap::new()))
}

/// Resident bytes.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Page faults so far.
fn faults() -> usize {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap();
    fields.split_whitespace().nth(7).unwrap().parse().unwrap()
}

fn each(time: Duration) -> f64 {
    time.as_nanos() as f64 / MANY as f64
}

/// As a spawn does: a write into each of the cell's lines.
fn touch(cell: Handle) {
    for at in [0, 64] {
        // SAFETY: the cell is larger than that.
        unsafe { cell.0.add(at).cast::<u64>().write(black_box(7)) };
    }
}

#[test]
#[ignore = "prints figures"]
fn a_million_parked_and_ended() {
    let heap = heap();
    let mut cells = vec![Handle(std::ptr::NonNull::dangling()); MANY];
    for round in 0..3 {
        let (before, faults_before, start) = (resident(), faults(), Instant::now());
        for cell in &mut cells {
            *cell = Handle::of(heap, SIZE);
            touch(*cell);
        }
        let (allocated, parked, faulted) = (start.elapsed(), resident(), faults() - faults_before);
        // Mostly in order, as queues are, yet not quite.
        let start = Instant::now();
        for part in cells.chunks(300_000) {
            for first in 0..3 {
                part.iter()
                    .skip(first)
                    .step_by(3)
                    .for_each(|cell| cell.free(heap));
            }
        }
        let freed = start.elapsed();
        println!(
            "round {round}: allocate {:.1} ns, {:.1} bytes each, {faulted} faults; free {:.1} ns; resident {:.1} MiB before, {:.1} after",
            each(allocated),
            (parked - before) as f64 / MANY as f64,
            each(freed),
            before as f64 / f64::from(1 << 20),
            resident() as f64 / f64::from(1 << 20),
        );
    }
}

/// One allocates, another frees, and at most some thousands are alive.
#[test]
#[ignore = "prints figures"]
fn born_here_ended_there() {
    let (owner, other) = (heap(), heap());
    for round in 0..3 {
        let (sender, receiver) = mpsc::sync_channel::<Vec<Handle>>(64);
        let (faults_before, start) = (faults(), Instant::now());
        let there = thread::spawn(move || {
            for cells in receiver {
                for cell in cells {
                    touch(cell);
                    cell.free(other);
                }
            }
            flush(other);
        });
        for _ in 0..MANY / 100 {
            let cells = (0..100).map(|_| {
                let cell = Handle::of(owner, SIZE);
                touch(cell);
                cell
            });
            sender.send(cells.collect()).unwrap();
        }
        drop(sender);
        there.join().unwrap();
        let time = start.elapsed();
        collect(owner);
        println!(
            "round {round}: {:.1} ns, {} faults, resident {:.1} MiB",
            each(time),
            faults() - faults_before,
            resident() as f64 / f64::from(1 << 20),
        );
    }
}

/// A million are parked here and end there: all of them wander back at once.
#[test]
#[ignore = "prints figures"]
fn a_million_ended_elsewhere() {
    let (owner, other) = (heap(), heap());
    for round in 0..3 {
        let cells: Vec<_> = (0..MANY).map(|_| Handle::of(owner, SIZE)).collect();
        cells.iter().for_each(|cell| touch(*cell));
        let start = Instant::now();
        let there = thread::spawn(move || {
            cells.iter().for_each(|cell| cell.free(other));
            flush(other);
        });
        there.join().unwrap();
        let freed = start.elapsed();
        let start = Instant::now();
        collect(owner);
        println!(
            "round {round}: free {:.1} ns, collect {:.1} ns, resident {:.1} MiB",
            each(freed),
            each(start.elapsed()),
            resident() as f64 / f64::from(1 << 20),
        );
    }
}

/// The same cell over and over.
#[test]
#[ignore = "prints figures"]
fn one_after_another() {
    let heap = heap();
    let start = Instant::now();
    for _ in 0..100 * MANY {
        let cell = Handle::of(heap, SIZE);
        black_box(cell).free(heap);
    }
    println!("allocate and free: {:.2} ns", each(start.elapsed()) / 100.0);
    let start = Instant::now();
    for _ in 0..100 * MANY {
        drop(black_box(Box::new([black_box(0u8); SIZE])));
    }
    println!("malloc and free: {:.2} ns", each(start.elapsed()) / 100.0);
}

/// A few of a million stay: what they keep, and whether the system makes huge pages whole again.
#[test]
#[ignore = "prints figures"]
fn one_in_twenty_thousand_stays() {
    let heap = heap();
    let cells: Vec<_> = (0..MANY).map(|_| Handle::of(heap, SIZE)).collect();
    cells.iter().for_each(|cell| touch(*cell));
    let parked = resident();
    for (index, cell) in cells.iter().enumerate() {
        if index % 20_000 != 10_000 {
            cell.free(heap);
        }
    }
    let mebibytes = |bytes| bytes as f64 / f64::from(1 << 20);
    println!("parked: {:.1} MiB", mebibytes(parked));
    for _ in 0..4 {
        println!("resident: {:.1} MiB", mebibytes(resident()));
        thread::sleep(Duration::from_secs(15));
    }
}
