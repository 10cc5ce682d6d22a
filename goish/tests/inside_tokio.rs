//! What goroutines may use of the tokio runtime that they run in.

use goish::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

mod common;
use common::on_one_and_two_workers;

/// Answers every connection with what it says.
async fn echo(listener: TcpListener) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        go! {
            let mut bytes = [0; 16];
            loop {
                match stream.read(&mut bytes).await.unwrap() {
                    0 => break,
                    n => stream.write_all(&bytes[..n]).await.unwrap(),
                }
            }
        };
    }
}

on_one_and_two_workers! {
    fn connections() {
        let address = chan!(Option<std::net::SocketAddr>);
        let is_at = address.clone();
        go! {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            is_at.Send(Some(listener.local_addr().unwrap()));
            echo(listener).await;
        };
        let address = address.Recv().0.unwrap();
        let clients: Vec<_> = (0..10).map(|n| go! {
            let mut stream = TcpStream::connect(address).await.unwrap();
            for round in 0..100 {
                let sent = [n, round];
                let mut received = [0; 2];
                stream.write_all(&sent).await.unwrap();
                stream.read_exact(&mut received).await.unwrap();
                assert_eq!(received, sent);
            }
        }).collect();
        for client in clients {
            client.Wait().unwrap();
        }
        assert_eq!(runtime::blocking_calls(), []);
    }

    fn timers_tasks_and_threads() {
        let g = go! {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            let task = tokio::spawn(async { 1 });
            let thread = tokio::task::spawn_blocking(|| 2);
            let sum = task.await.unwrap() + thread.await.unwrap();
            let c = chan!(int, 1);
            c.Send(3);
            let never = std::future::pending::<()>();
            let received = tokio::select! {
                received = c.recv() => received.unwrap(),
                () = never => 0,
            };
            sum + received
        };
        assert_eq!(g.Wait(), Ok(6));
        let timeout = go! {
            let c = chan!(int);
            let limit = std::time::Duration::from_millis(1);
            tokio::time::timeout(limit, c.recv()).await.is_err()
        };
        assert_eq!(timeout.Wait(), Ok(true));
    }
}
