use goish::prelude::*;

fn main() {
    let c = chan!(int);
    go! {
        c.Send("text");
    };
}
