use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_io::Async;
use futures::AsyncWriteExt;
use purview::{FailFast, Scope};

use crate::http;

/// How many pages there are: `/page/0` to `/page/1999`.
pub(crate) const PAGES: usize = 2_000;

/// A site on loopback, some of whose pages are trouble.
#[derive(Debug)]
pub(crate) struct Site {
    listener: Async<TcpListener>,
    /// How often each flaky page was asked for.
    asked: Mutex<HashMap<usize, usize>>,
}

/// How a page behaves.
#[derive(Clone, Copy, Debug)]
enum Page {
    Ordinary,
    Slow,
    /// Answers 503 twice.
    Flaky,
    /// Answers 500, always.
    Broken,
    /// Never answers.
    Silent,
    /// Redirects to itself by way of another address.
    Circle,
}

impl Page {
    fn number(n: usize) -> Self {
        match n {
            _ if n % 97 == 13 => Self::Slow,
            _ if n % 101 == 17 => Self::Flaky,
            _ if n % 199 == 23 => Self::Broken,
            _ if n % 499 == 29 => Self::Silent,
            _ if n % 401 == 31 => Self::Circle,
            _ => Self::Ordinary,
        }
    }
}

impl Site {
    pub(crate) fn open() -> io::Result<Self> {
        let listener = Async::<TcpListener>::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self {
            listener,
            asked: Mutex::default(),
        })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.get_ref().local_addr()
    }

    /// Answers requests for as long as `scope` has anything else to do.
    pub(crate) async fn serve<'env>(&'env self, scope: Scope<'env, FailFast<io::Error>>) -> io::Result<()> {
        loop {
            let (stream, peer) = self.listener.accept().await?;
            let answer = async move {
                // A client that gave up has hung up, which is no failure of the site.
                let _ = self.answer(stream).await;
                Ok(())
            };
            let request = scope.task().name(format!("request of {peer}")).daemon();
            drop(request.spawn(answer));
        }
    }

    async fn answer(&self, mut stream: Async<TcpStream>) -> io::Result<()> {
        let path = http::read_request(&mut stream).await?;
        let response = match path
            .strip_prefix("/page/")
            .and_then(|n| n.parse().ok())
            .filter(|n| *n < PAGES)
        {
            Some(n) => self.page(n).await,
            None => match path.strip_prefix("/turn/") {
                Some(n) => http::redirect(&format!("/page/{n}")),
                None => http::response("404 Not Found", "no such page"),
            },
        };
        stream.write_all(response.as_bytes()).await
    }

    async fn page(&self, n: usize) -> String {
        match Page::number(n) {
            Page::Ordinary => {}
            Page::Slow => purview::sleep(Duration::from_millis(300)).await,
            Page::Flaky => {
                let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
                let times = asked.entry(n).or_default();
                *times += 1;
                if *times <= 2 {
                    return http::response("503 Service Unavailable", "try again");
                }
            }
            Page::Broken => return http::response("500 Internal Server Error", "broken"),
            Page::Silent => std::future::pending().await,
            Page::Circle => return http::redirect(&format!("/turn/{n}")),
        }
        http::response("200 OK", &text(n))
    }
}

/// A page links to its neighbours on a ring, to two pages far away, and to itself.
fn text(n: usize) -> String {
    let links = [n, n + 1, n + PAGES - 1, 2 * n + 1, 2 * n + 2];
    let links: Vec<String> = links
        .map(|to| format!("<a href=\"/page/{0}\">page {0}</a>", to % PAGES))
        .into();
    format!(
        "<title>Page {n}</title>\n{}\n{}",
        links.join("\n"),
        "filler ".repeat(n % 500)
    )
}
