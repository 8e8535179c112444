use std::{
    fmt, mem,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The clients that are connected, and how those left that were when the server began to stop.
#[derive(Debug, Default)]
pub(crate) struct Roster(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    connected: usize,
    stopping: bool,
    partings: Partings,
}

/// The connections that were open when the server began to stop.
#[derive(Debug, Default)]
pub(crate) struct Partings {
    pub(crate) finished: Vec<Visit>,
    pub(crate) cut: Vec<Visit>,
}

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    peer: SocketAddr,
    lines: u64,
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({} {} answered)",
            self.peer,
            self.lines,
            if self.lines == 1 { "line" } else { "lines" }
        )
    }
}

impl Roster {
    pub(crate) fn enter(&self, peer: SocketAddr) -> Presence<'_> {
        self.book().connected += 1;
        Presence {
            roster: self,
            visit: Visit { peer, lines: 0 },
            finished: false,
        }
    }

    /// From here on partings are written down. Returns how many are connected.
    pub(crate) fn stop(&self) -> usize {
        let mut book = self.book();
        book.stopping = true;
        book.connected
    }

    pub(crate) fn take_partings(&self) -> Partings {
        mem::take(&mut self.book().partings)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's entry in the roster. A connection that is dropped before it has [finished](Presence::finish) was cut.
#[derive(Debug)]
pub(crate) struct Presence<'a> {
    roster: &'a Roster,
    visit: Visit,
    finished: bool,
}

impl Presence<'_> {
    pub(crate) fn peer(&self) -> SocketAddr {
        self.visit.peer
    }

    pub(crate) fn line_answered(&mut self) {
        self.visit.lines += 1;
    }

    pub(crate) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        let mut book = self.roster.book();
        book.connected -= 1;
        if !self.finished {
            book.partings.cut.push(self.visit.clone());
        } else if book.stopping {
            book.partings.finished.push(self.visit.clone());
        }
    }
}
