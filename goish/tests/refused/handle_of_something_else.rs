use goish::Handle;
use goish::prelude::*;

#[derive(Handle)]
struct Counter {
    changed: Chan<()>,
    count: int,
}

#[derive(Handle)]
union Either {
    one: u8,
    other: i8,
}

fn main() {}
