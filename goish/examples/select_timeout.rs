//! `select!` with a timeout, a heartbeat and a default.

use goish::prelude::*;

fn ask(answer_after: time::Duration, patience: time::Duration) -> string {
    let answers = chan!(string, 1);
    go! {
        time::Sleep(answer_after);
        answers.Send("forty-two".into());
    };
    select! {
        recv(answers) |answer| => answer,
        recv(time::After(patience)) => "no answer in time".into(),
    }
}

fn main() {
    let quick = ask(time::Millisecond, time::Minute);
    let slow = ask(time::Hour, 20 * time::Millisecond);
    println!("quick: {quick}; slow: {slow}");
    assert_eq!(
        (quick.as_str(), slow.as_str()),
        ("forty-two", "no answer in time")
    );

    // A heartbeat while a goroutine works.
    let result = chan!(int);
    go! {
        time::Sleep(50 * time::Millisecond);
        result.Send(7);
    };
    let beat = time::Tick(10 * time::Millisecond);
    let mut beats = 0;
    let value = loop {
        select! {
            recv(beat) => beats += 1,
            recv(result) |value| => break value,
        }
    };
    println!("{value}, after {beats} beats");
    assert_eq!(value, 7);

    // Nothing is there, and nobody waits for it.
    let idle = chan!(int);
    let found = select! {
        recv(idle) |value, ok| => Some((value, ok)),
        default => None,
    };
    assert_eq!(found, None);
}
