use std::{
    io::Read,
    net::SocketAddr,
    process::{Command, Stdio},
};

use crate::{
    listeners::{answering, refusing},
    program::{file, on_every_runtime, path_of, run_with_input, stderr},
    report::{json, outcomes},
};

#[test]
fn never_more_than_the_limit_at_a_time() {
    let list = format!("{}\n", answering()).repeat(50);
    let output = run_with_input(
        "probe",
        &["--targets", "-", "--json", "--limit", "3", "--timeout", "1h"],
        list.as_bytes(),
    );
    let report = json(&output);
    let mut edges: Vec<(f64, i32)> = Vec::new();
    for target in report["targets"].as_array().unwrap() {
        edges.push((target["started_ms"].as_f64().unwrap(), 1));
        edges.push((target["ended_ms"].as_f64().unwrap(), -1));
    }
    // At equal times, ends before starts.
    edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut running = 0;
    let most = edges
        .iter()
        .map(|(_, step)| {
            running += step;
            running
        })
        .max()
        .unwrap();
    assert_eq!(most, 3);
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let list = format!("{}\n", refusing()).repeat(2000);
    let list = file("probe-broken-pipe.txt", &list);
    let mut probe = Command::new(path_of("probe"))
        .args(["--targets", list.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    probe.stdout.take().unwrap().read_exact(&mut [0; 6]).unwrap();
    let output = probe.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), String::new()));
}

/// The report is written while it is not read, so the program waits in it, with all its memory in use.
#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_targets_fit_in_64_mib_on_every_runtime() {
    let listeners: Vec<SocketAddr> = (0..9).map(|_| answering()).chain([refusing()]).collect();
    let list: Vec<String> = (0..10_000).map(|n| listeners[n % 10].to_string()).collect();
    let list = file("probe-10000.txt", &list.join("\n"));
    let reports = on_every_runtime(|runtime| {
        let mut probe = Command::new(path_of("probe"))
            .args([
                "--targets",
                list.to_str().unwrap(),
                "--limit",
                "256",
                "--timeout",
                "1h",
                "--json",
                "--runtime",
                runtime,
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut report = vec![0];
        let mut stdout = probe.stdout.take().unwrap();
        stdout.read_exact(&mut report).unwrap();
        let status = std::fs::read_to_string(format!("/proc/{}/status", probe.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kib: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(kib < 64 * 1024, "{runtime} took {kib} KiB");

        stdout.read_to_end(&mut report).unwrap();
        assert_eq!(probe.wait().unwrap().code(), Some(1));
        outcomes(&serde_json::from_slice(&report).unwrap())
    });
    assert_eq!(
        reports[0].iter().filter(|(_, outcome)| outcome == "answered").count(),
        9_000
    );
    assert_eq!(
        reports[0].iter().filter(|(_, outcome)| outcome == "refused").count(),
        1_000
    );
    for report in &reports {
        assert!(report == &reports[0]);
    }
}
