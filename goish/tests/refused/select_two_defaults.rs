use goish::prelude::*;

fn main() {
    let c = chan!(int);
    select! {
        recv(c) => {}
        default => {}
        default => {}
    }
}
