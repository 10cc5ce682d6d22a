//! Dining philosophers. Each fork is a mutex, and everybody takes the lower-numbered one first:
//! so nobody waits in a circle. The guard of the first is kept while waiting for the second.

use std::sync::Arc;

use goish::prelude::*;

fn main() {
    const MEALS: int = 10;
    let names = ["Platon", "Hypatia", "Kant", "Arendt", "Wittgenstein"];
    let forks: Arc<Vec<sync::Mutex<int>>> =
        Arc::new(names.iter().map(|_| sync::Mutex::new(0)).collect());

    let done = chan!(string);
    for (seat, name) in range!(names) {
        let (left, right) = (seat, (seat + 1) % names.len());
        let (first, second) = (left.min(right), left.max(right));
        let name = name.to_string();
        go! {
            for _ in range!(MEALS) {
                let mut one = forks[first].Lock();
                runtime::Gosched();
                let mut other = forks[second].Lock();
                *one += 1;
                *other += 1;
            }
            done.Send(name);
        };
    }
    for _ in range!(names) {
        println!("{} is full", done.Recv().0);
    }
    let used: int = (0..names.len()).map(|fork| *forks[fork].Lock()).sum();
    assert_eq!(used, 2 * MEALS * names.len() as int);
}
