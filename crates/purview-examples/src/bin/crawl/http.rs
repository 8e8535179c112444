use std::{
    fmt, io,
    net::{SocketAddr, TcpStream},
};

use async_io::Async;
use futures::{AsyncReadExt, AsyncWriteExt};

/// Neither a page nor a request is longer.
const LONGEST: usize = 1 << 20;

/// What a server said.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

/// One request, one connection.
pub(crate) async fn get(server: SocketAddr, path: &str) -> io::Result<Response> {
    let mut stream = Async::<TcpStream>::connect(server).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    (&mut stream).take(LONGEST as u64).read_to_end(&mut bytes).await?;
    parse_response(&bytes)
}

fn parse_response(bytes: &[u8]) -> io::Result<Response> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes).map_err(malformed)? else {
        return Err(malformed("the response ends in its head"));
    };
    let location = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("location"))
        .map(|header| String::from_utf8_lossy(header.value).into_owned());
    Ok(Response {
        status: response.code.unwrap_or_default(),
        location,
        body: String::from_utf8_lossy(&bytes[head..]).into_owned(),
    })
}

/// Reads one request's head; its path.
pub(crate) async fn read_request(stream: &mut Async<TcpStream>) -> io::Result<String> {
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST {
        let mut chunk = [0; 1024];
        let length = stream.read(&mut chunk).await?;
        if length == 0 {
            return Err(malformed("the request ends in its head"));
        }
        bytes.extend_from_slice(&chunk[..length]);
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        if request.parse(&bytes).map_err(malformed)?.is_complete() {
            return Ok(request.path.unwrap_or_default().to_owned());
        }
    }
    Err(malformed("the request's head has no end"))
}

pub(crate) fn response(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn malformed(reason: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_string())
}

/// The addresses in a page's `href` attributes.
pub(crate) fn links(html: &str) -> impl Iterator<Item = &str> {
    html.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(link, _)| link)
}
