//! The macros of the surface.

/// Spawns a goroutine: `go!{ … }`. Comes back with its [`Goroutine`](crate::Goroutine).
///
/// The body shares the [handles](trait@crate::Handle) that it uses: channels, groups, `Arc`s, and what
/// derives `Handle`. Everything else moves into it, or is copied, as into an `async move` block. An
/// assignment to such a copy is refused, because nobody outside would see it.
///
/// The body's value is what [`Goroutine::Wait`](crate::Goroutine::Wait) gives. If it is a future, the
/// goroutine awaits it: `go!{ f(c) }` means the same for a plain function, for a
/// [`#[go_fn]`](macro@crate::go_fn) and for an `async fn`.
///
/// ```
/// use goish::prelude::*;
///
/// let c = chan!(string);
/// let g = go!{
///     c.Send("ping".into());
///     42
/// };
/// assert_eq!(c.Recv(), ("ping".into(), true));
/// assert_eq!(g.Wait(), Ok(42));
/// ```
///
/// Names in lower case are taken for variables. A static or a constant that has such a name is
/// reached by its path, as in `self::jobs`; and `self` itself stays what it is, so share a field of
/// it first: `let jobs = self.jobs.clone();`. What only a macro names that goish does not know moves.
#[macro_export]
macro_rules! go {
    ($($body:tt)*) => { $crate::__macros::go! { ($crate) $($body)* } };
}

/// Waits for one of several channel operations, chosen at random among those that can proceed.
///
/// ```
/// use goish::prelude::*;
///
/// let numbers = chan!(int, 1);
/// let out = chan!(int);
/// numbers.Send(1);
/// let got = select! {
///     recv(numbers) |n, ok| => {
///         assert!(ok);
///         n
///     }
///     send(out, 2) => 0,
///     default => -1,
/// };
/// assert_eq!(got, 1);
/// ```
///
/// Arms may be written as in Go, too: `case value, ok := <-channel:`, `case place = <-channel:`,
/// `case <-channel:`, `case channel <- value:` and `default:`, each with the statements of its body
/// up to the next arm. In them `break` without a label leaves the loop around the `select!`, as it
/// does everywhere in Rust.
///
/// ```
/// use goish::prelude::*;
///
/// let (numbers, quit) = (chan!(int, 1), chan!(()));
/// numbers.Send(20);
/// select! {
/// case n, ok := <-numbers:
///     assert!(ok);
///     println!("{n}");
/// case <-quit:
///     return;
/// default:
///     println!("nothing yet");
/// }
/// ```
///
/// In Rust's form an arm is `recv(channel) |value, ok| => …` (with `|value|` or no names at all, too),
/// `send(channel, value) => …` or `default => …`. The channels and the values are evaluated once,
/// in the order of the source. A nil channel's arm is never chosen. `select!{}` blocks for ever.
/// The arms' bodies are ordinary code: they may leave a loop or return, and have a value.
///
/// # Panics
///
/// With `send on closed channel`, when it chooses a send on a closed channel.
#[macro_export]
macro_rules! select {
    ($($arms:tt)*) => { $crate::__macros::select! { ($crate) $($arms)* } };
}

/// Iterates as Go's `range` does: `for v in range!(channel) {}` receives until the channel is
/// closed and drained. See [`Range`](trait@crate::Range) for what else can be ranged over.
#[macro_export]
macro_rules! range {
    ($($over:tt)*) => { $crate::__macros::range! { ($crate) $($over)* } };
}

/// Makes a channel: `chan!(int)` is a rendezvous, `chan!(int, 10)` buffers ten values.
///
/// # Panics
///
/// When the capacity is negative.
#[macro_export]
macro_rules! chan {
    ($element:ty $(,)?) => {
        $crate::Chan::<$element>::new(0)
    };
    ($element:ty, $capacity:expr $(,)?) => {
        $crate::Chan::<$element>::new($capacity)
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "write `chan!(int)` for a rendezvous or `chan!(int, 10)` for a buffer of ten"
        )
    };
}

/// Closes a channel: `close!(c)`. See [`Chan::Close`](crate::Chan::Close).
#[macro_export]
macro_rules! close {
    ($channel:expr $(,)?) => {
        $channel.Close()
    };
    ($($other:tt)*) => {
        ::core::compile_error!("write `close!(channel)`, with one channel")
    };
}

/// Runs its body when the block around it is left, on whatever way: its end, `return`, `?`, `break`,
/// a panic. What was deferred last runs first.
///
/// Go defers to the end of the function, `defer!` to the end of the block. The body borrows what it
/// uses until then. An operation in it blocks, and hands the goroutine's worker on; a call of a
/// [`#[go_fn]`](macro@crate::go_fn) function is waited for.
///
/// ```
/// use goish::prelude::*;
///
/// let wg = sync::WaitGroup::new();
/// let c = chan!(string, 2);
/// wg.Add(1);
/// go! {
///     defer! { wg.Done(); }
///     defer! { c.Send("last".into()); }
///     if c.Cap() > 0 {
///         c.Send("first".into());
///         return;
///     }
/// };
/// wg.Wait();
/// assert_eq!((c.Recv().0, c.Recv().0), ("first".into(), "last".into()));
/// ```
///
/// # Panics
///
/// Where its body does. When that happens while another panic unwinds, Rust ends the program.
#[macro_export]
macro_rules! defer {
    ($($body:tt)*) => { $crate::__macros::defer! { ($crate) $($body)* } };
}
