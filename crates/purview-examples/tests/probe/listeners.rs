use std::{
    io::Write,
    net::{SocketAddr, TcpListener},
    thread,
};

/// A listener that greets each client, for as long as this process lives.
pub(crate) fn answering() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // Clients that were cancelled have hung up.
            let _ = stream.and_then(|mut stream| stream.write_all(b"hello\r\n"));
        }
    });
    address
}

/// A listener that never accepts: the system completes the handshake, and no answer comes.
pub(crate) fn silent() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// A port on which nothing listens.
pub(crate) fn refusing() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
