use goish::prelude::*;

fn produce(out: RecvChan<int>) {
    out.Send(1);
    out.TrySend(1);
    close!(out);
    select! {
        send(out, 1) => {}
    }
}

fn main() {
    let c = chan!(int);
    produce(c.Receiver());
    let out = c.Receiver();
    go! {
        out.Send(1);
        select! {
            send(out, 1) => {}
            default => {}
        }
        close!(out);
    };
}
