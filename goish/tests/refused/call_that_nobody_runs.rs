#![deny(unused_must_use)]

use goish::prelude::*;

#[go_fn]
fn work(c: Chan<int>) -> Result<int, string> {
    Ok(c.Recv().0)
}

fn main() {
    let c = chan!(int);
    work(c.clone());
    let closure = || {
        work(c.clone());
    };
    closure();
    // The call runs here, and what it gives is not looked at.
    go! {
        work(c);
    };
}
