use goish::prelude::*;

struct Nothing;

fn main() {
    let nothing = Nothing;
    go! {
        nothing.Recv();
        nothing.Send(1);
    };
}
