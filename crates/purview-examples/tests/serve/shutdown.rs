use std::collections::BTreeSet;

use rustix::process::Signal;

use crate::{
    program::on_every_runtime,
    server::{Client, Server},
};

/// Whether `answer` is `ok N`, followed by a goodbye.
fn is_answer_and_goodbye(answer: &str) -> bool {
    answer
        .strip_prefix("ok ")
        .and_then(|rest| rest.strip_suffix("\nbye\n"))
        .is_some_and(|n| n.parse::<u64>().is_ok())
}

/// The journal's lines without their numbers, which must count from 1 without a gap.
fn entries(journal: &str) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    let entries: BTreeSet<String> = journal
        .lines()
        .map(|line| {
            let (number, entry) = line.split_once(' ').unwrap();
            numbers.insert(number.parse::<usize>().unwrap());
            entry.to_owned()
        })
        .collect();
    assert!(
        numbers.iter().copied().eq(1..=journal.lines().count()),
        "each number once"
    );
    entries
}

#[test]
fn a_thousand_connections_get_their_answers_after_sigterm() {
    rlimit::increase_nofile_limit(2048).unwrap();
    on_every_runtime(|runtime| {
        let server = Server::start(
            &format!("serve-thousand-{runtime}.journal"),
            &[
                "--runtime",
                runtime,
                "--work",
                "50ms",
                "--grace",
                "1h",
                "--flush-every",
                "10ms",
            ],
        );
        let mut clients: Vec<Client> = (0..1000).map(|_| server.connect()).collect();
        let mut expected = BTreeSet::new();
        for client in &mut clients {
            client.send("first\n");
            expected.insert(format!("{} first", client.address));
        }
        for client in &mut clients {
            assert!(client.receive().starts_with("ok "), "{runtime}");
        }
        // A third has sent a line by the time of the signal, a third has begun to, a third is silent.
        for client in clients.iter_mut().step_by(3) {
            client.send("second\n");
            expected.insert(format!("{} second", client.address));
        }
        for client in clients.iter_mut().skip(1).step_by(3) {
            client.send("begun ");
        }
        server.signal(Signal::TERM);
        // One of the silent ones has been told, and it was the last to come: all know that the server is stopping.
        assert_eq!(clients[998].receive_all(), "bye\n", "{runtime}");
        for client in clients.iter_mut().skip(1).step_by(3) {
            client.send("and ended\n");
            expected.insert(format!("{} begun and ended", client.address));
        }
        for (n, client) in clients.iter_mut().enumerate() {
            let last = client.receive_all();
            if n % 3 == 2 {
                assert_eq!(last, if n == 998 { "" } else { "bye\n" }, "{runtime}");
            } else {
                assert!(is_answer_and_goodbye(&last), "{runtime}: {last:?}");
            }
        }
        let end = server.ended();
        assert_eq!(end.exit_code, Some(0), "{runtime}: {}", end.text);
        assert_eq!(
            end.peers("finished"),
            clients.iter().map(|client| client.address).collect()
        );
        assert_eq!(end.peers("cut"), BTreeSet::new());
        assert_eq!(entries(&end.journal), expected, "{runtime}");
    });
}

#[test]
fn clients_that_wait_to_be_accepted_are_answered_too() {
    on_every_runtime(|runtime| {
        let server = Server::start(
            &format!("serve-waiting-{runtime}.journal"),
            &["--runtime", runtime, "--grace", "1h"],
        );
        let mut clients: Vec<Client> = (0..500)
            .map(|_| {
                let mut client = server.connect();
                client.send("sent before the signal\n");
                client
            })
            .collect();
        server.signal(Signal::TERM);
        for client in &mut clients {
            assert!(is_answer_and_goodbye(&client.receive_all()), "{runtime}");
        }
        let end = server.ended();
        assert_eq!(end.exit_code, Some(0), "{runtime}: {}", end.text);
        assert_eq!(entries(&end.journal).len(), 500);
    });
}

#[test]
fn a_connection_that_refuses_to_end_is_cut_at_the_grace_and_named() {
    on_every_runtime(|runtime| {
        let server = Server::start(
            &format!("serve-refuses-{runtime}.journal"),
            &["--runtime", runtime, "--grace", "2s", "--flush-every", "1h"],
        );
        let (mut polite, mut stubborn) = (server.connect(), server.connect());
        for client in [&mut polite, &mut stubborn] {
            client.send("hello\n");
            client.receive();
        }
        stubborn.send("a line that never en");
        server.signal(Signal::TERM);
        assert_eq!(polite.receive_all(), "bye\n");
        assert_eq!(stubborn.receive_all(), "bye\n", "cut, and told so by a finalizer");

        let end = server.ended();
        assert_eq!(end.exit_code, Some(1), "{runtime}: {}", end.text);
        assert_eq!(end.peers("finished"), BTreeSet::from([polite.address]));
        assert_eq!(end.peers("cut"), BTreeSet::from([stubborn.address]));
        assert_eq!(
            entries(&end.journal).len(),
            2,
            "flushed by the finalizer, the flusher's hour being far away"
        );
    });
}

#[test]
fn a_second_signal_cuts_the_grace_short() {
    on_every_runtime(|runtime| {
        let mut server = Server::start(
            &format!("serve-hurry-{runtime}.journal"),
            &["--runtime", runtime, "--grace", "1h", "--flush-every", "1h"],
        );
        let mut stubborn = server.connect();
        stubborn.send("hello\n");
        stubborn.receive();
        stubborn.send("a line that never en");
        server.signal(Signal::INT);
        assert_eq!(
            server.next_line(),
            "Ctrl-C: no new connections; still open: 1\n",
            "{runtime}"
        );
        server.signal(Signal::TERM);
        assert_eq!(stubborn.receive_all(), "");

        let end = server.ended();
        assert_eq!(end.exit_code, Some(1), "{runtime}: {}", end.text);
        assert_eq!(end.peers("cut"), BTreeSet::from([stubborn.address]));
        assert_eq!(entries(&end.journal).len(), 1);
    });
}

#[test]
fn a_line_in_work_is_answered_after_sigterm() {
    let server = Server::start("serve-in-work.journal", &["--work", "300ms", "--grace", "1h"]);
    let mut client = server.connect();
    client.send("one\ntwo\nthree\n");
    client.receive();
    server.signal(Signal::TERM);
    assert_eq!(client.receive_all(), "ok 2\nok 3\nbye\n");
    assert_eq!(server.ended().exit_code, Some(0));
}
