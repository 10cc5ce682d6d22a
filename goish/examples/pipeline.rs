//! A pipeline whose stages all end when `done` is closed, as in the Go blog's article on
//! pipelines and cancellation: nobody is left behind, parked on a send that never comes through.

use goish::prelude::*;

fn generate(done: &Chan<()>, count: int) -> Chan<int> {
    let out = chan!(int);
    let done = done.clone();
    go! {
        for number in range!(count) {
            select! {
            case out <- number:
            case <-done:
                break;
            }
        }
        close!(out);
    };
    out
}

fn square(done: &Chan<()>, numbers: Chan<int>) -> Chan<int> {
    let out = chan!(int);
    let done = done.clone();
    go! {
        for number in range!(numbers) {
            select! {
            case out <- number * number:
            case <-done:
                break;
            }
        }
        close!(out);
    };
    out
}

fn merge(done: &Chan<()>, inputs: Vec<Chan<int>>) -> Chan<int> {
    let out = chan!(int);
    let done = done.clone();
    let wg = sync::WaitGroup::new();
    for input in inputs {
        wg.Add(1);
        go! {
            for number in range!(input) {
                select! {
                case out <- number:
                case <-done:
                    break;
                }
            }
            wg.Done();
        };
    }
    go! {
        wg.Wait();
        close!(out);
    };
    out
}

fn main() {
    // To the end: every number comes through, in some order.
    let done = chan!(());
    let numbers = generate(&done, 100);
    let squares = (0..4).map(|_| square(&done, numbers.clone())).collect();
    let mut sum = 0;
    for square in range!(merge(&done, squares)) {
        sum += square;
    }
    println!("the squares below 100² sum up to {sum}");
    assert_eq!(sum, 328_350);

    // Cancelled: after the first few, closing `done` lets every stage go home.
    let numbers = generate(&done, int::MAX);
    let squares = (0..4).map(|_| square(&done, numbers.clone())).collect();
    let merged = merge(&done, squares);
    for _ in range!(3) {
        println!("one of many: {}", merged.Recv().0);
    }
    close!(done);
    while runtime::NumGoroutine() > 1 {
        runtime::Gosched();
    }
    println!("everybody has gone home");
}
