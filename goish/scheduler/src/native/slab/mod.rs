//! The memory of goroutines' cells.
//!
//! A goroutine is born on one worker and often ends on another, there are millions of them of a few
//! sizes, and when they have ended their memory has to be there for something else. So each worker
//! has a [`Heap`]: chunks of 64 KiB, each with cells of one size, found from a cell by masking its
//! address. A cell comes from the list of freed ones of the class's current chunk, or from its part
//! that was never used; either is a handful of instructions, without a lock and without an atomic
//! operation. Who frees another worker's cell collects up to 64 of them before it gives them back
//! ([`remote`]). A chunk that is empty goes to a reserve that all share ([`reserve`]).
//!
//! One cell in use keeps its chunk. So a heap goes on with the fullest of its chunks that have room,
//! and leaves the others to become empty.
//!
//! # What bounds it
//!
//! Fresh memory: the system clears each page, and a fault for each costs more than everything else.
//! Measured on two cores with a million cells of 104 bytes, parked and then ended, three rounds in a
//! process, three processes of each kind in turn: an allocation and its first writes took 59 to 79 ns
//! with pages of 4 KiB (70 to 144 in the first round), and 18 to 27 with huge ones; resident were
//! 112.4 and 113.5 bytes a cell. So regions ask for huge pages, though not the first four, where a huge
//! page would weigh. There a chunk's pages are asked for in one call from the second chunk of a
//! class on: 54 ns in place of 64 (medians of 15 processes), and 112.6 bytes.
//!
//! A region that gives memory back asks for small pages again. Otherwise the system makes its huge
//! pages whole, empty parts included: with 50 of a million goroutines left, 31 MiB resident became
//! 88 within 45 seconds, and stayed 31 with that call. `tests/measure.rs` has these and more.
//!
//! # Invariants
//!
//! 1. At any time a heap has at most one owner, who alone touches what is not [`remote::Remote`] of
//!    it, and the owner's part of its chunks' headers. Who becomes the owner has synchronized with
//!    who was it before.
//! 2. A heap that has handed out a cell stays where it is until the process ends. A chunk belongs to
//!    the heap in its header from before its first cell is handed out until all of them are free and
//!    back; until then its header is there to be read.
//! 3. A cell is held by exactly one: who was handed it, then who freed it, then, once pushed, the
//!    stack of its heap, then the heap's owner, in a chunk's list. Who passes it on releases, and who
//!    takes it acquires what was done to it.
//! 4. Memory is in a heap or in the reserve, and in the reserve it is nobody's: a chunk leaves it
//!    under its lock, and a region only when all of its chunks are there.
//! 5. A cell's pointer may be used for all of its chunk: it is made from the region's by offsets
//!    alone. So who frees a cell passes the pointer that it was handed.

mod remote;

#[cfg(not(goish_loom))]
mod chunk;
#[cfg(not(goish_loom))]
mod heap;
#[cfg(not(goish_loom))]
mod reserve;
#[cfg(not(goish_loom))]
mod system;
#[cfg(all(test, not(goish_loom)))]
mod tests;

#[cfg(goish_loom)]
pub(in crate::native) use remote::{Chain, Link, Remote};

#[cfg(not(goish_loom))]
pub(crate) use heap::{Heap, free_from_outside};

/// The sizes of cells are multiples of this, and so are their addresses.
const STEP: usize = 16;
const CLASSES: usize = 128;

/// The size of the largest cell. What is larger, or aligned to more than 16 bytes, is the global
/// allocator's.
pub(crate) const LARGEST: usize = CLASSES * STEP;
