//! `tcp-echo`: goroutines that ask, and goroutines that answer the same, over TCP on loopback within
//! this process.
//!
//! Timed: from before the first question until the last answer, all connections being open. A
//! question is 64 bytes, and each connection has one under way.

use std::io;
use std::time::Duration;

use goish::{Goroutine, runtime};
use goish_results::record::Figure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{figure, join, nanoseconds_per, scaled, verify};
use crate::stage::{Stage, Wrong};

const QUESTION: usize = 64;

/// Over one connection, and over many together.
const REQUESTS_OF_ONE: u64 = 10_000;
const REQUESTS_OF_MANY: u64 = 50_000;

pub(super) async fn sample(
    connections: u64,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let requests = match connections {
        1 => scaled(REQUESTS_OF_ONE, scale, 1),
        _ => scaled(REQUESTS_OF_MANY, scale, 1),
    };
    let connections = scaled(connections, scale, 1);
    let each = requests.div_ceil(connections);
    crate::memory::allow_open_files();
    stage.expect(connections * each);
    let elapsed = ask(connections, each, stage).await?;
    let requests = connections * each;
    Ok(vec![
        nanoseconds_per("per-request", elapsed, requests),
        figure(
            "requests-per-second",
            "per second",
            requests as f64 / elapsed.as_secs_f64(),
        ),
    ])
}

async fn ask(connections: u64, each: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(network)?;
    let address = listener.local_addr().map_err(network)?;
    drop(runtime::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(runtime::spawn(answer(stream)));
        }
    }));
    let mut streams = Vec::new();
    for _ in 0..connections {
        let mut stream = TcpStream::connect(address).await.map_err(network)?;
        stream.set_nodelay(true).map_err(network)?;
        // The warm-up, and the other end is surely there.
        question(&mut stream, 0).await.map_err(network)?;
        streams.push(stream);
    }
    let clock = stage.start().await;
    let clients: Vec<Goroutine<io::Result<u64>>> = streams
        .into_iter()
        .map(|mut stream| {
            let stage = stage.clone();
            runtime::spawn(async move {
                let mut answered = 0;
                for number in 0..each {
                    question(&mut stream, number).await?;
                    answered += 1;
                }
                stage.advance(answered);
                Ok(answered)
            })
        })
        .collect();
    let mut answered = 0;
    for client in clients {
        answered += join(client).await.map_err(network)?;
    }
    let elapsed = clock.stop();
    verify(answered, connections * each)?;
    Ok(elapsed)
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut question = [0; QUESTION];
    loop {
        stream.read_exact(&mut question).await?;
        stream.write_all(&question).await?;
    }
}

/// Asks, and holds the answer against the question.
async fn question(stream: &mut TcpStream, number: u64) -> io::Result<()> {
    let mut asked = [0; QUESTION];
    asked[..8].copy_from_slice(&number.to_le_bytes());
    let mut answered = [0; QUESTION];
    stream.write_all(&asked).await?;
    stream.read_exact(&mut answered).await?;
    match asked == answered {
        true => Ok(()),
        false => Err(io::Error::other("the answer is not the question")),
    }
}

fn network(error: io::Error) -> Wrong {
    Wrong::Failed(format!("the network failed: {error}"))
}
