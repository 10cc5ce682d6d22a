//! Where a channel keeps the values that nobody waits for.

use std::collections::VecDeque;

/// A first-in-first-out queue, used under the core's lock only.
pub trait Buffer<T>: Send {
    /// Whether a look at its length costs next to nothing. Then the channel shows whether an operation
    /// would wait, and a `select` with a `default` needs no lock to find nothing.
    const IS_SHOWN: bool;

    /// A queue of at most `capacity` values; 0 keeps none.
    fn bounded(capacity: usize) -> Self;
    /// A queue without a limit.
    fn unbounded() -> Self;
    /// Whether a `push` would succeed.
    fn has_room(&self) -> bool;
    /// Appends a value, or gives it back when there is no room.
    ///
    /// # Errors
    ///
    /// The value, when there is no room.
    fn push(&mut self, value: T) -> Result<(), T>;
    /// Puts back a value that was handed to a receiver which left. It is the oldest, and it finds
    /// a place even if the queue is full.
    fn push_front(&mut self, value: T);
    /// Takes the oldest value.
    fn pop(&mut self) -> Option<T>;
    /// How many values there are.
    fn len(&self) -> usize;
    /// How many values there may be; `None` without a limit.
    fn capacity(&self) -> Option<usize>;
}

/// A channel crate's own channel, through its non-blocking operations only.
pub trait Queue<T>: Send {
    /// A queue of at most `capacity` values, which is not 0.
    fn bounded(capacity: usize) -> Self;
    /// A queue without a limit.
    fn unbounded() -> Self;
    /// Whether a `push` would fail.
    fn is_full(&self) -> bool;
    /// Appends a value, or gives it back when there is no room.
    ///
    /// # Errors
    ///
    /// The value, when there is no room.
    fn push(&self, value: T) -> Result<(), T>;
    /// Takes the oldest value.
    fn pop(&self) -> Option<T>;
    /// How many values there are.
    fn len(&self) -> usize;
}

/// A [`Buffer`] that keeps its values in a channel crate's own channel.
pub struct Backed<T, Q> {
    /// `None` for a rendezvous, which buffers nothing.
    queue: Option<Q>,
    /// How many values there may be, `usize::MAX` for no limit.
    capacity: usize,
    /// Values that were put back, older than everything in the queue. Nearly always empty, and
    /// then it holds no memory.
    returned: VecDeque<T>,
}

impl<T: Send, Q: Queue<T>> Buffer<T> for Backed<T, Q> {
    // A crate's own channel may take a lock to say how long it is.
    const IS_SHOWN: bool = false;

    fn bounded(capacity: usize) -> Self {
        let queue = (capacity > 0).then(|| Q::bounded(capacity));
        Self {
            queue,
            capacity,
            returned: VecDeque::new(),
        }
    }

    fn unbounded() -> Self {
        Self {
            queue: Some(Q::unbounded()),
            capacity: usize::MAX,
            returned: VecDeque::new(),
        }
    }

    fn has_room(&self) -> bool {
        match &self.queue {
            // What was put back counts too. It is rare, so that the queue alone usually knows.
            Some(_) if !self.returned.is_empty() => self.len() < self.capacity,
            Some(queue) => !queue.is_full(),
            None => false,
        }
    }

    fn push(&mut self, value: T) -> Result<(), T> {
        match &self.queue {
            Some(queue) if self.returned.is_empty() || self.has_room() => queue.push(value),
            _ => Err(value),
        }
    }

    fn push_front(&mut self, value: T) {
        self.returned.push_front(value);
    }

    fn pop(&mut self) -> Option<T> {
        match self.returned.pop_front() {
            None => self.queue.as_ref()?.pop(),
            value => value,
        }
    }

    fn len(&self) -> usize {
        self.returned.len() + self.queue.as_ref().map_or(0, Queue::len)
    }

    fn capacity(&self) -> Option<usize> {
        (self.capacity != usize::MAX).then_some(self.capacity)
    }
}

/// A [`Buffer`] that is a ring in one allocation, made when it is first needed.
pub struct Ring<T> {
    values: VecDeque<T>,
    /// `usize::MAX` for no limit.
    capacity: usize,
}

impl<T> Ring<T> {
    /// An unlimited ring of more places than this is given back when it runs empty. Fewer are
    /// kept: they cost little, and a ring that is steadily filled and emptied does not grow anew
    /// each time.
    const KEPT: usize = 512;
}

impl<T: Send> Buffer<T> for Ring<T> {
    const IS_SHOWN: bool = true;

    fn bounded(capacity: usize) -> Self {
        Self {
            values: VecDeque::new(),
            capacity,
        }
    }

    fn unbounded() -> Self {
        Self::bounded(usize::MAX)
    }

    #[inline]
    fn has_room(&self) -> bool {
        self.values.len() < self.capacity
    }

    #[inline]
    fn push(&mut self, value: T) -> Result<(), T> {
        if !self.has_room() {
            return Err(value);
        }
        self.values.push_back(value);
        Ok(())
    }

    fn push_front(&mut self, value: T) {
        self.values.push_front(value);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        let value = self.values.pop_front()?;
        if self.values.is_empty()
            && self.values.capacity() > Self::KEPT
            && self.capacity == usize::MAX
        {
            self.values = VecDeque::new();
        }
        Some(value)
    }

    fn len(&self) -> usize {
        self.values.len()
    }

    fn capacity(&self) -> Option<usize> {
        (self.capacity != usize::MAX).then_some(self.capacity)
    }
}
