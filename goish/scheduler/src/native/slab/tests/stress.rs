//! Many threads at once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{Handle, collect, flush, heap, reserve};

const SIZES: [usize; 4] = [24, 104, 300, 2048];

/// Workers allocate, write, and pass cells on; whoever gets one finds in it what was written, and
/// frees it: a worker, a thread without a heap, or another worker that has taken over the heap.
#[test]
fn cells_wander_and_come_back() {
    const WORKERS: usize = 4;
    let rounds = if cfg!(miri) {
        20
    } else if cfg!(debug_assertions) {
        600
    } else {
        3000
    };
    let reserve = reserve(16);
    // A heap is a worker's, and moves between threads with it.
    let workers: Vec<_> = (0..WORKERS + 1)
        .map(|_| Mutex::new(heap(reserve)))
        .collect();
    let exchange = Mutex::new(Vec::<(Handle, usize, u64)>::new());
    let working = AtomicUsize::new(WORKERS);
    thread::scope(|scope| {
        let (workers, exchange, working) = (&workers, &exchange, &working);
        for id in 0..WORKERS {
            scope.spawn(move || {
                for round in 0..rounds {
                    let heap = workers[(id + round / 100) % workers.len()].lock().unwrap();
                    let mut cells: Vec<_> = (0..20)
                        .map(|index| {
                            let size = SIZES[(round / 10 + index) % SIZES.len()];
                            let seed = ((id * rounds + round) * 20 + index) as u64;
                            let cell = Handle::of(&heap, size);
                            cell.fill(size, seed);
                            (cell, size, seed)
                        })
                        .collect();
                    let (cell, size, seed) = cells.swap_remove(round % 20);
                    cell.check(size, seed);
                    cell.free(&heap);
                    let got = {
                        let mut exchange = exchange.lock().unwrap();
                        exchange.append(&mut cells);
                        let stay = exchange.len().min(round % 300 * 10);
                        exchange.split_off(stay)
                    };
                    for (cell, size, seed) in got {
                        cell.check(size, seed);
                        cell.free(&heap);
                    }
                    match round % 16 {
                        3 => flush(&heap),
                        5 => collect(&heap),
                        _ => {}
                    }
                }
                working.fetch_sub(1, Ordering::Relaxed);
            });
        }
        scope.spawn(move || {
            while working.load(Ordering::Relaxed) > 0 {
                let got = exchange.lock().unwrap().pop();
                match got {
                    Some((cell, size, seed)) => {
                        cell.check(size, seed);
                        cell.free_from_outside();
                    }
                    None => thread::yield_now(),
                }
            }
        });
    });
    for (cell, size, seed) in exchange.into_inner().unwrap() {
        cell.check(size, seed);
        cell.free_from_outside();
    }
    let heaps: Vec<_> = workers
        .iter()
        .map(|worker| worker.lock().unwrap())
        .collect();
    heaps.iter().for_each(|heap| flush(heap));
    heaps.iter().for_each(|heap| collect(heap));
    let current: usize = heaps.iter().map(|heap| heap.current_chunks()).sum();
    assert_eq!(reserve.in_use().1, current, "cells are lost");
}
