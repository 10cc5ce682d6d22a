use goish::prelude::*;

fn consume(from: SendChan<int>) {
    from.Recv();
    from.RecvOk();
    from.TryRecv();
    for _ in range!(from) {}
    select! {
        recv(from) => {}
    }
}

fn main() {
    let c = chan!(int);
    consume(c.Sender());
    let from = c.Sender();
    go! {
        from.RecvOk();
        for v in range!(from) {
            println!("{v}");
        }
        select! {
            recv(from) |v| => println!("{v}"),
            default => {}
        }
    };
}
