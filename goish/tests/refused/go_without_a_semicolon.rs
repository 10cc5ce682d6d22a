use goish::prelude::*;

fn main() {
    let c = chan!(int);
    let to = c.clone();
    go! {
        to.Send(1);
    }
    c.Recv();
}
