use goish::prelude::*;

fn main() {
    for _ in range!(1.5) {}
    for _ in range!(std::iter::repeat(1)) {}
}
