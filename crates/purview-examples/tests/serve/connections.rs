use std::io::{Read, Write};

use rustix::process::Signal;

use crate::{
    program::{on_every_runtime, run, stderr},
    server::Server,
};

#[test]
fn the_flusher_writes_while_the_server_runs() {
    let server = Server::start("serve-flusher.journal", &["--flush-every", "1ms"]);
    let mut client = server.connect();
    client.send("kept\n");
    client.receive();
    // No time is asserted: were the line never written, this would never end.
    while !std::fs::read_to_string(&server.journal).unwrap().ends_with(" kept\n") {
        std::thread::yield_now();
    }
    server.signal(Signal::TERM);
    assert_eq!(server.ended().exit_code, Some(0));
}

#[test]
fn clients_may_leave_be_silent_or_close_with_half_a_line() {
    let server = Server::start("serve-leaving.journal", &["--idle", "300ms"]);
    let mut quits = server.connect();
    quits.send("quit\n");
    assert_eq!(quits.receive_all(), "bye\n");

    let mut silent = server.connect();
    assert_eq!(silent.receive_all(), "bye\n", "after --idle");

    let mut closes = server.connect();
    closes.send("no end of line");
    closes.stream.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(closes.receive_all(), "ok 1\nbye\n");

    server.signal(Signal::TERM);
    let end = server.ended();
    assert_eq!(
        (end.exit_code, end.peers("finished").len()),
        (Some(0), 0),
        "they had left before"
    );
}

#[test]
fn a_line_without_end_is_refused() {
    let server = Server::start("serve-endless.journal", &[]);
    let mut client = server.connect();
    // Hanging up on unread bytes may reach us as an error, of the write or of the read.
    let _ = client.stream.get_mut().write_all(&vec![b'x'; 1 << 20]);
    let mut answer = String::new();
    let _ = client.stream.read_to_string(&mut answer);
    assert!(matches!(&*answer, "" | "bye\n"), "{answer}");
    server.signal(Signal::TERM);
    assert_eq!(server.ended().exit_code, Some(0));
}

#[test]
fn bad_usage_names_the_value_and_the_remedy() {
    let server = Server::start("serve-usage.journal", &[]);
    let taken = server.address.to_string();
    let journal = server.journal.to_str().unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["--listen", &taken, "--journal", journal],
            &[&taken, "another --listen"],
        ),
        (&["--listen", "here"], &["'here'", "--listen", "such as 127.0.0.1:7070"]),
        (
            &["--inspect", "localhost:0"],
            &["'localhost:0'", "such as 127.0.0.1:7070"],
        ),
        (
            &["--journal", "/no/such/folder/journal"],
            &["/no/such/folder/journal", "another --journal"],
        ),
        (&["--grace", "0s"], &["'0s'", "longer than zero"]),
        (
            &["--runtime", "rayon"],
            &["'rayon'", "embedded, tokio, smol, async-std"],
        ),
        (&["--idle", "1s", "--idle", "2s"], &["--idle", "multiple times"]),
    ];
    for (args, expected) in cases {
        let output = run("serve", args);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {errors}");
        for part in *expected {
            assert!(errors.contains(part), "{args:?} lacks {part:?}: {errors}");
        }
    }
    server.signal(Signal::TERM);
    assert_eq!(server.ended().exit_code, Some(0));
}

#[test]
fn a_server_whose_output_is_not_read_serves_and_shuts_down_all_the_same() {
    on_every_runtime(|runtime| {
        let journal = format!("serve-unread-{runtime}.journal");
        let server = Server::start(&journal, &["--runtime", runtime]);
        let mut client = server.connect();
        client.send("kept\n");
        assert_eq!(client.receive(), "ok 1\n", "{runtime}");
        client.send("at the end\n");
        let end = server.ended_unread(Signal::TERM);
        assert_eq!(client.receive_all(), "ok 2\nbye\n", "{runtime}");
        assert_eq!((end.exit_code, end.journal.lines().count()), (Some(0), 2), "{runtime}");
    });
}

#[test]
fn an_idle_time_too_long_for_the_clock_is_none() {
    let server = Server::start("serve-idle-for-ever.journal", &["--idle", "400000000000years"]);
    let mut client = server.connect();
    client.send("kept\n");
    assert_eq!(client.receive(), "ok 1\n");
    server.signal(Signal::TERM);
    assert_eq!(
        (client.receive_all().as_str(), server.ended().exit_code),
        ("bye\n", Some(0))
    );
}
