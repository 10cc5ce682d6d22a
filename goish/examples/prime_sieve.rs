//! The concurrent prime sieve of Go's tour: one goroutine per prime, daisy-chained.

use goish::prelude::*;

/// Sends 2, 3, 4, … for as long as somebody listens.
#[go_fn]
fn generate(numbers: Chan<int>, quit: Chan<()>) {
    let mut number = 2;
    loop {
        select! {
            send(numbers, number) => number += 1,
            recv(quit) => return,
        }
    }
}

/// Passes on what the prime does not divide.
#[go_fn]
fn filter(from: Chan<int>, to: Chan<int>, prime: int, quit: Chan<()>) {
    loop {
        let number = select! {
            recv(from) |number| => number,
            recv(quit) => return,
        };
        if number % prime == 0 {
            continue;
        }
        select! {
            send(to, number) => {}
            recv(quit) => return,
        }
    }
}

#[goish::main]
fn main() {
    let quit = chan!(());
    let mut numbers = chan!(int);
    go! { generate(numbers, quit) };
    let mut primes = vec![];
    for _ in range!(25) {
        let (prime, _) = numbers.Recv();
        primes.push(prime);
        let filtered = chan!(int);
        go! { filter(numbers, filtered, prime, quit) };
        numbers = filtered;
    }
    close!(quit);

    println!("{primes:?}");
    assert_eq!(primes.last(), Some(&97));
    assert_eq!(primes.iter().sum::<int>(), 1060);
}
