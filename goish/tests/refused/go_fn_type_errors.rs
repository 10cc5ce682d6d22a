use goish::prelude::*;

#[go_fn]
fn wrong_value(c: Chan<int>) -> string {
    c.Recv().0
}

#[go_fn]
fn no_value(c: Chan<int>) -> int {
    c.Recv();
}

#[go_fn]
fn unused(c: Chan<int>, count: int) {
    close!(c);
}

fn main() {
    let c = chan!(int);
    go! {
        wrong_value("text");
        wrong_value(c, 1);
    };
}
