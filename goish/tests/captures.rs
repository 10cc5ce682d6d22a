//! What `go!` takes with it: handles are shared, everything else moves, and names that are not
//! variables stay what they are.

#![allow(non_snake_case, reason = "user types with goish's names")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use goish::Handle;
use goish::prelude::*;

/// Neither a copy nor a clone of it can be had.
#[derive(Debug, PartialEq)]
struct Ticket(int);

#[derive(Handle)]
struct Pool<T: Send + 'static> {
    jobs: Chan<T>,
    done: sync::WaitGroup,
}

#[derive(Handle)]
struct Pair(Chan<int>, Arc<Ticket>);

#[derive(Handle)]
struct Nothing;

#[derive(Handle)]
enum Destination<T: Send + 'static> {
    Nowhere,
    One(Chan<T>),
    Both { left: Chan<T>, right: Pool<T> },
}

static COUNT: AtomicI64 = AtomicI64::new(0);
const LIMIT: int = 3;

fn double(n: int) -> int {
    2 * n
}

fn same<T>(value: T) -> T {
    value
}

fn sum_of(c: &Chan<int>, count: int) -> int {
    (0..count).map(|_| c.Recv().0).sum()
}

#[test]
fn handles_are_shared_and_the_rest_moves() {
    let c = chan!(int);
    let wg = sync::WaitGroup::new();
    let total = Arc::new(sync::Mutex::new(0));
    for number in 1..=3 {
        wg.Add(1);
        let ticket = Ticket(number);
        go! {
            *total.Lock() += ticket.0;
            c.Send(ticket.0);
            wg.Done();
        };
    }
    assert_eq!(sum_of(&c, 3), 6);
    wg.Wait();
    assert_eq!(*total.Lock(), 6);
}

#[test]
fn what_is_no_handle_keeps_its_identity() {
    let ticket = Ticket(1);
    let list = vec![1];
    let address = list.as_ptr() as usize;
    let g = go! { (ticket, list.as_ptr() as usize, list) };
    assert_eq!(g.Wait(), Ok((Ticket(1), address, vec![1])));
}

#[test]
fn in_generic_code() {
    fn pass<T: Send + 'static>(value: T, c: Chan<T>) -> T {
        go! { c.Send(value) };
        c.recv_blocking()
    }
    fn shared<H: Handle + Send + 'static>(handle: H, with: impl Fn(&H) + Send + 'static) -> H {
        go! { with(&handle) }.Wait().unwrap();
        handle
    }
    trait Blocking<T> {
        fn recv_blocking(&self) -> T;
    }
    impl<T: Send> Blocking<T> for Chan<T> {
        fn recv_blocking(&self) -> T {
            range!(self).next().unwrap()
        }
    }
    assert_eq!(pass(Ticket(4), chan!(Ticket)), Ticket(4));
    let c = shared(chan!(int, 1), |c| c.Send(3));
    assert_eq!(c.Recv().0, 3);
}

#[test]
fn derived_handles_are_shared() {
    let pool = Pool {
        jobs: chan!(Ticket),
        done: sync::WaitGroup::new(),
    };
    let pair = Pair(chan!(int), Arc::new(Ticket(9)));
    let nothing = Nothing;
    for number in 1..=2 {
        pool.done.Add(1);
        go! {
            pool.jobs.Send(Ticket(number));
            pool.done.Done();
            let pair = pair;
            pair.0.Send(pair.1.0);
            let Nothing = nothing;
        };
    }
    let sum: int = range!(pool.jobs).take(2).map(|ticket| ticket.0).sum();
    pool.done.Wait();
    assert_eq!((sum, sum_of(&pair.0, 2)), (3, 18));
    let Nothing = nothing;
}

#[test]
fn derived_enums_share_the_variant_that_they_are() {
    let (left, jobs) = (chan!(int), chan!(int));
    let done = sync::WaitGroup::new();
    let both = Destination::Both {
        left: left.clone(),
        right: Pool {
            jobs: jobs.clone(),
            done,
        },
    };
    let destinations = [Destination::Nowhere, Destination::One(left.clone()), both];
    for destination in &destinations {
        let destination = destination.share();
        go! {
            let send = |destination: &Destination<int>| match destination {
                Destination::Nowhere => {}
                Destination::One(to) => to.Send(1),
                Destination::Both { left, right } => {
                    left.Send(10);
                    right.jobs.Send(100);
                }
            };
            send(&destination);
        };
    }
    assert_eq!((sum_of(&left, 2), jobs.Recv().0), (11, 100));
}

#[test]
fn names_of_items_stay_what_they_are() {
    use std::cmp::max;
    const fn three() -> int {
        3
    }
    let c = chan!(int, 8);
    let g = go! {
        fn halve(n: int) -> int { double(n) / 4 }
        use std::cmp::min;
        let functions: [fn(int) -> int; 2] = [double, halve];
        for f in functions { c.Send(f(8)); }
        c.Send([1, 2].into_iter().map(double).fold(0, max));
        c.Send([5, three()].into_iter().fold(LIMIT, min));
        COUNT.fetch_add(LIMIT, Ordering::Relaxed);
        let text = ["x"].into_iter().map(same).collect::<string>();
        (text, None::<Ticket>)
    };
    assert_eq!(g.Wait(), Ok(("x".into(), None)));
    assert_eq!(sum_of(&c, 4), 16 + 4 + 4 + 3);
    assert_eq!(COUNT.load(Ordering::Relaxed), LIMIT);
}

#[test]
fn names_of_the_bodys_own_hide_those_outside() {
    // None of these may be taken from outside: they have been given away.
    let (a, b, d, e, f, h) = ("a".to_owned(), "b".to_owned(), "d", "e", "f", "h");
    drop((a, b));
    let c = chan!(int, 16);
    let numbers = vec![1, 2, 3];
    let g = go! {
        let a = 1;
        let (b, [d, ..]) = (2, [3, 4]);
        c.Send(a + b + d);
        for e in range!(2) { c.Send(e); }
        if let Some(f) = Some(4) && f > 3 { c.Send(f); }
        let Some(i) = numbers.first() else { return 0 };
        c.Send(*i);
        let add = |a: int, b: int| a + b;
        match add(1, 2) { h @ 3 if h > 2 => c.Send(h), _ => {} }
        while let Some(j) = None::<int> { c.Send(j); }
        assert!(matches!(add(3, 3), a if a == 6));
        select! {
            recv(c) |a, b| => { assert!(b); c.Send(a); }
            default => {}
        }
        let sum: int = numbers.into_iter().map(|k| k * a).sum();
        sum
    };
    assert_eq!(g.Wait(), Ok(6));
    assert_eq!(c.Len(), 6);
    assert_eq!([d, e, f, h].concat(), "defh");
}

#[test]
fn names_inside_macros_and_format_strings() {
    let c = chan!(string, 8);
    let (width, precision, pi) = (8, 2, 2.71);
    let done = chan!((), 1);
    go! {
        println!("{c:?} of {}", c.Len());
        c.Send(format!("{pi:>width$.precision$}|{{c}}|{done}", done = 1));
        assert_eq!(done.Len(), 0, "{done:?} is empty");
        assert!(c.Cap() == 8, "{c:?}");
        let all = vec![c.Cap(), done.Cap()];
        let same = vec![c; 2];
        same[0].Send(format!("{all:?}"));
        close!(done);
    };
    done.Recv();
    assert_eq!(c.Recv().0, "    2.71|{c}|1");
    assert_eq!(c.Recv().0, "[8, 1]");
}

#[test]
fn through_goroutines_inside_goroutines() {
    let c = chan!(int);
    let quit = chan!(());
    let g = go! {
        let inner = go! {
            let ours = 2;
            go! { c.Send(ours) };
            select! {
                send(c, 1) => {}
                recv(quit) => {}
            }
        };
        inner.Wait().unwrap();
        for n in range!(3) { go! { c.Send(n as int) }; }
    };
    assert_eq!(sum_of(&c, 5), 6);
    g.Wait().unwrap();
    close!(quit);
    assert_eq!(c.Len(), 0);
}

#[test]
fn fields_move_one_by_one() {
    struct Server {
        first: Vec<int>,
        second: Vec<int>,
        name: String,
    }
    let server = Server {
        first: vec![1],
        second: vec![2],
        name: "s".into(),
    };
    let g = go! { server.first.len() };
    let h = go! { server.second };
    assert_eq!((g.Wait(), h.Wait()), (Ok(1), Ok(vec![2])));
    assert_eq!(server.name, "s");
    let pair = (vec![1], vec![2]);
    let g = go! {
        match pair {
            (first, _) if first.is_empty() => vec![],
            (first, _) => first,
        }
    };
    assert_eq!(g.Wait(), Ok(vec![1]));
    assert_eq!(pair.1, [2]);
}

#[test]
fn handles_of_which_only_fields_are_used_are_shared() {
    struct State {
        total: sync::Mutex<int>,
        names: Vec<String>,
    }
    let state = Arc::new(State {
        total: sync::Mutex::new(0),
        names: vec!["a".into(), "bc".into()],
    });
    let wg = sync::WaitGroup::new();
    for at in 0..2 {
        wg.Add(1);
        go! {
            *state.total.Lock() += state.names[at].len() as int;
            wg.Done();
        };
    }
    wg.Wait();
    assert_eq!(*state.total.Lock(), 3);
}

#[test]
fn a_type_may_be_known_from_the_body_alone() {
    let c = chan!(int, 1);
    let number = "12".parse().unwrap();
    let default = Default::default();
    let mut list = Vec::new();
    go! {
        let default: Ticket2 = default;
        c.Send(number);
        list.push(default.0);
        let _: Vec<int> = list;
    };
    assert_eq!(c.Recv().0, 12);

    #[derive(Default)]
    struct Ticket2(int);
}

#[test]
fn what_moved_in_may_change_there() {
    #[deny(unused_mut)]
    fn change() -> Goroutine<(Vec<int>, String)> {
        let mut list = vec![1];
        let mut text = String::new();
        let mut unused = 1;
        unused += 1;
        go! {
            list.push(2);
            list[0] = unused;
            add(&mut text);
            (list, text)
        }
    }
    fn add(text: &mut String) {
        text.push('x');
    }
    assert_eq!(change().Wait(), Ok((vec![2, 2], "x".to_owned())));
}

#[test]
fn closures_and_functions_that_are_called() {
    let c = chan!(int, 4);
    let base = 10;
    let add = move |n: int| base + n;
    let mut count = 0;
    let mut next = move || {
        count += 1;
        count
    };
    let once = Ticket(5);
    let give = move || once;
    go! {
        c.Send(add(1));
        c.Send(double(next()) + next());
        c.Send(give().0);
    };
    assert_eq!(sum_of(&c, 3), 11 + 4 + 5);
    assert_eq!(add(0), 10);
}

#[test]
fn clones_made_by_hand_stay_valid() {
    let c = chan!(int);
    let d = c.clone();
    {
        let c = c.clone();
        go! {
            let c = c;
            c.Send(1);
        };
    }
    go! { d.Send(2) };
    assert_eq!(sum_of(&c, 2), 3);
}

#[test]
fn code_that_is_left_out_takes_nothing() {
    let g = go! {
        #[cfg(any())]
        absent.Send(missing);
        #[cfg(any())]
        let absent = absent;
        match 1 {
            #[cfg(any())]
            2 => absent,
            _ => 3,
        }
    };
    assert_eq!(g.Wait(), Ok(3));
}

#[test]
fn timers_and_tickers_are_shared() {
    let (ticker, timer) = (
        time::NewTicker(time::Millisecond),
        time::NewTimer(time::Hour),
    );
    let g = go! {
        timer.Stop();
        select! {
        case _, ok := <-ticker.C:
            ok
        case <-timer.C:
            false
        }
    };
    assert_eq!(g.Wait(), Ok(true));
    ticker.Stop();
    assert!(!timer.Stop(), "the goroutine has stopped it");
}
