//! What a cell does on one thread, or with others in an order that is given; the models have the rest.
//! Small enough for Miri, but for those that end a process.

use std::alloc;
use std::cell::Cell as Local;
use std::collections::VecDeque;
use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::thread;

use futures_lite::future::{block_on, yield_now};

use super::*;

/// What a test's goroutines have: queues one after the other, and count.
#[derive(Default)]
struct House {
    queue: Mutex<VecDeque<Task>>,
    allocated: AtomicUsize,
    freed: AtomicUsize,
    ended: AtomicUsize,
}

impl House {
    const fn new() -> Self {
        Self {
            queue: Mutex::new(VecDeque::new()),
            allocated: AtomicUsize::new(0),
            freed: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        }
    }

    fn queue(&self, task: Task) {
        let mut queue = self.queue.lock().unwrap();
        assert!(!queue.contains(&task), "queued twice");
        queue.push_back(task);
    }

    fn allocate(&self, layout: Layout) -> (NonNull<u8>, bool) {
        self.allocated.fetch_add(1, Ordering::SeqCst);
        assert!(layout.align() >= 16);
        // SAFETY: a cell has a header, so the size is not zero.
        let memory = NonNull::new(unsafe { alloc::alloc(layout) }).unwrap();
        // The flag is what it is for: it comes back.
        (memory, layout.align() > 16)
    }

    unsafe fn free(&self, memory: NonNull<u8>, layout: Layout, system: bool) {
        assert_eq!(system, layout.align() > 16);
        self.freed.fetch_add(1, Ordering::SeqCst);
        // SAFETY: as it was allocated, which is the caller's part.
        unsafe { alloc::dealloc(memory.as_ptr(), layout) };
    }

    /// Runs what is queued, until nothing is. How many turns that were.
    fn work(&self) -> usize {
        let mut turns = 0;
        loop {
            let task = self.queue.lock().unwrap().pop_front();
            let Some(task) = task else { return turns };
            turns += 1;
            // SAFETY: it was queued, so it is held.
            if let Ran::Again(task) = unsafe { run(task) } {
                self.queue(task);
            }
        }
    }

    /// How many cells there are.
    fn alive(&self) -> usize {
        self.allocated.load(Ordering::SeqCst) - self.freed.load(Ordering::SeqCst)
    }

    fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }
}

/// A scheduler of the test's own: `Here`, with its `HOUSE`.
macro_rules! house {
    () => {
        static HOUSE: House = House::new();

        struct Here;

        impl Schedule for Here {
            fn ready(task: Task) {
                HOUSE.queue(task);
            }

            fn allocate(layout: Layout) -> (NonNull<u8>, bool) {
                HOUSE.allocate(layout)
            }

            unsafe fn free(memory: NonNull<u8>, layout: Layout, system: bool) {
                // SAFETY: as it was allocated, which is the caller's part.
                unsafe { HOUSE.free(memory, layout, system) }
            }

            fn ended() {
                HOUSE.ended.fetch_add(1, Ordering::SeqCst);
            }
        }

        /// Makes a goroutine and queues it.
        #[allow(dead_code, reason = "not every test needs it")]
        fn go<F>(future: F) -> Join<F::Output>
        where
            F: Future + Send + 'static,
            F::Output: Send + 'static,
        {
            let (task, join) = new::<Here, F>(future);
            HOUSE.queue(task);
            join
        }
    };
}

/// Counts its drops.
#[derive(Clone)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counted() -> (Counted, impl Fn() -> usize) {
    let drops = Arc::new(AtomicUsize::new(0));
    (Counted(drops.clone()), move || drops.load(Ordering::SeqCst))
}

/// A waker that counts its wakes.
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Bell {
    fn new() -> (Arc<Self>, Waker) {
        let bell = Arc::new(Self(AtomicUsize::new(0)));
        (bell.clone(), bell.into())
    }

    fn rings(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poll_with<T>(join: &mut Join<T>, waker: &Waker) -> Poll<T> {
    Pin::new(join).poll(&mut Context::from_waker(waker))
}

/// A future that gives its waker away at its first turn and ends at its second.
fn two_turns<T: Send>(wakers: Arc<Mutex<Vec<Waker>>>, output: T) -> impl Future<Output = T> + Send {
    let mut output = Some(output);
    let mut first = true;
    poll_fn(move |context| {
        if std::mem::take(&mut first) {
            wakers.lock().unwrap().push(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(output.take().unwrap())
    })
}

#[test]
fn a_header_is_three_words_and_a_handle_is_one() {
    assert_eq!(size_of::<Header>(), 3 * size_of::<usize>());
    assert_eq!(size_of::<Join<[u64; 4]>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Join<[u64; 4]>>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Task>>(), size_of::<usize>());
}

#[test]
fn future_and_output_share_their_place() {
    house!();
    fn layout<F: Future>(_: &F) -> Layout {
        Types::<Here, F>::LAYOUT
    }
    let small = layout(&ready(()));
    assert_eq!((small.size(), small.align()), (32, 16));
    let output = layout(&poll_fn(|_| Poll::Ready([0_u64; 9])));
    assert_eq!((output.size(), output.align()), (24 + 9 * 8, 16));
    let future = [0_u64; 9];
    let future = layout(&poll_fn(move |_| Poll::Ready(future[0])));
    assert_eq!((future.size(), future.align()), (24 + 9 * 8, 16));
}

#[test]
fn outputs_of_every_shape_arrive() {
    #[derive(Debug, PartialEq)]
    #[repr(align(64))]
    #[allow(dead_code, reason = "what it holds is for its alignment")]
    struct Line(u8);
    #[derive(Debug, PartialEq)]
    #[repr(align(4096))]
    #[allow(dead_code, reason = "as above")]
    struct Page(u8);
    house!();
    fn arrives<T: Send + PartialEq + std::fmt::Debug + 'static>(make: fn() -> T) {
        // The future's own alignment differs from the output's in the second.
        let (plain, holding) = (go(poll_fn(move |_| Poll::Ready(make()))), go(ready(make())));
        HOUSE.work();
        assert_eq!(block_on(plain), make());
        assert_eq!(block_on(holding), make());
    }
    arrives(|| ());
    arrives(|| 7_u8);
    arrives(|| u128::MAX);
    arrives(|| [3_u64; 100]);
    arrives(|| String::from("output"));
    arrives(|| Line(1));
    arrives(|| Page(2));
    assert_eq!((HOUSE.alive(), HOUSE.ended()), (0, 14));
}

#[test]
fn futures_of_every_alignment_stay_where_they_are() {
    #[repr(align(64))]
    #[allow(dead_code, reason = "what it holds is for its alignment")]
    struct Line(u8);
    #[repr(align(4096))]
    #[allow(dead_code, reason = "as above")]
    struct Page(u8);
    house!();
    fn aligned<T: Send + Sync + 'static>(held: T) -> Join<bool> {
        go(async move {
            let before = ptr::from_ref(&held).addr();
            yield_now().await;
            before == ptr::from_ref(&held).addr() && before.is_multiple_of(align_of::<T>())
        })
    }
    let joins = [
        aligned(()),
        aligned(Line(1)),
        aligned(Page(1)),
        aligned(1_u128),
    ];
    HOUSE.work();
    for join in joins {
        assert!(block_on(join));
    }
    assert_eq!(HOUSE.alive(), 0);
}

#[test]
fn an_output_is_dropped_by_who_has_it() {
    house!();
    let (value, drops) = counted();
    let join = go(ready(value));
    HOUSE.work();
    assert_eq!((drops(), HOUSE.alive()), (0, 1));
    let value = block_on(join);
    assert_eq!((drops(), HOUSE.alive()), (0, 0));
    drop(value);
    assert_eq!(drops(), 1);
}

#[test]
fn a_handle_that_is_dropped_after_the_end_takes_the_output_with_it() {
    house!();
    let (value, drops) = counted();
    let join = go(ready(value));
    HOUSE.work();
    assert!(join.is_ended());
    drop(join);
    assert_eq!((drops(), HOUSE.alive(), HOUSE.ended()), (1, 0, 1));
}

#[test]
fn a_goroutine_runs_on_without_its_handle_and_its_output_is_dropped_before_it_has_ended() {
    house!();
    struct Looks(Arc<Mutex<Vec<(usize, thread::ThreadId)>>>);
    impl Drop for Looks {
        fn drop(&mut self) {
            let seen = (HOUSE.ended(), thread::current().id());
            self.0.lock().unwrap().push(seen);
        }
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let output = Looks(seen.clone());
    drop(go(async move {
        yield_now().await;
        output
    }));
    assert_eq!(HOUSE.work(), 2);
    assert_eq!((HOUSE.alive(), HOUSE.ended()), (0, 1));
    assert_eq!(*seen.lock().unwrap(), [(0, thread::current().id())]);
}

#[test]
fn a_goroutine_that_drops_its_own_handle_goes_on() {
    house!();
    let (value, drops) = counted();
    let own = Arc::new(Mutex::new(None));
    let inner = own.clone();
    let join = go(async move {
        drop(inner.lock().unwrap().take());
        value
    });
    *own.lock().unwrap() = Some(join);
    HOUSE.work();
    assert_eq!((drops(), HOUSE.alive(), HOUSE.ended()), (1, 0, 1));
}

#[test]
fn a_handle_that_waits_is_woken_once_and_by_its_newest_waker() {
    house!();
    let ((old, old_waker), (new, new_waker)) = (Bell::new(), Bell::new());
    let mut join = go(ready(7));
    assert!(poll_with(&mut join, &old_waker).is_pending());
    assert!(poll_with(&mut join, &old_waker).is_pending());
    assert!(poll_with(&mut join, &new_waker).is_pending());
    drop(old_waker);
    assert_eq!(Arc::strong_count(&old), 1, "the replaced waker was let go");
    HOUSE.work();
    assert_eq!((old.rings(), new.rings()), (0, 1));
    assert_eq!(poll_with(&mut join, &new_waker), Poll::Ready(7));
    drop(new_waker);
    assert_eq!((Arc::strong_count(&new), HOUSE.alive()), (1, 0));
}

#[test]
fn a_handle_that_waits_and_is_dropped_lets_its_waker_go() {
    house!();
    let (bell, waker) = Bell::new();
    let mut join = go(ready(7));
    assert!(poll_with(&mut join, &waker).is_pending());
    drop((join, waker));
    assert_eq!(Arc::strong_count(&bell), 1);
    HOUSE.work();
    assert_eq!((bell.rings(), HOUSE.alive()), (0, 0));
}

#[test]
fn an_empty_handle_says_so() {
    house!();
    let (_, waker) = Bell::new();
    let mut join = go(ready(7));
    HOUSE.work();
    assert_eq!(poll_with(&mut join, &waker), Poll::Ready(7));
    assert_eq!(HOUSE.alive(), 0, "the cell goes with the output");
    assert!(join.is_ended());
    let again = catch_unwind(AssertUnwindSafe(|| poll_with(&mut join, &waker)));
    let message = *again.unwrap_err().downcast::<&'static str>().unwrap();
    assert!(message.contains("polled again"), "{message}");
}

#[test]
fn goroutines_wait_for_goroutines() {
    house!();
    let inner = go(async {
        yield_now().await;
        20
    });
    let other = go(async { 1 });
    let outer = go(async move { inner.await + other.await });
    HOUSE.work();
    assert_eq!(block_on(outer), 21);
    assert_eq!((HOUSE.alive(), HOUSE.ended()), (0, 3));
}

#[test]
fn a_handle_moves_between_goroutines_and_executors() {
    house!();
    // By turns: which of the two is woken at the end must be the one that polled last.
    for goroutine_first in [true, false] {
        let gate = Arc::new(Mutex::new(Vec::new()));
        let join = Arc::new(Mutex::new(go(two_turns(gate.clone(), 5))));
        let shared = join.clone();
        let (bell, waker) = Bell::new();
        HOUSE.work();
        let poll_by_waker = || assert!(poll_with(&mut join.lock().unwrap(), &waker).is_pending());
        if !goroutine_first {
            poll_by_waker();
        }
        let spare = Arc::new(Mutex::new(None));
        let keeps = spare.clone();
        let waiting = go(poll_fn(move |context| {
            *keeps.lock().unwrap() = Some(context.waker().clone());
            Pin::new(&mut *shared.lock().unwrap()).poll(context)
        }));
        HOUSE.work();
        if goroutine_first {
            poll_by_waker();
        }
        gate.lock().unwrap().pop().unwrap().wake();
        HOUSE.work();
        assert_eq!(bell.rings(), usize::from(goroutine_first));
        assert_eq!(waiting.is_ended(), !goroutine_first);
        // The one that was not woken is not left behind.
        spare.lock().unwrap().take().unwrap().wake();
        HOUSE.work();
        assert_eq!(block_on(waiting), 5);
    }
}

#[test]
fn a_foreign_executor_waits_on_another_thread() {
    house!();
    let (value, drops) = counted();
    let join = go(async move {
        for _ in 0..10 {
            yield_now().await;
        }
        value
    });
    let waiting = thread::spawn(move || drop(block_on(join)));
    HOUSE.work();
    waiting.join().unwrap();
    assert_eq!((drops(), HOUSE.alive()), (1, 0));
}

#[test]
fn a_goroutine_that_wakes_itself_comes_again() {
    house!();
    let (task, join) = new::<Here, _>(async {
        yield_now().await;
        yield_now().await;
    });
    // SAFETY: just made, so it is held; and held again whenever it comes back.
    unsafe {
        assert_eq!(run(task), Ran::Again(task));
        assert_eq!(run(task), Ran::Again(task));
        assert_eq!(run(task), Ran::Ended);
    }
    assert!(join.is_ended() && HOUSE.queue.lock().unwrap().is_empty());
}

#[test]
fn wakes_before_a_turn_make_one_turn() {
    house!();
    let wakers = Arc::new(Mutex::new(Vec::new()));
    let given = wakers.clone();
    let mut turns = 0;
    let join = go(poll_fn(move |context| {
        turns += 1;
        if turns < 3 {
            given.lock().unwrap().push(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }));
    assert_eq!(HOUSE.work(), 1);
    let waker = wakers.lock().unwrap().pop().unwrap();
    let others = [waker.clone(), waker.clone()];
    waker.wake_by_ref();
    others.into_iter().for_each(Waker::wake);
    waker.wake_by_ref();
    assert_eq!(HOUSE.work(), 1);
    assert!(!join.is_ended());
    waker.wake();
    assert_eq!(HOUSE.work(), 1);
    assert!(join.is_ended());
}

#[test]
fn wakers_know_their_goroutine() {
    house!();
    let wakers = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..2 {
        drop(go(two_turns(wakers.clone(), ())));
    }
    HOUSE.work();
    let mut wakers = wakers.lock().unwrap();
    assert!(wakers[0].will_wake(&wakers[0].clone()));
    assert!(!wakers[0].will_wake(&wakers[1]));
    wakers.drain(..).for_each(Waker::wake);
    assert_eq!((HOUSE.work(), HOUSE.alive()), (2, 0));
}

#[test]
fn wakers_outlive_their_goroutine_and_go_on_another_thread() {
    house!();
    let wakers = Arc::new(Mutex::new(Vec::new()));
    let (value, drops) = counted();
    drop(go(two_turns(wakers.clone(), value)));
    HOUSE.work();
    let first = wakers.lock().unwrap().pop().unwrap();
    let (second, third) = (first.clone(), first.clone());
    first.wake();
    HOUSE.work();
    assert_eq!((drops(), HOUSE.ended(), HOUSE.alive()), (1, 1, 1));
    thread::spawn(move || {
        second.wake_by_ref();
        second.wake();
    })
    .join()
    .unwrap();
    assert_eq!(HOUSE.alive(), 1);
    thread::spawn(move || drop(third)).join().unwrap();
    assert_eq!((HOUSE.work(), HOUSE.alive()), (0, 0));
}

#[test]
fn an_output_that_holds_its_own_waker_is_no_trouble() {
    house!();
    fn own_waker() -> impl Future<Output = Waker> + Send {
        poll_fn(|context| Poll::Ready(context.waker().clone()))
    }
    drop(go(own_waker()));
    HOUSE.work();
    assert_eq!(HOUSE.alive(), 0);
    let dropped = go(own_waker());
    HOUSE.work();
    drop(dropped);
    assert_eq!(HOUSE.alive(), 0);
    let taken = go(own_waker());
    HOUSE.work();
    let waker = block_on(taken);
    assert_eq!(HOUSE.alive(), 1);
    waker.wake();
    assert_eq!(HOUSE.alive(), 0);
}

#[test]
fn one_that_nobody_can_wake_stays() {
    house!();
    let (task, join) = new::<Here, _>(pending::<()>());
    // SAFETY: just made, so it is held.
    assert_eq!(unsafe { run(task) }, Ran::Waiting);
    drop(join);
    assert_eq!((HOUSE.alive(), HOUSE.ended()), (1, 0));
    // For Miri, which would call it a leak: as if it had been woken after all, and ended.
    // SAFETY: nobody holds it or can, and its future needs no drop.
    unsafe { task.free() }
}

#[test]
fn an_output_whose_drop_unwinds_out_of_a_handle_leaves_no_cell() {
    house!();
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let join = go(poll_fn(|_| Poll::Ready(Bad)));
    HOUSE.work();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(join))).is_err());
    assert_eq!(HOUSE.alive(), 0);
}

#[test]
fn the_end_wakes_outside_the_cell() {
    house!();
    // Who waits takes the output, and with it the cell, from inside its wake.
    struct Takes(Mutex<Option<Join<Counted>>>);
    impl Wake for Takes {
        fn wake(self: Arc<Self>) {
            let join = self.0.lock().unwrap().take().unwrap();
            drop(block_on(join));
            assert_eq!(HOUSE.alive(), 0);
        }
    }
    // Once with the first waker, once with one that has replaced another.
    for replaced in [false, true] {
        let (value, drops) = counted();
        let mut join = go(ready(value));
        if replaced {
            assert!(poll_with(&mut join, &Bell::new().1).is_pending());
        }
        let takes = Arc::new(Takes(Mutex::new(None)));
        assert!(poll_with(&mut join, &takes.clone().into()).is_pending());
        *takes.0.lock().unwrap() = Some(join);
        HOUSE.work();
        assert_eq!((drops(), Arc::strong_count(&takes)), (1, 1));
    }
}

#[test]
fn auto_traits_are_those_of_the_output() {
    fn send_and_sync<T: Send + Sync + Unpin>() {}
    send_and_sync::<Join<Local<u8>>>();
    send_and_sync::<Join<std::marker::PhantomPinned>>();
    // Not for an output that is not `Send`: were it so, this would be ambiguous.
    trait Ambiguous<A> {
        fn look() {}
    }
    impl<T> Ambiguous<()> for T {}
    impl<T: Send> Ambiguous<u8> for T {}
    <Join<Rc<u8>> as Ambiguous<_>>::look();
}

/// Runs a test of this file alone, in a process of its own, where it does what ends a process.
#[track_caller]
fn assert_aborts(test: &str, sentence: &str, deed: impl FnOnce()) {
    if std::env::var_os("GOISH_TEST_DEED").is_some() {
        deed();
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("native::cell::tests::{test}")])
        .env("GOISH_TEST_DEED", "1")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), None, "ended by a signal: {stderr}");
    assert!(stderr.contains(sentence), "{stderr}");
}

#[test]
#[cfg_attr(miri, ignore = "ends a process")]
#[cfg(unix)]
fn a_future_that_unwinds_ends_the_process() {
    let test = "a_future_that_unwinds_ends_the_process";
    assert_aborts(test, "fatal error: a goroutine unwound", || {
        house!();
        // Nor does who holds the standard library's lock hold it up.
        let (locked, is_locked) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let _stderr = std::io::stderr().lock();
            locked.send(()).unwrap();
            loop {
                thread::park();
            }
        });
        is_locked.recv().unwrap();
        // As a panic, but without its message, which would wait for that lock.
        let _join = go(poll_fn(|_| -> Poll<()> { resume_unwind(Box::new(())) }));
        let _ = catch_unwind(|| HOUSE.work());
    });
}

#[test]
#[cfg_attr(miri, ignore = "ends a process")]
#[cfg(unix)]
fn an_output_whose_drop_unwinds_in_its_turn_ends_the_process() {
    let test = "an_output_whose_drop_unwinds_in_its_turn_ends_the_process";
    assert_aborts(test, "fatal error: a goroutine unwound", || {
        house!();
        struct Bad;
        impl Drop for Bad {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        drop(go(poll_fn(|_| Poll::Ready(Bad))));
        let _ = catch_unwind(|| HOUSE.work());
    });
}

#[test]
#[cfg_attr(miri, ignore = "ends a process")]
#[cfg(unix)]
fn too_many_wakers_end_the_process() {
    let test = "too_many_wakers_end_the_process";
    assert_aborts(test, "fatal error: a goroutine has too many wakers", || {
        house!();
        let (task, _join) = new::<Here, _>(ready(()));
        // SAFETY: just made, so it is held, and alive.
        let waker = unsafe {
            task.state().exhaust();
            waker::borrowed(task)
        };
        let _waker = waker.clone();
        let _waker = Waker::clone(&waker);
    });
}
