//! The chunks that no heap has: carved out of regions, shared by all heaps.
//!
//! A chunk that comes back keeps its memory as long as the reserve is small; beyond that the memory
//! goes back to the system, a chunk at a time where the system can do that, and a region as a whole
//! once all of it is back. Chunks are given out from the lowest address on, so that what is in use
//! draws together and the regions above get empty.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::chunk::CHUNK;
use super::system::{ALIGNMENT, Advice, CAN_DISCARD, advise};

/// What is asked of the global allocator at a time.
const REGION: usize = CHUNKS * CHUNK;
/// How many chunks are in a region: as many as a word has bits.
const CHUNKS: usize = u64::BITS as usize;
const LAYOUT: Layout =
    match Layout::from_size_align(REGION, if ALIGNMENT > CHUNK { ALIGNMENT } else { CHUNK }) {
        Ok(layout) => layout,
        Err(_) => panic!("a region has a size"),
    };
/// From how many regions on new ones have huge pages. A huge page is resident as a whole, though
/// goroutines may need little of it: then that is at most an eighth of what they have already.
const BEFORE_HUGE: usize = 4;

/// The reserve of all heaps.
pub(super) static SHARED: Reserve = Reserve::new(256);

pub(super) struct Reserve {
    /// How many chunks keep their memory.
    keep: usize,
    state: Mutex<State>,
}

struct State {
    /// By address.
    regions: BTreeMap<usize, Region>,
    /// The regions that have spare chunks, and those of them with memory.
    spare: BTreeSet<usize>,
    resident: BTreeSet<usize>,
    spare_chunks: usize,
    resident_chunks: usize,
}

/// One bit for each chunk.
struct Region {
    memory: NonNull<u8>,
    spare: u64,
    /// Those spare ones that have memory.
    resident: u64,
    huge: bool,
}

// SAFETY: a region is memory, and the pointer is its only owner (invariant 4).
unsafe impl Send for Region {}

/// A chunk's worth of memory.
pub(super) struct Memory {
    pub(super) at: NonNull<u8>,
    /// Whether the system has given pages for it.
    pub(super) resident: bool,
}

impl Reserve {
    pub(super) const fn new(keep: usize) -> Self {
        Self {
            keep,
            state: Mutex::new(State {
                regions: BTreeMap::new(),
                spare: BTreeSet::new(),
                resident: BTreeSet::new(),
                spare_chunks: 0,
                resident_chunks: 0,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many regions there are, and how many chunks of them are given out.
    #[cfg(test)]
    pub(super) fn in_use(&self) -> (usize, usize) {
        let state = self.lock();
        let regions = state.regions.len();
        (regions, regions * CHUNKS - state.spare_chunks)
    }

    /// A chunk, with memory if there is one such.
    pub(super) fn take(&self) -> Memory {
        let huge = {
            let mut state = self.lock();
            if let Some(memory) = state.take() {
                return memory;
            }
            state.regions.len() >= BEFORE_HUGE
        };
        // SAFETY: the size is not zero.
        let region = unsafe { alloc(LAYOUT) };
        let Some(region) = NonNull::new(region) else {
            handle_alloc_error(LAYOUT);
        };
        if huge {
            // SAFETY: the region was just allocated.
            unsafe { advise(region, REGION, Advice::Huge) };
        }
        let mut state = self.lock();
        state.add(region, huge);
        state.take().expect("a region was just added")
    }

    /// Takes a chunk back.
    ///
    /// # Safety
    ///
    /// It is one that [`Reserve::take`] has given out, and nothing in it is in use any more.
    pub(super) unsafe fn give(&self, chunk: NonNull<u8>) {
        // SAFETY: promised by the caller.
        let resident = !unsafe { self.discard(chunk) };
        let empty = self.lock().give(chunk.addr().get(), resident, self.keep);
        if let Some(region) = empty {
            // SAFETY: it was allocated with this layout, every chunk of it is back, and it has left
            // the map, so nobody can take one (invariant 4).
            unsafe {
                // Some allocators keep what they are given, the pages included.
                advise(region.memory, REGION, Advice::Discard);
                if region.huge {
                    advise(region.memory, REGION, Advice::Small);
                }
                dealloc(region.memory.as_ptr(), LAYOUT);
            }
        }
    }

    /// Gives a chunk's memory back if the reserve has enough of it, and the system takes it.
    ///
    /// # Safety
    ///
    /// As for [`Reserve::give`].
    unsafe fn discard(&self, chunk: NonNull<u8>) -> bool {
        if !CAN_DISCARD {
            return false;
        }
        // Two may look at once and both go on: `keep` is kept only nearly.
        let huge = {
            let mut state = self.lock();
            if state.resident_chunks < self.keep {
                return false;
            }
            state.make_small(chunk.addr().get())
        };
        // SAFETY: the region stays as long as this chunk is not back, and the chunk is the caller's
        // (invariant 4), who no longer needs what is in it.
        unsafe {
            if let Some(region) = huge {
                advise(region, REGION, Advice::Small);
            }
            advise(chunk, CHUNK, Advice::Discard)
        }
    }
}

impl State {
    fn add(&mut self, memory: NonNull<u8>, huge: bool) {
        let address = memory.addr().get();
        self.spare.insert(address);
        self.spare_chunks += CHUNKS;
        self.regions.insert(
            address,
            Region {
                memory,
                spare: u64::MAX,
                resident: 0,
                huge,
            },
        );
    }

    /// The region of a chunk, if it has huge pages; afterwards it has none.
    fn make_small(&mut self, chunk: usize) -> Option<NonNull<u8>> {
        let (_, region) = self.regions.range_mut(..=chunk).next_back()?;
        mem::take(&mut region.huge).then_some(region.memory)
    }

    fn take(&mut self) -> Option<Memory> {
        let (address, resident) = match self.resident.first() {
            Some(&address) => (address, true),
            None => (*self.spare.first()?, false),
        };
        let region = self.regions.get_mut(&address)?;
        let chunks = if resident {
            region.resident
        } else {
            region.spare
        };
        let index = chunks.trailing_zeros() as usize;
        region.spare &= !(1 << index);
        self.spare_chunks -= 1;
        if region.spare == 0 {
            self.spare.remove(&address);
        }
        if resident {
            region.resident &= !(1 << index);
            self.resident_chunks -= 1;
            if region.resident == 0 {
                self.resident.remove(&address);
            }
        }
        // SAFETY: the index is below the number of chunks in a region.
        let at = unsafe { region.memory.add(index * CHUNK) };
        Some(Memory { at, resident })
    }

    /// Returns a region that has left the reserve, for it is empty and the others are enough.
    fn give(&mut self, chunk: usize, resident: bool, keep: usize) -> Option<Region> {
        let (&address, region) = self.regions.range_mut(..=chunk).next_back()?;
        let bit = 1 << ((chunk - address) / CHUNK);
        debug_assert!(region.spare & bit == 0, "a chunk comes back twice");
        region.spare |= bit;
        self.spare_chunks += 1;
        self.spare.insert(address);
        if resident {
            region.resident |= bit;
            self.resident_chunks += 1;
            self.resident.insert(address);
        }
        if region.spare != u64::MAX || self.spare_chunks < keep + CHUNKS {
            return None;
        }
        let region = self.regions.remove(&address)?;
        self.spare.remove(&address);
        self.resident.remove(&address);
        self.spare_chunks -= CHUNKS;
        self.resident_chunks -= region.resident.count_ones() as usize;
        Some(region)
    }
}
