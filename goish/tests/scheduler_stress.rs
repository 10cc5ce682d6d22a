//! Everything that a scheduler does, at once and in random order: goroutines that are joined, dropped,
//! nested and spawned from other threads; panics; wakers in others' hands; plain functions that block;
//! hidden calls of the system's; loops without an operation; timers; tokio's tasks, timers and sockets;
//! and channels between all of them, while the number of workers changes. Each round counts what came
//! about, and that nothing is left of it.
//!
//! `STRESS_SECONDS` is how long each test takes, `STRESS_SEED` the first round's seed, and
//! `STRESS_SCHEDULER` the one scheduler to be tested. `scripts/stress.sh` runs it for long.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use goish::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

mod common;

/// A round that takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(100);

/// Numbers that do not look like the last (splitmix64, after Steele, Lea and Flood).
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn fork(&mut self) -> Self {
        Self(self.next())
    }
}

fn whole(number: u64) -> int {
    int::try_from(number).unwrap()
}

fn sum_below(n: int) -> int {
    n * (n - 1) / 2
}

fn is_native() -> bool {
    runtime::scheduler() == "native"
}

fn computes(duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {
        std::hint::spin_loop();
    }
}

/// A tree of goroutines that wait for those they spawn.
fn tree(depth: u64, width: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        let mut count = 1;
        if depth > 0 {
            let below: Vec<_> = (0..width)
                .map(|_| runtime::spawn(tree(depth - 1, width)))
                .collect();
            for one in below {
                count += one.wait().await.unwrap();
            }
        }
        count
    })
}

fn joined(mut random: Random) {
    assert_eq!(runtime::spawn(tree(6, 3)).Wait(), Ok(1093));
    let n = 1 + whole(random.below(2000));
    let all: Vec<_> = (0..n).map(|n| go! { n }).collect();
    assert_eq!(
        all.into_iter().map(|g| g.Wait().unwrap()).sum::<int>(),
        sum_below(n)
    );
}

fn detached(mut random: Random) {
    let (wg, sum) = (sync::WaitGroup::new(), Arc::new(AtomicU64::new(0)));
    let n = 1 + random.below(2000);
    wg.Add(whole(n));
    for n in 0..n {
        let (wg, sum) = (wg.clone(), sum.clone());
        go! {
            sum.fetch_add(n, Relaxed);
            go! { wg.Done() };
        };
    }
    wg.Wait();
    assert_eq!(sum.load(Relaxed), n * (n - 1) / 2);
}

/// Handles that are dropped before, while and after their goroutines end, with outputs to be dropped.
fn dropped(mut random: Random) {
    let kept = Arc::new(());
    let mut handles = VecDeque::new();
    for _ in 0..random.below(1000) {
        let kept = kept.clone();
        let g = match random.below(3) {
            0 => go! { kept },
            1 => go! { runtime::Gosched(); kept },
            _ => go! { time::Sleep(time::Microsecond); kept },
        };
        handles.push_back(g);
        if random.below(2) == 0 {
            let at = random.below(handles.len() as u64) as usize;
            handles.swap_remove_back(at);
        }
    }
    for (n, g) in handles.into_iter().enumerate() {
        if n % 2 == 0 {
            drop(g.Wait().unwrap());
        }
    }
    while Arc::strong_count(&kept) > 1 {
        runtime::Gosched();
    }
}

fn panicking(mut random: Random) {
    fn plain(c: &Chan<int>) {
        c.Recv();
        panic!("plain");
    }
    for _ in 0..1 + random.below(20) {
        let c = chan!(int);
        let from = c.clone();
        let g = go! { plain(&from) };
        let inner = go! {
            let g = go! { panic!("inner") };
            g.Wait().unwrap_err().message().to_owned()
        };
        c.Send(1);
        assert_eq!(g.Wait().unwrap_err().message(), "plain");
        assert_eq!(inner.Wait().unwrap(), "inner");
    }
}

/// Ready after so many polls; until then its waker is given away each time, more than once.
struct Polls {
    left: u64,
    wakers: mpsc::Sender<Waker>,
}

impl Future for Polls {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        let waker = context.waker().clone();
        self.wakers.send(waker.clone()).unwrap();
        if self.left.is_multiple_of(2) {
            self.wakers.send(waker).unwrap();
        }
        if self.left.is_multiple_of(3) {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// Wakers that somebody keeps, also when there is nobody left to be woken.
static KEPT: Mutex<VecDeque<Waker>> = Mutex::new(VecDeque::new());

fn woken_by_others(mut random: Random) {
    let (wakers, given) = mpsc::channel::<Waker>();
    let all: Vec<_> = (0..1 + random.below(200))
        .map(|n| {
            runtime::spawn(Polls {
                left: n % 7,
                wakers: wakers.clone(),
            })
        })
        .collect();
    drop(wakers);
    let waking = thread::spawn(move || {
        while let Ok(waker) = given.recv() {
            match random.below(4) {
                0 => waker.wake_by_ref(),
                1 => {
                    let waker = waker.clone();
                    thread::spawn(|| waker.wake());
                }
                _ => {
                    // By value, which is another way than by reference.
                    let waker = waker.clone();
                    waker.wake();
                }
            }
            let mut kept = KEPT.lock().unwrap();
            kept.push_back(waker);
            if kept.len() > 500 {
                let old = kept.pop_front();
                drop(kept);
                let old = old.unwrap();
                old.wake_by_ref();
                if random.below(2) == 0 {
                    old.wake();
                }
            }
        }
    });
    for g in all {
        g.Wait().unwrap();
    }
    waking.join().unwrap();
}

fn plain_functions(mut random: Random) {
    fn echo(from: Chan<int>, to: Chan<int>) {
        for n in range!(from) {
            to.Send(n + 1);
        }
        close!(to);
    }
    let rounds = 1 + whole(random.below(30));
    let plays: Vec<_> = (0..1 + random.below(6))
        .map(|_| {
            let capacity = whole(random.below(2));
            let (a, b) = (chan!(int, capacity), chan!(int, capacity));
            let (from, to) = (a.clone(), b.clone());
            go! { echo(from, to) };
            let play = move || {
                let mut sum = 0;
                for n in 0..rounds {
                    a.Send(n);
                    sum += b.Recv().0;
                }
                close!(a);
                assert!(!b.Recv().1);
                sum
            };
            go! { play() }
        })
        .collect();
    for play in plays {
        assert_eq!(play.Wait(), Ok(sum_below(rounds) + rounds));
    }
}

fn hidden_calls(mut random: Random) {
    let all: Vec<_> = (0..random.below(20))
        .map(|n| {
            let length = Duration::from_micros(random.below(4000));
            go! { thread::sleep(length); n }
        })
        .collect();
    let count = all.len() as u64;
    let sum: u64 = all.into_iter().map(|g| g.Wait().unwrap()).sum();
    assert_eq!(sum, count * count.saturating_sub(1) / 2);
}

fn hogs(mut random: Random) {
    let ended = Arc::new(AtomicUsize::new(0));
    let number = random.below(4) as usize;
    let all: Vec<_> = (0..number)
        .map(|_| {
            let (length, ended) = (Duration::from_micros(random.below(15_000)), ended.clone());
            go! { computes(length); ended.fetch_add(1, SeqCst) }
        })
        .collect();
    for g in all {
        g.Wait().unwrap();
    }
    assert_eq!(ended.load(SeqCst), number);
}

fn timers(mut random: Random) {
    let all: Vec<_> = (0..random.below(300))
        .map(|n| {
            let length = time::Microsecond * whole(random.below(3000));
            match n % 6 {
                0 => go! { time::Sleep(length); 1 },
                1 => go! { whole(u64::from(time::After(length).Recv().1)) },
                2 => go! {
                    let never = chan!(int);
                    select! {
                        recv(never) => 0,
                        recv(time::After(length)) => 1,
                    }
                },
                3 => go! {
                    let c = chan!(int, 1);
                    c.Send(1);
                    select! {
                        recv(c) |v| => v,
                        recv(time::After(time::Hour)) => 0,
                    }
                },
                4 => go! {
                    let tick = time::NewTicker(length + time::Microsecond);
                    tick.C.Recv();
                    tick.C.Recv();
                    tick.Stop();
                    1
                },
                _ => go! {
                    let c = chan!(int, 1);
                    let to = c.clone();
                    let timer = time::AfterFunc(time::Hour, move || { to.TrySend(1); });
                    timer.Reset(length);
                    c.Recv().0
                },
            }
        })
        .collect();
    let count = whole(all.len() as u64);
    assert_eq!(
        all.into_iter().map(|g| g.Wait().unwrap()).sum::<int>(),
        count
    );
}

fn on_tokio(mut random: Random) {
    let all: Vec<_> = (0..1 + random.below(50))
        .map(|n| {
            let length = Duration::from_micros(random.below(2000));
            match n % 5 {
                0 => go! { tokio::time::sleep(length).await; 1 },
                1 => go! {
                    tokio::spawn(async move { go! { tokio::task::yield_now().await; 1 }.wait().await.unwrap() })
                        .await.unwrap()
                },
                2 => go! {
                    let c = chan!(int);
                    int::from(tokio::time::timeout(length, c.recv()).await.is_err())
                },
                3 => go! { tokio::task::spawn_blocking(|| go! { 1 }.Wait().unwrap()).await.unwrap() },
                _ => go! {
                    let (c, d) = (chan!(int), chan!(int));
                    let (to, theirs) = (c.clone(), d.clone());
                    let task = tokio::spawn(async move {
                        to.send(1).await.unwrap();
                        theirs.recv().await.unwrap()
                    });
                    let got = c.Recv().0;
                    d.Send(got);
                    task.await.unwrap()
                },
            }
        })
        .collect();
    let count = whole(all.len() as u64);
    assert_eq!(
        all.into_iter().map(|g| g.Wait().unwrap()).sum::<int>(),
        count
    );
}

fn sockets(mut random: Random) {
    let (number, rounds) = (1 + random.below(8), 1 + random.below(20));
    let address = chan!(Option<std::net::SocketAddr>, 1);
    let is_at = address.clone();
    let server = go! {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        is_at.Send(Some(listener.local_addr().unwrap()));
        let mut all = Vec::new();
        for _ in 0..number {
            let (mut stream, _) = listener.accept().await.unwrap();
            all.push(go! {
                let mut bytes = [0; 8];
                while stream.read_exact(&mut bytes).await.is_ok() {
                    stream.write_all(&bytes).await.unwrap();
                }
            });
        }
        for g in all {
            g.Wait().unwrap();
        }
    };
    let address = address.Recv().0.unwrap();
    let clients: Vec<_> = (0..number)
        .map(|_| {
            go! {
                let mut stream = TcpStream::connect(address).await.unwrap();
                for n in 0..rounds {
                    stream.write_all(&n.to_le_bytes()).await.unwrap();
                    assert_eq!(stream.read_u64_le().await.unwrap(), n);
                }
            }
        })
        .collect();
    for client in clients {
        client.Wait().unwrap();
    }
    server.Wait().unwrap();
}

fn messages(mut random: Random) {
    let capacity = [0, 1, 64][random.below(3) as usize];
    let (c, done) = (chan!(int, capacity), chan!(int));
    let (senders, receivers, each) = (
        1 + random.below(8),
        1 + random.below(8),
        whole(random.below(300)),
    );
    let wg = sync::WaitGroup::new();
    wg.Add(whole(senders));
    for _ in 0..senders {
        let (c, wg) = (c.clone(), wg.clone());
        go! {
            for n in 0..each {
                c.Send(n);
            }
            wg.Done();
        };
    }
    for kind in 0..receivers {
        let (c, done) = (c.clone(), done.clone());
        let sum = move || range!(c).sum::<int>();
        match kind % 3 {
            0 => drop(go! { done.Send(sum()) }),
            1 => drop(thread::spawn(move || done.Send(sum()))),
            _ => {
                drop(sum);
                done_later(done);
            }
        }
    }
    // At least one of them receives.
    let closer = c.clone();
    let from = c.clone();
    let last = go! {
        let mut sum = 0;
        for n in range!(from) {
            sum += n;
        }
        sum
    };
    go! { wg.Wait(); close!(closer) };
    let sum: int = (0..receivers).map(|_| done.Recv().0).sum();
    assert_eq!(
        sum + last.Wait().unwrap(),
        whole(senders) * each * (each - 1).max(0) / 2
    );
}

fn done_later(done: Chan<int>) {
    go! { time::Sleep(time::Microsecond); done.Send(0) };
}

fn locks(mut random: Random) {
    let mutex = Arc::new(sync::Mutex::new(0));
    let each = random.below(200);
    let all: Vec<_> = (0..8)
        .map(|kind| {
            let mutex = mutex.clone();
            if kind % 2 == 0 {
                go! {
                    for _ in 0..each {
                        let mut guard = mutex.Lock();
                        *guard += 1;
                        drop(guard);
                        runtime::Gosched();
                    }
                }
            } else {
                let plain = move || (0..each).for_each(|_| *mutex.Lock() += 1);
                go! { plain() }
            }
        })
        .collect();
    for g in all {
        g.Wait().unwrap();
    }
    assert_eq!(*mutex.Lock(), 8 * each);
}

thread_local! {
    static AT_END: Mutex<Option<Chan<int>>> = const { Mutex::new(None) };
}

struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        let c = AT_END.try_with(|c| c.lock().unwrap().take());
        if let Ok(Some(c)) = c {
            go! { c.Send(1) };
        }
    }
}

fn from_threads(mut random: Random) {
    thread_local! {
        static LAST: AtEnd = const { AtEnd };
    }
    let number = 1 + random.below(10);
    let c = chan!(int, 64);
    let threads: Vec<_> = (0..number)
        .map(|_| {
            let (c, mut random) = (c.clone(), random.fork());
            thread::spawn(move || {
                LAST.with(|_| {});
                AT_END.with(|end| *end.lock().unwrap() = Some(c.clone()));
                let g = go! { c.Send(1); 1 };
                if random.below(2) == 0 {
                    assert_eq!(g.Wait(), Ok(1));
                }
            })
        })
        .collect();
    assert_eq!((0..number).map(|_| c.Recv().0).sum::<int>(), whole(number));
    for thread in threads {
        thread.join().unwrap();
    }
}

fn foreign_runtimes(_: Random) {
    let work = || {
        let own = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let c = chan!(int);
        let to = c.clone();
        own.block_on(async move {
            go! { to.Send(1) };
            tokio::time::sleep(Duration::from_micros(100)).await;
            c.recv().await.unwrap() + c_of_a_plain_function()
        })
    };
    assert_eq!(work(), 3);
    if is_native() {
        assert_eq!(go! { work() }.Wait(), Ok(3));
    }
}

fn c_of_a_plain_function() -> int {
    let c = chan!(int);
    let to = c.clone();
    go! { to.Send(2) };
    c.Recv().0
}

/// What a round may do, by name.
type Job = (&'static str, fn(Random));

const JOBS: [Job; 15] = [
    ("joined", joined),
    ("detached", detached),
    ("dropped", dropped),
    ("panicking", panicking),
    ("woken_by_others", woken_by_others),
    ("plain_functions", plain_functions),
    ("hidden_calls", hidden_calls),
    ("hogs", hogs),
    ("timers", timers),
    ("on_tokio", on_tokio),
    ("sockets", sockets),
    ("messages", messages),
    ("locks", locks),
    ("from_threads", from_threads),
    ("foreign_runtimes", foreign_runtimes),
];

/// The round that runs, since when, and which of its jobs have not ended.
static ROUND: LazyLock<Mutex<(u64, Instant, Vec<&str>)>> =
    LazyLock::new(|| Mutex::new((0, Instant::now(), Vec::new())));

/// Ends the program when a round hangs, and says which.
fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        let round = ROUND.lock().unwrap();
        let (seed, start, jobs) = &*round;
        if start.elapsed() > PATIENCE {
            eprintln!(
                "the round of STRESS_SEED={seed} hangs in {jobs:?}, with {} goroutines and {} workers",
                runtime::NumGoroutine(),
                runtime::GOMAXPROCS(0),
            );
            std::process::abort();
        }
    }
}

/// Some jobs, each begun by a thread, while the number of workers changes.
fn round(seed: u64, workers: int) {
    let mut random = Random(seed);
    *ROUND.lock().unwrap() = (seed, Instant::now(), Vec::new());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let jobs: Vec<_> = (0..1 + random.below(5))
            .map(|_| {
                let (name, job) = JOBS[random.below(JOBS.len() as u64) as usize];
                let random = random.fork();
                ROUND.lock().unwrap().2.push(name);
                scope.spawn(move || {
                    job(random);
                    let jobs = &mut ROUND.lock().unwrap().2;
                    let at = jobs.iter().position(|&other| other == name).unwrap();
                    jobs.swap_remove(at);
                })
            })
            .collect();
        if is_native() && random.below(3) == 0 {
            let (mut random, is_over) = (random.fork(), &is_over);
            scope.spawn(move || {
                while !is_over.load(SeqCst) {
                    runtime::GOMAXPROCS(1 + whole(random.below(8)));
                    thread::sleep(Duration::from_micros(random.below(300)));
                }
            });
        }
        let failed: Vec<_> = jobs
            .into_iter()
            .filter_map(|job| job.join().err())
            .collect();
        is_over.store(true, SeqCst);
        assert!(failed.is_empty(), "STRESS_SEED={seed}");
    });
    if is_native() {
        runtime::GOMAXPROCS(workers);
    }
    while runtime::NumGoroutine() > 1 {
        thread::sleep(Duration::from_micros(50));
    }
}

fn stress() {
    let end = Instant::now() + common::stress_seconds();
    let seed = std::env::var("STRESS_SEED")
        .ok()
        .map(|seed| seed.parse().expect("a seed"));
    let first = seed.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_nanos() as u64 >> 10
    });
    let workers = runtime::GOMAXPROCS(0);
    println!(
        "{} with {workers} workers, STRESS_SEED={first}",
        runtime::scheduler()
    );
    thread::spawn(watch);
    let mut rounds = 0;
    while Instant::now() < end {
        round(first.wrapping_add(rounds), workers);
        rounds += 1;
    }
    KEPT.lock().unwrap().clear();
    assert_eq!(runtime::NumGoroutine(), 1);
    println!("{rounds} rounds");
}

fn on(workers: &str) {
    let only = std::env::var("STRESS_SCHEDULER").ok();
    for scheduler in runtime::schedulers() {
        if only.as_ref().is_none_or(|only| only == scheduler) {
            let output = common::rerun("body", scheduler, workers);
            let (text, errors) = (
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            );
            println!("{text}");
            assert!(
                output.status.success(),
                "{}\n{text}\n{errors}",
                output.status
            );
        }
    }
}

#[test]
fn one_worker() {
    on("1");
}

#[test]
fn two_workers() {
    on("2");
}

#[test]
fn eight_workers() {
    on("8");
}

#[test]
#[ignore = "run by the tests beside it"]
fn body() {
    stress();
}
