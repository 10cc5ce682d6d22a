use goish::prelude::*;

fn main() {
    let c = chan!(int);
    select! {
        receive(c) |v| => drop(v),
    }
    go! {
        select! {
            recv(c) |v| => drop(v),
            timeout(time::Second) => {}
        }
    };
}
