//! `serve --inspect`: the live tree over HTTP, and on SIGUSR1.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{file, on_every_runtime, path_of};

struct Inspected {
    process: Child,
    serves: SocketAddr,
    inspects: SocketAddr,
}

impl Inspected {
    fn start(journal: &str, runtime: &str) -> Self {
        let journal = file(journal, "");
        let mut command = Command::new(path_of("serve"));
        command
            .args([
                "--listen",
                "127.0.0.1:0",
                "--inspect",
                "127.0.0.1:0",
                "--runtime",
                runtime,
                "--journal",
            ])
            .arg(journal);
        Self::run(&mut command)
    }

    /// Runs the server, and reads where it listens.
    fn run(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.as_mut().unwrap()).lines();
        let mut after = |what: &str| lines.next().unwrap().unwrap().strip_prefix(what).unwrap().to_owned();
        let (serves, inspects) = (after("listening on "), after("inspect at http://"));
        Self {
            process,
            serves: serves.parse().unwrap(),
            inspects: inspects.trim_end_matches('/').parse().unwrap(),
        }
    }

    fn get(&self, path: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.inspects).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.inspects).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// What it printed to stderr until its end.
    fn stop(mut self) -> String {
        self.signal(Signal::TERM);
        let mut text = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        text
    }
}

/// A client that has been answered, so that its connection is there.
fn client(server: &Inspected) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(TcpStream::connect(server.serves).unwrap());
    stream.get_mut().write_all(b"hello\n").unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert_eq!(line, "ok 1\n");
    stream
}

#[test]
fn operators_see_the_tree_over_http() {
    on_every_runtime(|runtime| {
        let server = Inspected::start(&format!("inspected-{runtime}.journal"), runtime);
        let client = client(&server);
        let peer = client.get_ref().local_addr().unwrap().to_string();

        let (head, tree) = server.get("/scopes");
        assert!(
            head.starts_with("HTTP/1.1 200 OK") && head.contains("text/plain"),
            "{head}"
        );
        for expected in [
            "scope `server`",
            "daemon `flusher`",
            "daemon `signals`",
            "scope `connections`",
            &peer,
        ] {
            assert!(tree.contains(expected), "{expected}: {tree}");
        }
        let flusher = tree.lines().find(|line| line.contains("`flusher`")).unwrap();
        assert!(flusher.contains("src/bin/serve/service.rs:"), "{flusher}");

        let (head, json) = server.get("/scopes.json");
        assert!(head.contains("application/json"), "{head}");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let nodes = json["nodes"].as_array().unwrap();
        let signals = nodes.iter().find(|node| node["name"] == "signals").unwrap();
        assert_eq!(
            (&signals["kind"], &signals["state"]),
            (&"daemon".into(), &"idle".into())
        );
        assert!(signals["line"].as_u64().is_some_and(|line| line > 0));
        let parent = usize::try_from(signals["parent"].as_u64().unwrap()).unwrap();
        assert_eq!(nodes[parent]["name"], "server");

        let (_, numbers) = server.get("/metrics");
        assert!(
            numbers.contains("purview_tasks_spawned_total{kind=\"daemon\"} 3"),
            "{numbers}"
        );
        for expected in ["purview_tasks_live", "purview_poll_seconds", "purview_queue_seconds"] {
            assert!(numbers.contains(expected), "{expected}: {numbers}");
        }
        let (_, reports) = server.get("/reports.json");
        assert!(serde_json::from_str::<Vec<String>>(&reports).is_ok(), "{reports}");
        assert!(server.get("/nothing").0.starts_with("HTTP/1.1 404"));
        drop(client);
        server.stop();
    });
}

#[test]
fn the_page_needs_nothing_else() {
    let server = Inspected::start("inspected-page.journal", "embedded");
    let (head, page) = server.get("/");
    assert!(head.contains("text/html"), "{head}");
    assert!(page.starts_with("<!doctype html>"));
    for elsewhere in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    assert!(page.contains("/scopes.json") && page.contains("/reports.json"));
    server.stop();
}

#[test]
fn a_signal_prints_the_tree() {
    let mut server = Inspected::start("inspected-signal.journal", "embedded");
    let client = client(&server);
    server.signal(Signal::USR1);
    let mut stderr = String::new();
    let printed = server.process.stderr.as_mut().unwrap();
    for line in BufReader::new(printed).lines().map_while(Result::ok) {
        stderr += &line;
        if line.starts_with("taken in") {
            break;
        }
    }
    assert!(stderr.contains("scope `connections`"), "{stderr}");
    drop(client);
    server.stop();
}

/// A server that may have so few descriptors that it runs out of them.
#[test]
fn a_server_without_a_descriptor_for_an_operator_serves_on() {
    let journal = file("inspected-descriptors.journal", "");
    let mut inspected = Inspected::run(
        Command::new("sh")
            .args(["-c", "ulimit -n 24; exec \"$0\" \"$@\""])
            .arg(path_of("serve"))
            .args(["--listen", "127.0.0.1:0", "--inspect", "127.0.0.1:0", "--journal"])
            .arg(journal),
    );
    let mut said = BufReader::new(inspected.process.stderr.take().unwrap()).lines();
    let mut wait_for = |what: &str| assert!(said.any(|line| line.unwrap().starts_with(what)), "{what}");

    let clients: Vec<_> = (0..24).map(|_| TcpStream::connect(inspected.serves).unwrap()).collect();
    wait_for("cannot accept a connection: ");
    let mut operator = TcpStream::connect(inspected.inspects).unwrap();
    wait_for("cannot accept an operator: ");
    drop(clients);
    write!(operator, "GET /scopes HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    operator.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("daemon `operator`"), "{answer}");
    drop(client(&inspected));
    inspected.signal(Signal::TERM);
    assert_eq!(inspected.process.wait().unwrap().code(), Some(0));
}
