//! Cells freed by others come back to their owner: each once, and with all that was done to it.

use std::ptr::NonNull;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use super::explore;
use crate::native::slab::{Chain, Link, Remote};

/// A cell, of which loom sees who touches it when: as a link while it is free, as a goroutine while
/// it is not.
#[repr(C)]
struct Cell {
    link: Link,
    content: UnsafeCell<u32>,
}

/// A cell's pointer, as it goes from thread to thread.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Handle(NonNull<Cell>);

// SAFETY: loom watches what the threads do with it.
unsafe impl Send for Handle {}

impl Handle {
    fn new() -> Self {
        Self(NonNull::from(Box::leak(Box::new(Cell {
            link: Link::new(),
            content: UnsafeCell::new(0),
        }))))
    }

    fn link(self) -> NonNull<Link> {
        self.0.cast()
    }

    /// What a goroutine does with its cell. Whoever does so while another does is found out.
    fn add(self, value: u32) {
        // SAFETY: the cell is freed at the end of the model.
        unsafe {
            let content = &self.0.as_ref().content;
            content.with_mut(|content| *content += value);
        }
    }

    fn destroy(self) -> u32 {
        // SAFETY: the model has ended, and each cell was in one place.
        let cell = unsafe { Box::from_raw(self.0.as_ptr()) };
        cell.content.with(|content| {
            // SAFETY: the cell is the caller's.
            unsafe { *content }
        })
    }
}

/// The owner's list of free cells, and those that it has handed out again.
struct Owner {
    free: Option<NonNull<Link>>,
    used: Vec<Handle>,
}

impl Owner {
    fn new() -> Self {
        Self {
            free: None,
            used: Vec::new(),
        }
    }

    fn collect(&mut self, remote: &Remote) {
        let mut rest = remote.take();
        while let Some(cell) = rest {
            // SAFETY: the owner holds what it has taken.
            unsafe {
                rest = Link::next(cell);
                Link::set_next(cell, self.free);
            }
            self.free = Some(cell);
        }
    }

    fn allocate(&mut self) {
        if let Some(cell) = self.free {
            // SAFETY: the owner holds what is in its list.
            self.free = unsafe { Link::next(cell) };
            let cell = Handle(cell.cast());
            cell.add(100);
            self.used.push(cell);
        }
    }

    /// Every cell is here once, was freed by whom it was given to, and then used again.
    fn finish(mut self, remote: &Remote, cells: &[Handle]) {
        self.collect(remote);
        (0..=cells.len()).for_each(|_| self.allocate());
        assert_eq!(
            self.used.len(),
            cells.len(),
            "cells are lost, or there twice"
        );
        for cell in cells {
            assert!(self.used.contains(cell), "a cell is lost");
            assert_eq!(cell.destroy(), 101, "a cell was handed out twice");
        }
    }
}

/// Uses a cell for the last time and frees it as a thread without a heap does.
fn free_alone(cell: Handle, remote: &Remote) {
    cell.add(1);
    // SAFETY: the cell is the caller's, and all are of one heap.
    unsafe { remote.push(cell.link(), cell.link()) };
}

/// The same for a thread with a heap.
fn free_together(cells: &[Handle], remote: &Remote) {
    let mut chain = Chain::new();
    for cell in cells {
        cell.add(1);
        // SAFETY: as above.
        unsafe { chain.add(cell.link()) };
    }
    // SAFETY: as above.
    unsafe { chain.hand_over(remote) };
}

/// Two free what the owner handed out, one of them a chain, while the owner collects and allocates.
#[test]
fn no_cell_is_lost_or_handed_out_twice() {
    explore(|| {
        let remote = Arc::new(Remote::new());
        let cells = [Handle::new(), Handle::new(), Handle::new()];
        let (first, second) = (remote.clone(), remote.clone());
        let alone = thread::spawn(move || free_alone({ cells }[0], &first));
        let together = thread::spawn(move || free_together(&{ cells }[1..], &second));
        let mut owner = Owner::new();
        owner.collect(&remote);
        owner.allocate();
        owner.collect(&remote);
        owner.allocate();
        alone.join().unwrap();
        together.join().unwrap();
        owner.finish(&remote, &cells);
    });
}

/// A cell that was collected and handed out again comes back a second time, by another way.
#[test]
fn a_cell_comes_back_again_and_again() {
    explore(|| {
        let remote = Arc::new(Remote::new());
        let (cell, other) = (Handle::new(), Handle::new());
        let (first, second) = (remote.clone(), remote.clone());
        let freeing = thread::spawn(move || free_together(&[cell], &first));
        let another = thread::spawn(move || free_together(&[other], &second));
        let mut owner = Owner::new();
        owner.collect(&remote);
        owner.allocate();
        // What the owner got it frees from outside, as if its goroutine had wandered.
        let mut again = 0;
        if let Some(cell) = owner.used.pop() {
            // SAFETY: the cell is the owner's.
            unsafe { remote.push(cell.link(), cell.link()) };
            again = 1;
        }
        owner.collect(&remote);
        freeing.join().unwrap();
        another.join().unwrap();
        owner.collect(&remote);
        (0..3).for_each(|_| owner.allocate());
        assert_eq!(owner.used.len(), 2, "cells are lost, or there twice");
        assert!(owner.used.contains(&cell) && owner.used.contains(&other));
        assert_eq!(cell.destroy() + other.destroy(), 202 + 100 * again);
    });
}
