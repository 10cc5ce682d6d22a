//! `golang.org/x/sync/semaphore`: so much of something, which several share.
//!
//! | Go | Rust |
//! |---|---|
//! | `sem := semaphore.NewWeighted(10)` | `let sem = semaphore::NewWeighted(10);` |
//! | `err := sem.Acquire(ctx, 3)` | `let err = sem.Acquire(&ctx, 3);` |
//! | `if sem.TryAcquire(3) { … }` | `if sem.TryAcquire(3) { … }` |
//! | `defer sem.Release(3)` | `sem.Release(3);` |
//!
//! ```
//! use goish::prelude::*;
//!
//! let ctx = context::Background();
//! let sem = semaphore::NewWeighted(10);
//! let err = sem.Acquire(&ctx, 8);
//! assert!(err == nil);
//! assert!(!sem.TryAcquire(3));
//! if sem.TryAcquire(2) {
//!     sem.Release(2);
//! }
//!
//! let (ctx, _cancel) = context::WithTimeout(&ctx, time::Millisecond);
//! let err = sem.Acquire(&ctx, 3);
//! assert!(err == context::DeadlineExceeded);
//! sem.Release(8);
//! ```

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use crate::chan::Chan;
use crate::context::Context;
use crate::errors::{error, nil};
use crate::types::int64;
use crate::{block, coop};

/// A semaphore with that much to acquire.
pub fn NewWeighted(n: int64) -> Weighted {
    Weighted(Arc::new(Mutex::new(State {
        size: n,
        held: 0,
        line: BTreeMap::new(),
        next: 0,
    })))
}

/// Go's `semaphore.Weighted`: so much of something, of which each takes as much as it needs. Clones
/// are the same semaphore.
///
/// Whoever has to wait is served in the order of arrival. Somebody who needs much is not overtaken
/// by those who need little: all who come later wait behind.
#[derive(Clone)]
pub struct Weighted(Arc<Mutex<State>>);

struct State {
    size: int64,
    held: int64,
    /// Who waits, in the order of arrival.
    line: BTreeMap<u64, Waiter>,
    next: u64,
}

struct Waiter {
    n: int64,
    /// Closed when it has been served.
    served: Chan<()>,
}

impl Weighted {
    /// Takes `n`, and waits for that until so much is there and nobody is in line before. In the
    /// body of `go!` it suspends the goroutine. Nil then. If the context ends before, it takes
    /// nothing, and gives the context's error; if that has ended already, it does so in any case.
    ///
    /// Who asks for more than there can be waits for the context's end, and holds up nobody else.
    #[track_caller]
    pub fn Acquire(&self, ctx: impl Borrow<Context>, n: int64) -> error {
        block::on(self.acquire(ctx.borrow(), n))
    }

    /// Takes `n` if so much is there and nobody waits, and says whether it did.
    pub fn TryAcquire(&self, n: int64) -> bool {
        let acquired = self.state().try_acquire(n);
        coop::did_not_block();
        acquired
    }

    /// Gives `n` back.
    ///
    /// # Panics
    ///
    /// With `semaphore: released more than held`.
    #[track_caller]
    pub fn Release(&self, n: int64) {
        let mut state = self.state();
        let is_held = n <= state.held;
        let served = if is_held {
            state.give_back(n)
        } else {
            Vec::new()
        };
        drop(state);
        assert!(is_held, "semaphore: released more than held");
        tell(served);
    }

    /// As [`Acquire`](Weighted::Acquire).
    ///
    /// Cancel safety: dropping it before it completes gives up its place in the line, and gives back
    /// what it was given.
    pub async fn acquire(&self, ctx: &Context, n: int64) -> error {
        coop::proceed().await;
        let err = ctx.Err();
        if err != nil {
            return err;
        }
        match self.arrive(n) {
            Arrival::Acquired => nil,
            Arrival::Never => {
                ctx.Done().recv().await;
                ctx.Err()
            }
            Arrival::InLine(place) => {
                either(&place.served, &ctx.Done()).await;
                let err = ctx.Err();
                if err == nil {
                    place.keep();
                }
                err
            }
        }
    }

    fn arrive(&self, n: int64) -> Arrival {
        let mut state = self.state();
        if state.try_acquire(n) {
            return Arrival::Acquired;
        }
        if n > state.size {
            return Arrival::Never;
        }
        let number = state.next;
        state.next += 1;
        let served = Chan::new(0);
        let waiter = Waiter {
            n,
            served: served.clone(),
        };
        state.line.insert(number, waiter);
        Arrival::InLine(Place {
            semaphore: self.clone(),
            number,
            n,
            served,
            is_kept: false,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Arrival {
    Acquired,
    InLine(Place),
    /// There cannot be so much.
    Never,
}

impl State {
    fn has(&self, n: int64) -> bool {
        self.size - self.held >= n
    }

    fn try_acquire(&mut self, n: int64) -> bool {
        let is_possible = self.has(n) && self.line.is_empty();
        if is_possible {
            self.held += n;
        }
        is_possible
    }

    #[must_use = "who was served has to be told"]
    fn give_back(&mut self, n: int64) -> Vec<Waiter> {
        self.held -= n;
        self.serve()
    }

    /// Serves those who wait, as far as there is enough for the first of them.
    #[must_use = "who was served has to be told"]
    fn serve(&mut self) -> Vec<Waiter> {
        let mut served = Vec::new();
        while let Some((_, first)) = self.line.first_key_value()
            && self.has(first.n)
            && let Some((_, first)) = self.line.pop_first()
        {
            self.held += first.n;
            served.push(first);
        }
        served
    }

    /// Whoever has this place goes.
    #[must_use = "who was served has to be told"]
    fn leave(&mut self, place: &Place) -> Vec<Waiter> {
        match self.line.remove(&place.number) {
            // Those behind may need less.
            Some(_) => self.serve(),
            None => self.give_back(place.n),
        }
    }
}

fn tell(served: Vec<Waiter>) {
    for waiter in served {
        waiter.served.Close();
    }
}

/// A place in the line, or what was given to who had it. It is given up when this is dropped.
struct Place {
    semaphore: Weighted,
    number: u64,
    n: int64,
    served: Chan<()>,
    is_kept: bool,
}

impl Place {
    /// Keeps what was given.
    fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_kept {
            let served = self.semaphore.state().leave(self);
            tell(served);
        }
    }
}

/// Waits until one of them is closed.
async fn either(one: &Chan<()>, other: &Chan<()>) {
    let (mut one, mut other) = (pin!(one.recv()), pin!(other.recv()));
    poll_fn(|context| {
        if one.as_mut().poll(context).is_ready() || other.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
}

impl fmt::Debug for Weighted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Weighted")
            .field("size", &state.size)
            .field("held", &state.held)
            .field("waiting", &state.line.len())
            .finish()
    }
}
