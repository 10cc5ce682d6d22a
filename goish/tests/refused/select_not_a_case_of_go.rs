//! Arms that look like Go's and are none.

use goish::prelude::*;

fn main() {
    let c = chan!(int);
    select! {
    case c:
        println!("received");
    }
    select! {
    case v := c:
        println!("{v}");
    }
    select! {
    case a, b, d := <-c:
        println!("{a} {b} {d}");
    }
    select! {
    case v := <-c
    }
}
