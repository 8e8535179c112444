use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{file, path_of};

/// The program under way.
pub(crate) struct Server {
    process: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    pub(crate) journal: PathBuf,
}

/// What the server said about its end.
pub(crate) struct Farewell {
    pub(crate) exit_code: Option<i32>,
    pub(crate) text: String,
    pub(crate) journal: String,
}

impl Farewell {
    /// The peers in lines that begin with `word`.
    pub(crate) fn peers(&self, word: &str) -> BTreeSet<SocketAddr> {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix(word));
        lines
            .map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
            .collect()
    }
}

impl Server {
    pub(crate) fn start(journal: &str, args: &[&str]) -> Self {
        let journal = file(journal, "");
        let mut process = Command::new(path_of("serve"))
            .args(["--listen", "127.0.0.1:0", "--journal", journal.to_str().unwrap()])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().parse().unwrap();
        Self {
            process,
            stdout,
            address,
            journal,
        }
    }

    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        Client {
            address: stream.local_addr().unwrap(),
            stream: BufReader::new(stream),
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// The end of a server whose output nothing reads from here on.
    pub(crate) fn ended_unread(mut self, signal: Signal) -> Farewell {
        drop(self.stdout);
        kill_process(Pid::from_child(&self.process), signal).unwrap();
        let exit_code = self.process.wait().unwrap().code();
        Farewell {
            exit_code,
            text: String::new(),
            journal: std::fs::read_to_string(self.journal).unwrap(),
        }
    }

    pub(crate) fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn ended(mut self) -> Farewell {
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).unwrap();
        let exit_code = self.process.wait().unwrap().code();
        Farewell {
            exit_code,
            text,
            journal: std::fs::read_to_string(self.journal).unwrap(),
        }
    }
}

pub(crate) struct Client {
    pub(crate) stream: BufReader<TcpStream>,
    pub(crate) address: SocketAddr,
}

impl Client {
    pub(crate) fn send(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn receive(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line
    }

    /// Everything until the server hangs up.
    pub(crate) fn receive_all(&mut self) -> String {
        let mut text = String::new();
        self.stream.read_to_string(&mut text).unwrap();
        text
    }
}
