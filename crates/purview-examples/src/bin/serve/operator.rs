use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_io::Async;
use futures::{AsyncReadExt, AsyncWriteExt};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use purview::inspect::{self, Observer, Options, Report};
use purview_examples::cli;

use crate::{numbers::Numbers, service::OUT_OF_SOCKETS};

/// Requests whose headers are longer are not read further.
const LONGEST_REQUEST: usize = 8192;
/// How long a client may take to ask, and to read the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many reports are kept for the page.
const REPORTS: usize = 100;
const PAGE: &str = include_str!("operator.html");

/// What operators ask over HTTP: the live tree as text, as JSON and as a page; what was reported; and metrics.
#[derive(Debug)]
pub(crate) struct Operator {
    listener: Async<TcpListener>,
    reports: Reports,
    numbers: PrometheusHandle,
}

/// The last reports, newest first, as lines.
#[derive(Clone, Debug, Default)]
struct Reports(Arc<Mutex<VecDeque<String>>>);

impl Observer for Reports {
    fn reported(&self, report: &Report) {
        let line = report.to_string();
        cli::warn(&line);
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_front(line);
        lines.truncate(REPORTS);
    }
}

impl Operator {
    /// Inspects the process from now on, and listens.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = Async::<TcpListener>::bind(address)?;
        let numbers = PrometheusBuilder::new().install_recorder().map_err(io::Error::other)?;
        let reports = Reports::default();
        let options = Options::new()
            .observer(reports.clone())
            .observer(Numbers::default())
            .slow_poll(Duration::from_millis(50))
            .not_polled_again(Duration::from_secs(2))
            .held_up(Duration::from_secs(2))
            .check_every(Duration::from_secs(1));
        inspect::enable(options).map_err(io::Error::other)?;
        Ok(Self {
            listener,
            reports,
            numbers,
        })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.get_ref().local_addr()
    }

    /// Answers one client after the other; meant to be a daemon.
    pub(crate) async fn serve(&self) -> io::Result<()> {
        loop {
            match self.listener.accept().await {
                // A client that disconnects or is slow gets no answer.
                Ok((stream, _)) => drop(purview::timeout(PATIENCE, self.answer(stream)).await),
                // Not a failure: that would end the server, which has no other use for this daemon.
                Err(error) => {
                    cli::warn(format_args!("cannot accept an operator: {error}"));
                    purview::sleep(OUT_OF_SOCKETS).await;
                }
            }
        }
    }

    async fn answer(&self, mut stream: Async<TcpStream>) -> io::Result<()> {
        let mut request = Vec::new();
        let path = loop {
            let mut part = [0; 1024];
            let n = stream.read(&mut part).await?;
            request.extend_from_slice(&part[..n]);
            if let Some(path) = path_of(&request) {
                break path;
            }
            if n == 0 || request.len() > LONGEST_REQUEST {
                return Ok(());
            }
        };
        let (status, kind, body) = self.page(&path);
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}; charset=utf-8\r\ncontent-length: {}\r\n\
             cache-control: no-store\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.close().await
    }

    fn page(&self, path: &str) -> (&'static str, &'static str, String) {
        let json =
            |value: serde_json::Result<String>| value.unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
        match path {
            "/" => ("200 OK", "text/html", PAGE.to_owned()),
            "/scopes" => ("200 OK", "text/plain", inspect::snapshot().to_string()),
            "/scopes.json" => (
                "200 OK",
                "application/json",
                json(serde_json::to_string(&inspect::snapshot())),
            ),
            "/reports.json" => {
                let lines = self.reports.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
                ("200 OK", "application/json", json(serde_json::to_string(&lines)))
            }
            "/metrics" => ("200 OK", "text/plain", self.numbers.render()),
            _ => ("404 Not Found", "text/plain", "no such page\n".to_owned()),
        }
    }
}

/// The path that is asked for, once the whole head of the request is here.
fn path_of(request: &[u8]) -> Option<String> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(request) {
        Ok(status) if status.is_complete() => Some(parsed.path.unwrap_or_default().to_owned()),
        Ok(_) => None,
        Err(_) => Some(String::new()),
    }
}
