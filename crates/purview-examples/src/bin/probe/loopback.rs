use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use async_io::Async;
use futures::AsyncWriteExt;
use purview::{FailFast, Scope};

use crate::{record::Outcome, targets::Target};

/// What a listener of our own is there to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Answers,
    Slow,
    Silent,
    Refuses,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::Refuses => "refuses",
        }
    }

    /// Whether `outcome` is what this listener is there to show, or the policy stopped its probe before.
    pub(crate) fn shows(self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Answered(_) => matches!(self, Self::Answers | Self::Slow),
            Outcome::TimedOut(_) => self == Self::Silent,
            Outcome::Refused(_) => self == Self::Refuses,
            Outcome::Failed(_) => false,
            Outcome::Cancelled => true,
        }
    }
}

/// Listeners of our own, one for each way a target can behave.
#[derive(Debug)]
pub(crate) struct Loopback {
    prompt: Async<TcpListener>,
    slow: Async<TcpListener>,
    silent: Async<TcpListener>,
    closed: SocketAddr,
}

impl Loopback {
    pub(crate) fn bind() -> io::Result<Self> {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let bind = || Async::<TcpListener>::bind(any_port);
        // Bound and dropped: no program listens on this port now.
        let closed = TcpListener::bind(any_port)?.local_addr()?;
        Ok(Self {
            prompt: bind()?,
            slow: bind()?,
            silent: bind()?,
            closed,
        })
    }

    pub(crate) fn targets(&self) -> io::Result<Vec<Target>> {
        Ok(vec![
            Target::loopback(self.prompt.get_ref().local_addr()?, Role::Answers),
            Target::loopback(self.slow.get_ref().local_addr()?, Role::Slow),
            Target::loopback(self.silent.get_ref().local_addr()?, Role::Silent),
            Target::loopback(self.closed, Role::Refuses),
        ])
    }

    /// Serves until the scope's last ordinary child has ended: daemons never keep a scope open.
    pub(crate) fn serve<'env>(&'env self, scope: &Scope<'env, FailFast<io::Error>>) {
        let slowly = Duration::from_millis(300);
        let daemon = |name| scope.task().name(name).daemon();
        drop(daemon("prompt listener").spawn(answer_after(&self.prompt, Duration::ZERO)));
        drop(daemon("slow listener").spawn(answer_after(&self.slow, slowly)));
        drop(daemon("silent listener").spawn(never_answer(&self.silent)));
    }
}

async fn answer_after(listener: &Async<TcpListener>, delay: Duration) -> io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        purview::sleep(delay).await;
        // A client that has hung up meanwhile is its own affair.
        let _ = stream.write_all(b"hello\r\n").await;
    }
}

async fn never_answer(listener: &Async<TcpListener>) -> io::Result<()> {
    let mut kept: Vec<Async<TcpStream>> = Vec::new();
    loop {
        kept.push(listener.accept().await?.0);
    }
}
