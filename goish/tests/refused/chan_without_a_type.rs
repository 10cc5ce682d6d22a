use goish::prelude::*;

fn main() {
    let c = chan!();
    let d = chan!(int, 1, 2);
    close!();
    for _ in range!() {}
    for _ in range!(c, d) {}
}
