//! The memory of timers' wakers: numbered slots in chunks, so that a number is found without a
//! search, no slot moves, and a peak's memory is given back although some of its timers stay.

use std::fmt;
use std::task::Waker;

/// How many slots a chunk has: a bit for each fits into a word.
const CHUNK: u32 = u64::BITS;

/// The wakers, by number.
#[derive(Default)]
pub(super) struct Slots {
    /// A slot's chunk is its number divided by [`CHUNK`]; `None` was given back.
    chunks: Vec<Option<Box<Chunk>>>,
    /// The chunks that have a vacant slot or were given back, each once.
    roomy: Vec<u32>,
    /// A chunk of which every slot is vacant, for whichever number needs one next: so that a timer
    /// that comes and goes alone costs no allocation.
    spare: Option<Box<Chunk>>,
}

struct Chunk {
    /// A bit for each vacant slot.
    vacant: u64,
    slots: [Slot; CHUNK as usize],
}

struct Slot {
    /// Of the timer that has it, or had it last.
    stamp: u64,
    waker: Option<Waker>,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self::default()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        (self.chunks.iter().flatten().count() + self.spare.iter().count()) * CHUNK as usize
    }

    /// Occupies a vacant slot.
    pub(super) fn insert(&mut self, stamp: u64, waker: Waker) -> u32 {
        let number = match self.roomy.last() {
            Some(&number) => number,
            None => self.add_chunk(),
        };
        let place = &mut self.chunks[number as usize];
        let chunk = match place {
            Some(chunk) => chunk,
            None => place.insert(self.spare.take().unwrap_or_else(Chunk::new)),
        };
        let bit = chunk.vacant.trailing_zeros();
        chunk.vacant &= chunk.vacant - 1;
        chunk.slots[bit as usize] = Slot {
            stamp,
            waker: Some(waker),
        };
        if chunk.vacant == 0 {
            self.roomy.pop();
        }
        number * CHUNK + bit
    }

    /// The place of a live timer's waker.
    #[inline]
    pub(super) fn find(&mut self, slot: u32, stamp: u64) -> Option<&mut Option<Waker>> {
        let chunk = self.chunks.get_mut((slot / CHUNK) as usize)?.as_mut()?;
        let slot = &mut chunk.slots[(slot % CHUNK) as usize];
        (slot.stamp == stamp && slot.waker.is_some()).then_some(&mut slot.waker)
    }

    /// Whether an occupied slot has a waker.
    #[inline]
    pub(super) fn is_live(&self, slot: u32) -> bool {
        let chunk = self.chunks[(slot / CHUNK) as usize].as_ref();
        chunk.is_some_and(|chunk| chunk.slots[(slot % CHUNK) as usize].waker.is_some())
    }

    /// Vacates an occupied slot.
    pub(super) fn vacate(&mut self, slot: u32) -> Option<Waker> {
        let number = slot / CHUNK;
        let place = &mut self.chunks[number as usize];
        let chunk = place.as_mut()?;
        let waker = chunk.slots[(slot % CHUNK) as usize].waker.take();
        if chunk.vacant == 0 {
            self.roomy.push(number);
        }
        chunk.vacant |= 1 << (slot % CHUNK);
        if chunk.vacant == u64::MAX {
            self.spare = place.take();
        }
        waker
    }

    /// The number of a new chunk, which has no memory yet.
    #[cold]
    fn add_chunk(&mut self) -> u32 {
        let number = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        assert!(number < u32::MAX / CHUNK, "more than 4 billion timers");
        self.chunks.push(None);
        self.roomy.push(number);
        number
    }
}

impl Chunk {
    #[cold]
    fn new() -> Box<Self> {
        Box::new(Self {
            vacant: u64::MAX,
            slots: [const {
                Slot {
                    stamp: 0,
                    waker: None,
                }
            }; CHUNK as usize],
        })
    }
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots")
            .field("chunks", &self.chunks.iter().flatten().count())
            .finish_non_exhaustive()
    }
}
