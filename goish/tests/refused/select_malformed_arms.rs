use goish::prelude::*;

fn main() {
    let c = chan!(int);
    select! {
        send(c) => {}
    }
    select! {
        recv() => {}
    }
    select! {
        recv(c, 1) => {}
    }
    select! {
        recv(c) |a, b, c| => {}
    }
    select! {
        recv(c) |v| -> {}
    }
    select! {
        recv(c) |v| => drop(v)
        default => {}
    }
    select! {
        42 => {}
    }
}
