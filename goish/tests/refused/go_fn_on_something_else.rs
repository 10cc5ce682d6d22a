use goish::prelude::*;

#[go_fn]
struct Server;

#[go_fn]
mod elsewhere;

#[go_fn]
const fn constant() -> int {
    1
}

#[go_fn]
fn main() {}
