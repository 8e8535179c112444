use crate::{
    listeners::{answering, refusing, silent},
    program::{file, on_every_runtime, run, run_with_input, stderr, stdout},
    report::{json, names, outcomes},
};

#[test]
fn without_input_it_probes_its_own_listeners() {
    let output = run("probe", &["--json", "--timeout", "3s"]);
    assert_eq!(names(&json(&output)), ["answered", "answered", "timed out", "refused"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "each listener did what it is there to show"
    );
}

#[test]
fn every_runtime_gives_the_same_outcomes() {
    let silent = silent();
    let list = format!("{}\n{}\n{}\n", answering(), refusing(), silent.local_addr().unwrap());
    let list = file("probe-runtimes.txt", &list);
    let reports = on_every_runtime(|runtime| {
        let output = run(
            "probe",
            &[
                "--targets",
                list.to_str().unwrap(),
                "--json",
                "--timeout",
                "2s",
                "--runtime",
                runtime,
            ],
        );
        assert_eq!(output.status.code(), Some(1), "two did not answer");
        let report = json(&output);
        assert_eq!(report["runtime"], runtime);
        outcomes(&report)
    });
    for report in &reports {
        assert_eq!(report, &reports[0]);
    }
    let names: Vec<&str> = reports[0].iter().map(|(_, outcome)| outcome.as_str()).collect();
    assert_eq!(names, ["answered", "refused", "timed out"]);
}

#[test]
fn exit_code_is_0_when_all_answered() {
    let list = format!("# two that answer\n\n{}\n  {}  # the same\n", answering(), answering());
    let output = run_with_input("probe", &["--targets", "-", "--timeout", "1h"], list.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("2 targets in "), "{}", stdout(&output));
}

#[test]
fn a_name_is_resolved_and_every_address_tried() {
    // `localhost` may be [::1] first, where nothing listens.
    let list = format!("localhost:{}\n", answering().port());
    let output = run_with_input(
        "probe",
        &["--targets", "-", "--json", "--timeout", "1h"],
        list.as_bytes(),
    );
    assert_eq!(names(&json(&output)), ["answered"]);
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    let silent = silent();
    let list = format!("{0}\n{1}\n{0}\n", silent.local_addr().unwrap(), refusing());
    on_every_runtime(|runtime| {
        // Were the silent ones not cancelled, this would take an hour.
        let args = [
            "--targets",
            "-",
            "--json",
            "--policy",
            "fail-fast",
            "--timeout",
            "1h",
            "--runtime",
            runtime,
        ];
        let output = run_with_input("probe", &args, list.as_bytes());
        assert_eq!(
            names(&json(&output)),
            ["cancelled", "refused", "cancelled"],
            "{runtime}"
        );
        assert_eq!(output.status.code(), Some(1));
    });
}

#[test]
fn first_success_stops_at_the_first_answer() {
    let silent = silent();
    let list = format!(
        "{0}\n{1}\n{2}\n{0}\n",
        silent.local_addr().unwrap(),
        refusing(),
        answering()
    );
    on_every_runtime(|runtime| {
        let args = [
            "--targets",
            "-",
            "--json",
            "--policy",
            "first-success",
            "--timeout",
            "1h",
            "--runtime",
            runtime,
        ];
        let output = run_with_input("probe", &args, list.as_bytes());
        let names = names(&json(&output));
        assert_eq!(
            (&*names[0], &*names[2], &*names[3]),
            ("cancelled", "answered", "cancelled"),
            "{runtime}"
        );
        assert_eq!(output.status.code(), Some(0), "one answered");
    });
}

#[test]
fn first_success_fails_when_no_target_answers() {
    let list = format!("{}\n{}\n", refusing(), refusing());
    let output = run_with_input(
        "probe",
        &["--targets", "-", "--policy", "first-success"],
        list.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(1));
}
