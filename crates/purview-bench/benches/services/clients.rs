use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// So many connections, each with one request after the other.
const CLIENTS: usize = 16;
const ASKED: &[u8] = b"GET / HTTP/1.1\r\nhost: bench\r\nx-request-timeout-ms: 1000\r\n\r\n";
const END: &[u8] = b"reviews: 7 letters";

/// Asks for that long; gives how long each answer took.
pub(crate) async fn ask(address: SocketAddr, long: Duration) -> Vec<Duration> {
    let until = Instant::now() + long;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(keep_asking(address, until));
    }
    clients.join_all().await.concat()
}

async fn keep_asking(address: SocketAddr, until: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    let mut answer = Vec::with_capacity(1024);
    let mut took = Vec::new();
    while Instant::now() < until {
        let begun = Instant::now();
        stream.write_all(ASKED).await.expect("it reads");
        answer.clear();
        while !answer.ends_with(END) {
            let read = stream.read_buf(&mut answer).await.expect("it answers");
            assert_ne!(read, 0, "{}", String::from_utf8_lossy(&answer));
        }
        assert!(
            answer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
        took.push(begun.elapsed());
    }
    took
}
