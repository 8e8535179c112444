use std::{
    io::{self, ErrorKind, Read},
    net::TcpStream,
};

use async_io::Async;
use futures::AsyncReadExt;

const LONGEST: usize = 64 * 1024;

/// The lines that come in on a connection. Dropping [`next`](Lines::next) half-way loses nothing: what has arrived is kept here.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    stream: &'a Async<TcpStream>,
    arrived: Vec<u8>,
    closed: bool,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(stream: &'a Async<TcpStream>) -> Self {
        Self {
            stream,
            arrived: Vec::new(),
            closed: false,
        }
    }

    /// The next line without its end, or `None` once the client has closed its side.
    pub(crate) async fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(line) = self.take() {
                return Ok(Some(line));
            }
            if self.closed {
                return Ok(None);
            }
            if self.arrived.len() > LONGEST {
                return Err(io::Error::new(
                    ErrorKind::InvalidData,
                    format!("a line longer than {LONGEST} bytes"),
                ));
            }
            let mut chunk = [0; 1024];
            let mut stream = self.stream;
            let length = stream.read(&mut chunk).await?;
            self.push(&chunk[..length]);
        }
    }

    /// How many lines have arrived by now or have begun to; so many more calls of [`next`](Self::next) end the last of them.
    pub(crate) fn begun(&mut self) -> io::Result<usize> {
        self.read_what_is_there()?;
        Ok(self.arrived.split_inclusive(|byte| *byte == b'\n').count())
    }

    fn read_what_is_there(&mut self) -> io::Result<()> {
        while !self.closed && self.arrived.len() <= LONGEST {
            let mut chunk = [0; 1024];
            match self.stream.get_ref().read(&mut chunk) {
                Ok(length) => self.push(&chunk[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn push(&mut self, chunk: &[u8]) {
        self.closed = chunk.is_empty();
        self.arrived.extend_from_slice(chunk);
    }

    fn take(&mut self) -> Option<String> {
        let end = match self.arrived.iter().position(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            // A client that closes its side has ended its last line, too.
            None if self.closed && !self.arrived.is_empty() => self.arrived.len(),
            None => return None,
        };
        let line: Vec<u8> = self.arrived.drain(..end).collect();
        Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }
}
