use goish::prelude::*;

fn consume(_: RecvChan<int>) {}

fn main() {
    let c = chan!(int);
    let to = c.Sender();
    let back: Chan<int> = to.into();
    let from: RecvChan<int> = c.Sender().into();
    consume(back.clone());
    consume(to);
    drop(from);
}
