use goish::prelude::*;

fn main() {
    let numbers = vec![1, 2, 3];
    let borrowed = &numbers;
    go! {
        println!("{}", borrowed.len());
    };
}
