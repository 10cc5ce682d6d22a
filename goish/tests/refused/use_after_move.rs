use goish::prelude::*;

fn main() {
    let c = chan!(int);
    let values = vec![1, 2, 3];
    go! {
        for value in values {
            c.Send(value);
        }
    };
    c.Recv();
    println!("{}", values.len());
}
