use std::{
    fmt, io,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use async_io::Async;
use futures::{AsyncReadExt, AsyncWriteExt};

use crate::targets::Target;

/// Why a target has not answered.
#[derive(Debug)]
pub(crate) enum Miss {
    Refused,
    TimedOut(Duration),
    Failed(io::Error),
}

impl From<io::Error> for Miss {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::ConnectionRefused {
            Self::Refused
        } else {
            Self::Failed(error)
        }
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("no program listens on this port"),
            Self::TimedOut(patience) => write!(f, "no answer within {}", humantime::format_duration(*patience)),
            Self::Failed(error) if is_out_of_descriptors(error) => {
                write!(f, "{error}; lower --limit or raise `ulimit -n`")
            }
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// `ENFILE` and `EMFILE`, which have these numbers on every Unix, and their sibling on Windows.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24 | 10024))
}

/// The first words of `target`'s answer.
pub(crate) async fn probe(target: &Target, patience: Duration) -> Result<String, Miss> {
    match purview::timeout(patience, ask(target)).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Miss::TimedOut(patience)),
    }
}

async fn ask(target: &Target) -> io::Result<String> {
    let mut stream = connect(target).await?;
    // Servers that speak first may have greeted and hung up already, so a failed write says nothing: the read decides.
    let _ = stream
        .write_all(format!("HEAD / HTTP/1.0\r\nHost: {target}\r\n\r\n").as_bytes())
        .await;
    let mut answer = [0; 64];
    match stream.read(&mut answer).await? {
        0 => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "closed the connection without an answer",
        )),
        n => Ok(first_line(&answer[..n])),
    }
}

async fn connect(target: &Target) -> io::Result<Async<TcpStream>> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for address in resolve(target).await? {
        match Async::<TcpStream>::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The resolver of the standard library blocks, so names go to a thread that may. One given up on is not waited for.
async fn resolve(target: &Target) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = target.host.parse::<IpAddr>() {
        return Ok(vec![(address, target.port).into()]);
    }
    let name = (target.host.clone(), target.port);
    blocking::unblock(move || Ok(name.to_socket_addrs()?.collect())).await
}

fn first_line(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_control() { '.' } else { c })
        .collect()
}
