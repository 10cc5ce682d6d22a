use goish::prelude::*;

#[go_fn]
fn worker(c: Chan<int>) {
    c.Send(1);
}

fn main() {
    worker(chan!(int));
}
