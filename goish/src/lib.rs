//! Write Rust that reads like Go: goroutines, channels, `select!`, `sync`, inside tokio.
//!
//! ```
//! use goish::prelude::*;
//!
//! fn worker(jobs: Chan<int>, results: Chan<int>) {
//!     for job in range!(jobs) {
//!         results.Send(job * job);
//!     }
//! }
//!
//! let jobs = chan!(int, 8);
//! let results = chan!(int, 8);
//! for _ in 0..4 {
//!     go!{ worker(jobs, results) };
//! }
//! for n in 1..=8 {
//!     jobs.Send(n);
//! }
//! close!(jobs);
//! let mut sum = 0;
//! for _ in 0..8 {
//!     let (square, _) = results.Recv();
//!     sum += square;
//! }
//! assert_eq!(sum, 204);
//! ```
//!
//! # Goroutines
//!
//! [`go!`] spawns its body as a goroutine and gives back a [`Goroutine`] to
//! [`Wait`](Goroutine::Wait) for. The body reads like Go: `c.Send(v)`, `c.Recv()`, `wg.Wait()`,
//! `mu.Lock()`, `time::Sleep(d)`, `for v in range!(c) {}` and `select!{}` in it suspend the
//! goroutine and leave the worker to others, also in the arguments of macros such as `println!`.
//! What is told apart by type stays the user's own: a method `Send` or `Wait` of any other type
//! runs as it always did.
//!
//! A goroutine shares the [handles](Handle) that its body uses (channels, groups, `Arc`s), and takes
//! everything else: it moves, or is copied, and then an assignment to the copy is refused. What its
//! body gives is awaited if it is a future.
//!
//! The same operations work everywhere else, too. In a closure or a plain function that a
//! goroutine calls they block, and hand the goroutine's worker on; where that happened is counted
//! by [`runtime::blocking_calls`], because a [`#[go_fn]`](macro@go_fn) would be cheaper there, whose
//! calls in a goroutine [suspend](Call) it:
//!
//! ```
//! use goish::prelude::*;
//!
//! #[go_fn]
//! fn double(from: Chan<int>, to: Chan<int>) {
//!     for n in range!(from) {
//!         to.Send(2 * n);
//!     }
//!     close!(to);
//! }
//!
//! let (from, to) = (chan!(int), chan!(int));
//! go!{ double(from, to) };
//! from.Send(21);
//! assert_eq!(to.Recv(), (42, true));
//! close!(from);
//! assert_eq!(to.Recv(), (0, false));
//! ```
//!
//! A call of the user's own that blocks, such as one of the system's, belongs into
//! [`runtime::blocking`], which hands the worker on in the same way.
//!
//! On any other thread, `main`'s among them, they block that thread, unless
//! [`#[goish::main]`](macro@main) makes `main` a goroutine. The runtime starts with the first
//! goroutine; [`runtime::GOMAXPROCS`] and the variable of that name set its workers.
//!
//! # Schedulers
//!
//! What runs goroutines is chosen as an engine is: a feature each, and among those that were built
//! at run time, by the variable `GOISH_SCHEDULER`. [`runtime::scheduler`] says which it is. `native`
//! (`scheduler-native`, the default) is goish's own; on `tokio` (`scheduler-tokio`) each goroutine is
//! a task of tokio's multi-threaded runtime.
//!
//! Either runs goroutines inside a tokio runtime, so they may use tokio's timers, its I/O,
//! `tokio::spawn` and `spawn_blocking`, and `.await` whatever they like; its handle is
//! [`runtime::handle`]. What differs is who is held up. On `native` a goroutine that computes, or
//! blocks unseen, has its worker replaced ([`runtime::held_workers`]), and [`runtime::GOMAXPROCS`]
//! works at any time; but tasks of `tokio::spawn` run one at a time, and one that blocks holds up
//! every socket. On `tokio` it is the other way round.
//!
//! # Channels
//!
//! [`chan!`]`(int)` is a rendezvous, `chan!(int, 10)` has a buffer, [`Chan::unbounded`] has no
//! limit, and [`Chan::nil`] blocks for ever. Close, nil and `select!` follow Go's rules, and panic
//! with Go's words. [`SendChan`] and [`RecvChan`] are Go's channels of one direction. Beside Go's names stand Rust's: `send(v).await`, `recv().await` and
//! `try_recv()` come back with a `Result` or an `Option`, and need no zero value of the element.
//!
//! ```
//! use goish::prelude::*;
//!
//! let values = chan!(int);
//! let quit = chan!(());
//! go!{
//!     for _ in 0..10 {
//!         println!("{}", values.Recv().0);
//!     }
//!     close!(quit);
//! };
//! let (mut x, mut y) = (0, 1);
//! loop {
//!     select! {
//!         send(values, x) => (x, y) = (y, x + y),
//!         recv(quit) => break,
//!     }
//! }
//! assert_eq!(x, 55);
//! ```
//!
//! # Engines
//!
//! A channel's implementation is an [`engine`], chosen by feature (`engine-native`, `engine-flume`
//! and so on) and, where one program has several, by type: `Chan<int, Flume>`. What
//! an engine cannot honour is refused by a panic that names the engine and the operation.

//!
//! # The allocator
//!
//! On the scheduler `native` goroutines that goroutines spawn have memory of their own, unless they
//! are large. Others, and on `tokio` all, are one allocation each, and where a program spawns by the
//! million the system's allocator is most of what that costs. The feature `mimalloc` brings another,
//! which a program takes with
//!
//! ```
//! # #[cfg(feature = "mimalloc")]
//! #[global_allocator]
//! static ALLOCATOR: goish::MiMalloc = goish::MiMalloc;
//! # fn main() {}
//! ```
//!
//! The library does not take it by itself: a program has one global allocator, and it is the
//! program's to choose. The feature needs a C compiler when it is built.

#![allow(
    non_snake_case,
    reason = "names follow Go where a Go programmer types them"
)]

// The generated code names this crate `::goish`, also inside its own tests.
extern crate self as goish;

#[doc(hidden)]
#[path = "rt/mod.rs"]
pub mod __rt;
mod call;
mod chan;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod context;
pub mod errgroup;
pub mod errors;
mod goroutine;
mod handle;
mod macros;
mod range;
pub mod runtime;
pub mod semaphore;
pub mod singleflight;
pub mod sync;
pub mod time;
pub mod types;
mod zero;

use goish_scheduler::block;

/// What an operation is, beside what it does.
mod coop {
    pub(crate) use goish_scheduler::block::did_not_block;
    pub(crate) use goish_scheduler::turn::{Sliced as Coop, proceed, yield_now};
}

pub use call::Call;
pub use chan::{Chan, Recv, RecvChan, Send, SendChan};
#[doc(hidden)]
pub use goish_macros as __macros;
pub use goish_macros::{Handle, go_fn, main};
pub use goroutine::{Goroutine, Panicked, Waiting};
pub use handle::Handle;
/// Microsoft's allocator, for programs that spawn much: see [the crate's page](crate#the-allocator).
#[cfg(feature = "mimalloc")]
pub use mimalloc::MiMalloc;
pub use range::Range;
pub use zero::Zero;

/// The channel engines of this build, and what they promise.
pub mod engine {
    pub use goish_engines::*;
}

/// What a program that reads like Go needs: `use goish::prelude::*;`.
pub mod prelude {
    pub use crate::chan::{Chan, RecvChan, SendChan};
    pub use crate::errors::{error, nil};
    pub use crate::goroutine::Goroutine;
    pub use crate::types::*;
    pub use crate::{
        chan, close, context, defer, errgroup, errors, go, go_fn, range, runtime, select,
        semaphore, singleflight, sync, time,
    };
}

/// The programs of the README.
#[cfg(all(doctest, feature = "mimalloc"))]
#[doc = include_str!("../../README.md")]
mod readme {}
