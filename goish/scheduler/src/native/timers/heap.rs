//! The order of timers: a heap with four children to a node.
//!
//! Four rather than two: half as many levels, and the children of a node stand in one line of the
//! cache or two.

/// How many children a node has.
const CHILDREN: usize = 4;

/// So many entries' memory is kept whatever there is.
const RESERVE: usize = 256;

/// A timer's place in the order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) deadline: u64,
    /// Where its waker is.
    pub(super) slot: u32,
}

/// Entries, of which the one with the least deadline is at hand.
#[derive(Debug)]
pub(super) struct Heap {
    /// No entry is earlier than its parent, which stands at `(index - 1) / CHILDREN`.
    entries: Vec<Entry>,
}

impl Heap {
    pub(super) const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    /// The earliest.
    #[inline]
    pub(super) fn first(&self) -> Option<Entry> {
        self.entries.first().copied()
    }

    /// One that can be dropped without touching another.
    #[inline]
    pub(super) fn last(&self) -> Option<Entry> {
        self.entries.last().copied()
    }

    /// Drops what [`Heap::last`] says.
    #[inline]
    pub(super) fn drop_last(&mut self) {
        self.entries.pop();
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
        self.rise(self.entries.len() - 1, 0, entry);
    }

    /// Drops the earliest.
    pub(super) fn pop(&mut self) {
        let Some(last) = self.entries.pop() else {
            return;
        };
        if !self.entries.is_empty() {
            self.sink(0, last);
        }
    }

    /// Keeps the entries that are to be kept.
    pub(super) fn retain(&mut self, mut is_kept: impl FnMut(Entry) -> bool) {
        self.entries.retain(|entry| is_kept(*entry));
        let parents = self.entries.len().div_ceil(CHILDREN);
        for index in (0..parents).rev() {
            self.sink(index, self.entries[index]);
        }
    }

    /// Gives memory back if most of it is unused. What is left has room to grow to twice its size, so
    /// that a heap that shrinks and grows again does not pay each time.
    #[inline]
    pub(super) fn give_back(&mut self) {
        let length = self.entries.len().max(RESERVE);
        if self.entries.capacity() / 4 > length {
            self.entries.shrink_to(2 * length);
        }
    }

    /// Puts an entry at the index, or above it but not above `top`, where its parent is not later.
    #[inline]
    fn rise(&mut self, mut index: usize, top: usize, entry: Entry) {
        while index > top {
            let parent = (index - 1) / CHILDREN;
            if self.entries[parent].deadline <= entry.deadline {
                break;
            }
            self.entries[index] = self.entries[parent];
            index = parent;
        }
        self.entries[index] = entry;
    }

    /// Puts an entry at the index or below it, in whose place there is none. It goes to the bottom
    /// first and rises again: what is put here comes from the bottom, and seldom rises far.
    #[inline]
    fn sink(&mut self, top: usize, entry: Entry) {
        let entries = &mut self.entries[..];
        let mut index = top;
        loop {
            let first = index * CHILDREN + 1;
            let earliest = match entries.get(first..) {
                Some([a, b, c, d, ..]) => {
                    let left = usize::from(b.deadline < a.deadline);
                    let right = 2 + usize::from(d.deadline < c.deadline);
                    let is_right = entries[first + right].deadline < entries[first + left].deadline;
                    first + if is_right { right } else { left }
                }
                Some(rest) if !rest.is_empty() => {
                    let earliest = (first..entries.len()).min_by_key(|&i| entries[i].deadline);
                    earliest.unwrap_or(first)
                }
                _ => break,
            };
            entries[index] = entries[earliest];
            index = earliest;
        }
        self.rise(index, top, entry);
    }
}
