//! `#[go_fn]` functions, whose calls await themselves in rewritten bodies, and values of `go!` that
//! are futures.

#![allow(
    non_snake_case,
    clippy::unused_async,
    reason = "user types with goish's names, and futures of every kind"
)]

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use goish::Call;
use goish::prelude::*;

mod common;
use common::on_one_and_two_workers;

fn nothing_blocked() {
    assert_eq!(runtime::blocking_calls(), []);
}

/// A channel that gives those values, each only when it is received.
fn feed(values: &[int]) -> Chan<int> {
    let (c, values) = (chan!(int), values.to_vec());
    go! {
        for value in values {
            c.Send(value);
        }
        close!(c);
    };
    c
}

#[go_fn]
fn worker(jobs: Chan<int>, out: Chan<int>) -> int {
    let mut count = 0;
    for job in range!(jobs) {
        out.Send(square(job));
        count += 1;
    }
    count
}

fn square(n: int) -> int {
    n * n
}

#[go_fn]
fn receive(c: Chan<int>) -> int {
    c.Recv().0
}

#[go_fn]
async fn receive_async(c: Chan<int>) -> int {
    c.Recv().0
}

#[go_fn]
fn pass_on<T: Send + Default + 'static>(value: T, c: &Chan<T>) -> (T, bool) {
    c.Send(value);
    c.Recv()
}

async fn of_rust(c: Chan<int>) -> int {
    c.recv().await.unwrap_or(-1)
}

fn boxed(c: Chan<int>) -> Pin<Box<dyn Future<Output = int> + Send>> {
    Box::pin(of_rust(c))
}

#[go_fn]
fn fib(n: int) -> int {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

#[go_fn]
fn sort(mut list: Vec<int>) -> Vec<int> {
    if list.len() < 2 {
        return list;
    }
    let right = list.split_off(list.len() / 2);
    let left = go! { sort(list) };
    let right = sort(right);
    merge(left.Wait().unwrap(), right)
}

fn merge(left: Vec<int>, right: Vec<int>) -> Vec<int> {
    let mut all = [left, right].concat();
    all.sort_unstable();
    all
}

struct Server {
    jobs: Chan<int>,
    count: AtomicI64,
}

#[go_fn]
impl Server {
    const LIMIT: int = 3;

    fn new(jobs: Chan<int>) -> Self {
        Self {
            jobs,
            count: AtomicI64::new(0),
        }
    }

    fn next(&self) -> int {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.jobs.Recv().0
    }

    fn next_of<'a>(&self, others: &'a [Server]) -> (int, &'a Server) {
        let first = &others[0];
        (first.next() + self.next(), first)
    }

    fn all(&self, depth: int) -> Vec<int> {
        if depth == Self::LIMIT {
            return vec![];
        }
        let next = self.next();
        let mut all = self.all(depth + 1);
        all.insert(0, next);
        all
    }

    fn into_count(mut self) -> int {
        *self.count.get_mut() += self.next();
        self.count.into_inner()
    }
}

#[go_fn]
mod package {
    use goish::prelude::*;

    pub(super) fn first(c: &Chan<int>) -> int {
        inner::second(c) * 10 + c.Recv().0
    }

    pub(super) const fn limit() -> int {
        7
    }

    pub(super) struct Text(pub(super) string);

    impl std::fmt::Display for Text {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.0)
        }
    }

    impl Text {
        pub(super) fn from_channel(c: &Chan<int>) -> Self {
            Self(format!("<{}>", first(c)))
        }
    }

    mod inner {
        use goish::prelude::*;

        pub(super) fn second(c: &Chan<int>) -> int {
            c.Recv().0
        }
    }
}

#[go_fn]
trait Source {
    fn take(&self) -> int;

    fn take_two(&self) -> int
    where
        Self: Sync,
    {
        self.take() * 10 + self.take()
    }
}

#[go_fn]
impl Source for Chan<int> {
    fn take(&self) -> int {
        self.Recv().0
    }
}

/// Goish's names, on functions that suspend.
struct Mailbox(Chan<int>);

#[go_fn]
impl Mailbox {
    fn Send(&self, value: int) -> int {
        self.0.Send(value);
        value
    }

    fn Recv(&self) -> int {
        self.0.Recv().0
    }

    fn Wait(self) -> int {
        self.0.Recv().0
    }
}

on_one_and_two_workers! {
    fn a_goroutine_of_one_call() {
        let (jobs, out) = (feed(&[1, 2, 3]), chan!(int, 8));
        let plain = go! { square(5) };
        let suspending = go! { worker(jobs, out) };
        assert_eq!((plain.Wait(), suspending.Wait()), (Ok(25), Ok(3)));
        assert_eq!((out.Recv().0, out.Recv().0, out.Recv().0), (1, 4, 9));
        nothing_blocked();
    }

    fn every_kind_of_future_as_a_value() {
        let c = feed(&[1, 2, 3, 4, 5, 6]);
        let get = |g: Goroutine<int>| g.Wait().unwrap();
        assert_eq!(get(go! { receive(c) }), 1);
        assert_eq!(get(go! { receive_async(c) }), 2);
        assert_eq!(get(go! { of_rust(c) }), 3);
        assert_eq!(get(go! { boxed(c) }), 4);
        assert_eq!(get(go! { async { c.Recv().0 } }), 5);
        let future = of_rust(c);
        assert_eq!(get(go! { future }), 6);
        nothing_blocked();
    }

    fn values_of_branches_and_returns() {
        for round in 0..4 {
            let c = feed(&[5]);
            let g = go! {
                let chosen = round % 4;
                if chosen == 0 {
                    receive(c)
                } else if chosen == 1 {
                    return receive_async(c);
                } else {
                    match chosen {
                        2 => { of_rust(c) }
                        _ => square(3),
                    }
                }
            };
            assert_eq!(g.Wait(), Ok(if round == 3 { 9 } else { 5 }));
        }
        let c = feed(&[1]);
        let done = chan!((), 1);
        go! { if c.Recv().1 { of_nothing(done) } };
        assert_eq!(done.Recv(), ((), true));
        nothing_blocked();

        async fn of_nothing(done: Chan<()>) {
            done.send(()).await.unwrap();
        }
    }

    fn spawned_by_a_function_that_gives_the_goroutine() {
        fn start(c: &Chan<int>) -> Goroutine<int> {
            let c = c.clone();
            go! { receive(c) }
        }
        assert_eq!(start(&feed(&[7])).Wait(), Ok(7));
        nothing_blocked();
    }

    fn calls_in_every_position() {
        let c = feed(&(1..=20).collect::<Vec<_>>());
        let g = go! {
            let mut got = vec![receive(c.clone()), square(receive(c.clone()))];
            if receive(c.clone()) == 3 && square(2) == 4 {
                got.push(-receive(c.clone()));
            }
            match (receive(c.clone()), 1) {
                (n, 1) if n + 1 == receive(c.clone()) => got.push(n),
                _ => got.push(0),
            }
            println!("{} {named}", receive(c.clone()), named = receive(c.clone()));
            got[0] += receive(c.clone());
            for n in 0..receive(c.clone()) - 8 { got.push(n); }
            let inner = async { receive(c.clone()) };
            got.push(inner.await);
            let (value, ok) = pass_on(12, &chan!(int, 1));
            got.push(if ok { value } else { 0 });
            receive(c.clone());
            got.push(receive(c.clone()).pow(2) + receive_async(c.clone()).await);
            c.Send2(receive(c.clone())).await;
            let local = |n: int| n + 1;
            got.push(local(receive(c.clone())));
            got
        };
        assert_eq!(g.Wait().unwrap(), [10, 4, -4, 5, 0, 1, 11, 12, 13 * 13 + 14, 17]);
        nothing_blocked();

        trait Later {
            fn Send2(&self, n: int) -> impl Future<Output = ()> + Send;
        }
        impl Later for Chan<int> {
            #[expect(clippy::manual_async_fn, reason = "a function that gives a future is told apart too")]
            fn Send2(&self, n: int) -> impl Future<Output = ()> + Send {
                async move { assert_eq!(n, 15) }
            }
        }
    }

    fn methods_modules_and_traits() {
        let c = feed(&(1..=16).collect::<Vec<_>>());
        let g = go! {
            let server = Server::new(c.clone());
            let others = [Server::new(c.clone())];
            let (sum, first) = server.next_of(&others);
            let all = (sum, first.next(), server.all(0), server.into_count());
            let text = package::Text::from_channel(&c);
            let limit = package::limit();
            (all, format!("{text}{limit}"), package::first(&c), c.take_two())
        };
        let expected = ((3, 3, vec![4, 5, 6], 4 + 1 + 7), "<89>7".into(), 1011 - 900, 12 * 10 + 13);
        assert_eq!(g.Wait().unwrap(), (expected.0, expected.1, 10 * 10 + 11, expected.3));
        nothing_blocked();
    }

    fn goishs_names_on_functions_of_the_users_own() {
        let c = chan!(int, 4);
        let g = go! {
            let mailbox = Mailbox(c);
            let sent = mailbox.Send(4) + mailbox.Send(5).await;
            mailbox.Send(6);
            let received = mailbox.Recv() * mailbox.Recv();
            (sent, received, mailbox.Wait())
        };
        assert_eq!(g.Wait(), Ok((9, 20, 6)));
        let mailbox = Mailbox(feed(&[8]));
        let g = go! { mailbox.Wait() };
        assert_eq!(g.Wait(), Ok(8));
        nothing_blocked();
    }

    fn recursion() {
        assert_eq!(go! { fib(15) }.Wait(), Ok(610));
        let list = (0..100).map(|n| n * 37 % 100).collect::<Vec<int>>();
        let sorted = go! { sort(list) };
        assert_eq!(sorted.Wait().unwrap(), (0..100).collect::<Vec<_>>());
        nothing_blocked();
    }

    fn outside_of_rewritten_bodies() {
        let c = feed(&[1, 2, 3]);
        assert_eq!(receive(c.clone()).Wait(), 1);
        let call: Call<_> = receive(c.clone());
        assert_eq!(runtime::handle().block_on(call), 2);
        let from = c.clone();
        let g = go! {
            let plain = || receive(from.clone()).Wait();
            plain()
        };
        assert_eq!(g.Wait(), Ok(3));
        assert_eq!(c.Recv(), (0, false));
    }

    /// What a call gives may not be known before what is done with it is.
    fn calls_whose_type_is_only_expected() {
        fn any<T: Default>() -> T {
            T::default()
        }
        let c = chan!(int, 4);
        let g = go! {
            let number: int = any();
            let later = any();
            c.Send(later);
            c.Send(any());
            let list: Vec<string> = any();
            let boxed: Box<dyn Fn(&str) -> usize + Send> = Box::new(|text| text.len());
            let parsed: u8 = "12".parse().unwrap();
            (number, list.len(), boxed("abc"), parsed, any::<int>())
        };
        assert_eq!(g.Wait(), Ok((0, 0, 3, 12, 0)));
        let g: Goroutine<Vec<int>> = go! { (0..3).collect() };
        assert_eq!(g.Wait().unwrap(), [0, 1, 2]);
    }

    /// Where nothing suspends, nothing has to be able to move between threads, and calls that do not
    /// come back are no values.
    fn plain_calls_stay_plain() {
        fn never() -> ! {
            panic!("never")
        }
        let list = Arc::new(std::sync::Mutex::new(vec![1]));
        let g = go! {
            let local = Cell::new(1);
            list.lock().unwrap().push(square(local.get()));
            let mut point = (0, 0);
            (point.0, point.1) = (square(2), square(3));
            *last(&mut *list.lock().unwrap()) = point.1;
            if point.0 == 0 { never() }
            list.lock().unwrap().insert(0, square(5))
        };
        g.Wait().unwrap();
        assert_eq!(*list.lock().unwrap(), [25, 1, 9]);
        let g = go! { never() };
        assert_eq!(g.Wait().unwrap_err().message(), "never");

        fn last(list: &mut [int]) -> &mut int {
            list.last_mut().unwrap()
        }
    }

    fn parameters_live_as_long_as_the_function() {
        struct Ends(Chan<string>, &'static str);
        impl Drop for Ends {
            fn drop(&mut self) {
                self.0.Send(self.1.into());
            }
        }
        #[go_fn]
        fn log(_first: Ends, (second, _): (Ends, int), mut n: int, _: Ends) -> int {
            n += 1;
            second.0.Send("body".into());
            n
        }
        let c = chan!(string, 8);
        let ends = |name| Ends(c.clone(), name);
        let call = log(ends("first"), (ends("second"), 1), 1, ends("unnamed"));
        assert_eq!(c.Len(), 0);
        assert_eq!(call.Wait(), 2);
        let order = [(); 4].map(|()| c.Recv().0);
        assert_eq!(order, ["body", "unnamed", "second", "first"]);
    }

    fn return_types() {
        #[go_fn]
        fn question(c: &Chan<int>) -> Result<Box<dyn Fn() -> int + Send>, Box<dyn std::error::Error>> {
            let n = c.Recv().0;
            if n == 0 {
                Err("zero")?;
            }
            Ok(Box::new(move || n))
        }
        #[go_fn]
        fn iterator(c: &Chan<int>) -> impl Iterator<Item = int> + use<> {
            let n = c.Recv().0;
            (0..n).map(|n| n + 1)
        }
        #[go_fn]
        fn for_ever(c: &Chan<int>) -> ! {
            loop {
                if c.Recv().0 == 0 {
                    panic!("the end");
                }
            }
        }
        let c = feed(&[3, 0, 2]);
        let g = go! {
            let three = question(&c).ok().map(|f| f());
            let none = question(&c).is_err();
            let mut sum = 0;
            for n in iterator(&c) { sum += n; }
            (three, none, sum)
        };
        assert_eq!(g.Wait(), Ok((Some(3), true, 3)));
        let g = go! { for_ever(&c); };
        assert_eq!(g.Wait().unwrap_err().message(), "the end");
        nothing_blocked();
    }
}
