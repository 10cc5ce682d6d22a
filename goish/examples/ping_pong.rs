//! Ping-pong over one table, with a referee who ends the game.

use goish::prelude::*;

#[derive(Default)]
struct Ball {
    hits: int,
}

fn main() {
    let table = chan!(Ball);
    let whistle = chan!(());
    let mut players = vec![];
    for name in ["ping", "pong"] {
        players.push(go! {
            let mut strokes = 0;
            loop {
                let mut ball = select! {
                    recv(table) |ball| => ball,
                    recv(whistle) => break,
                };
                ball.hits += 1;
                strokes += 1;
                select! {
                    send(table, ball) => {}
                    recv(whistle) => break,
                }
            }
            println!("{name}: {strokes} strokes");
            strokes
        });
    }

    // The referee serves, watches the game, takes the ball away, and blows the whistle.
    let referee = go! {
        table.Send(Ball::default());
        time::Sleep(20 * time::Millisecond);
        let (ball, _) = table.Recv();
        close!(whistle);
        ball.hits
    };

    let hits = referee.Wait().expect("the referee does not panic");
    let strokes: int = players
        .into_iter()
        .map(|player| player.Wait().expect("the players do not panic"))
        .sum();
    println!("the ball was hit {hits} times");
    assert_eq!(hits, strokes);
    assert!(hits > 0);
}
