use goish::prelude::*;

struct Counter {
    hits: int,
    name: string,
}

fn increment(n: &mut int) {
    *n += 1;
}

fn main() {
    let mut n = 0;
    let mut total: f64 = 1.5;
    let mut counter = Counter { hits: 0, name: "c".into() };
    let mut found = [false; 4];
    let c = chan!(int);
    go! {
        n += 1;
        total = 2.0;
        counter.hits += 1;
        found[1] = true;
        increment(&mut n);
        c.Send(n);
    };
    println!("{n} {total} {} {} {found:?}", counter.hits, counter.name);

    // What has moved, and what the goroutine declares, is its own without a doubt.
    let mut list = vec![1];
    go! {
        let mut n = n;
        n += 1;
        list = vec![n];
        list[0] += 1;
        c.Send(list[0]);
    };
}
