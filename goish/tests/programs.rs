//! Programs as a Go programmer writes them.

#![allow(non_snake_case, reason = "user types with goish's names")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use goish::prelude::*;

mod common;
use common::on_one_and_two_workers;

#[derive(Default)]
struct Page {
    url: string,
    links: Vec<string>,
}

fn fetch(url: &str) -> Page {
    Page {
        url: url.to_owned(),
        links: (0..3).map(|n| format!("{url}/{n}")).collect(),
    }
}

#[derive(Default)]
struct Tree {
    left: Option<Box<Tree>>,
    right: Option<Box<Tree>>,
    value: int,
}

fn insert(tree: Option<Box<Tree>>, value: int) -> Option<Box<Tree>> {
    let Some(mut tree) = tree else {
        return Some(Box::new(Tree {
            value,
            ..Tree::default()
        }));
    };
    if value < tree.value {
        tree.left = insert(tree.left.take(), value);
    } else {
        tree.right = insert(tree.right.take(), value);
    }
    Some(tree)
}

fn walk(tree: Option<&Tree>, values: &Chan<int>) {
    if let Some(tree) = tree {
        walk(tree.left.as_deref(), values);
        values.Send(tree.value);
        walk(tree.right.as_deref(), values);
    }
}

struct Request {
    number: int,
    reply: Chan<int>,
}

struct Server {
    requests: Chan<Request>,
    quit: Chan<()>,
    served: sync::Mutex<int>,
}

impl Server {
    fn start() -> Arc<Self> {
        let server = Arc::new(Server {
            requests: Chan::new(0),
            quit: chan!(()),
            served: sync::Mutex::new(0),
        });
        let running = server.clone();
        go! { running.serve().await };
        server
    }

    #[go_fn]
    async fn serve(&self) {
        loop {
            let requests = &self.requests;
            select! {
                recv(self.quit) => return,
                send(Chan::<int>::nil(), 1) => {}
                recv(time::After(time::Hour)) => {}
                recv(requests.ready()) => {}
                default => {
                    let Ok(request) = requests.try_recv() else {
                        runtime::Gosched();
                        continue;
                    };
                    *self.served.Lock() += 1;
                    request.reply.Send(request.number * request.number);
                }
            }
        }
    }

    fn ask(&self, number: int) -> int {
        let reply = chan!(int, 1);
        self.requests.Send(Request {
            number,
            reply: reply.clone(),
        });
        reply.Recv().0
    }
}

trait Ready {
    fn ready(&self) -> Chan<()>;
}

impl<T: Send + 'static> Ready for Chan<T> {
    fn ready(&self) -> Chan<()> {
        Chan::nil()
    }
}

fn each<T: Clone + Send + 'static>(items: Vec<T>) -> Chan<T> {
    let c = Chan::new(0);
    let to = c.clone();
    go! {
        for item in items {
            to.Send(item);
        }
        close!(to);
    };
    c
}

on_one_and_two_workers! {
    fn a_crawler_with_a_frontier() {
        let frontier: Chan<(string, int)> = Chan::unbounded();
        let found = chan!(Page, 16);
        let seen = Arc::new(sync::Mutex::new(HashMap::new()));
        let pending = sync::WaitGroup::new();
        pending.Add(1);
        frontier.Send(("root".to_owned(), 0));
        for _ in 0..4 {
            let (frontier, found) = (frontier.clone(), found.clone());
            let (seen, pending) = (seen.clone(), pending.clone());
            go! {
                for (url, depth) in range!(frontier) {
                    if seen.Lock().insert(url.clone(), depth).is_some() {
                        pending.Done();
                        continue;
                    }
                    let page = fetch(&url);
                    for (_, link) in range!(page.links) {
                        if depth < 3 {
                            pending.Add(1);
                            frontier.Send((link.clone(), depth + 1));
                        }
                    }
                    found.Send(page);
                    pending.Done();
                }
            };
        }
        let end = found.clone();
        go! {
            pending.Wait();
            close!(frontier);
            close!(end);
        };
        let mut pages = 0;
        while let (page, true) = found.Recv() {
            assert!(page.url.starts_with("root") && page.links.len() == 3);
            pages += 1;
        }
        assert_eq!(pages, 1 + 3 + 9 + 27);
    }

    fn a_rate_limiter() {
        let requests = chan!(int, 5);
        for n in 1..=5 {
            requests.Send(n);
        }
        close!(requests);
        let limiter = time::Tick(time::Millisecond);
        let g = go! {
            let mut served = 0;
            for request in range!(requests) {
                limiter.Recv();
                served += request;
            }
            served
        };
        assert_eq!(g.Wait(), Ok(15));
    }

    fn a_counting_semaphore() {
        let tokens = chan!((), 3);
        let (active, most) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
        let wg = sync::WaitGroup::new();
        for _ in 0..50 {
            wg.Add(1);
            let (tokens, wg) = (tokens.clone(), wg.clone());
            let (active, most) = (active.clone(), most.clone());
            go! {
                tokens.Send(());
                most.fetch_max(active.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                runtime::Gosched();
                active.fetch_sub(1, Ordering::SeqCst);
                tokens.Recv();
                wg.Done();
            };
        }
        wg.Wait();
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    }

    fn a_server_with_methods() {
        let server = Server::start();
        for n in 0..20 {
            assert_eq!(server.ask(n), n * n);
        }
        close!(server.quit);
        assert_eq!(*server.served.Lock(), 20);
    }

    fn fibonacci_with_quit() {
        let (c, quit) = (chan!(int), chan!(int));
        let (numbers, done) = (c.clone(), quit.clone());
        let g = go! {
            let mut all = vec![];
            for _ in range!(10) {
                all.push(numbers.Recv().0);
            }
            done.Send(0);
            all
        };
        let (mut x, mut y) = (0, 1);
        loop {
            select! {
                send(c, x) => (x, y) = (y, x + y),
                recv(quit) => break,
            }
        }
        assert_eq!(g.Wait().unwrap(), [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]);
    }

    /// Go's tour: two trees hold the same values, walked by recursive plain functions.
    fn equivalent_trees() {
        let values = [[5, 3, 8, 1, 4], [1, 8, 4, 5, 3]].map(|order| {
            let tree = order.into_iter().fold(None, insert);
            let c = chan!(int);
            let to = c.clone();
            go! {
                walk(tree.as_deref(), &to);
                close!(to);
            };
            c
        });
        let [a, b] = values;
        for value in range!(a) {
            assert_eq!(b.Recv(), (value, true));
        }
        assert_eq!(b.Recv(), (0, false));
    }

    fn functions_over_channels() {
        type Task = Box<dyn FnOnce() -> int + Send>;
        let tasks: Chan<Task> = Chan::new(0);
        let from = tasks.clone();
        let sum = go! {
            let mut sum = 0;
            for task in range!(from) {
                sum += task();
            }
            sum
        };
        go! {
            for n in 0..4 {
                tasks.Send(Box::new(move || n));
            }
            close!(tasks);
        };
        assert_eq!(sum.Wait(), Ok(6));
    }

    fn channels_over_channels() {
        let replies: Chan<Chan<string>> = Chan::new(0);
        let to = replies.clone();
        go! { to.Recv().0.Send("reply".into()) };
        let reply = chan!(string);
        replies.Send(reply.clone());
        assert_eq!(reply.Recv(), ("reply".to_owned(), true));
    }

    fn generic_functions() {
        assert_eq!(range!(each(vec!["a", "b"])).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(range!(each(vec![1.5, 2.5])).sum::<float64>(), 4.0);
    }

    /// A chain of goroutines that each pass a value on, through a plain function.
    fn a_daisy_chain_of_plain_functions() {
        fn relay(from: Chan<int>, to: Chan<int>) {
            to.Send(from.Recv().0 + 1);
        }
        let first = chan!(int);
        let mut last = first.clone();
        for _ in 0..500 {
            let next = chan!(int);
            let (from, to) = (last, next.clone());
            go! { relay(from, to) };
            last = next;
        }
        first.Send(0);
        assert_eq!(last.Recv(), (500, true));
    }
}
