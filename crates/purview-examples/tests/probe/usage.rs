use crate::{
    listeners::answering,
    program::{file, path_of, run, run_with_input, stderr, stdout},
    report::{json, names},
};

#[test]
fn a_bad_line_is_reported_and_the_rest_is_probed() {
    let good = answering();
    let list = format!(
        "# comment\nnowhere\n{good}\n:80\n[::1:80\n::1:80\nhost:0\nhost:http\nhost:70000\nhttp://host:80\n{good}\n"
    );
    let list = file("probe-bad-lines.txt", &list);
    let output = run(
        "probe",
        &["--targets", list.to_str().unwrap(), "--json", "--timeout", "1h"],
    );
    assert_eq!(names(&json(&output)), ["answered", "answered"]);
    assert_eq!(output.status.code(), Some(1), "what a bad line names was not reached");

    let errors = stderr(&output);
    let expected = [
        (2, "no port"),
        (4, "no host"),
        (5, "never closed"),
        (6, "in brackets"),
        (7, "port 0"),
        (8, "\"http\" is not a port"),
        (9, "\"70000\" is not a port"),
        (10, "leave out scheme and path"),
    ];
    assert_eq!(errors.lines().count(), expected.len(), "{errors}");
    for ((number, reason), line) in expected.iter().zip(errors.lines()) {
        assert!(
            line.contains(&format!("probe-bad-lines.txt:{number}:")) && line.contains(reason),
            "{number}: {line}"
        );
    }
}

#[test]
fn lines_that_are_not_text_are_reported() {
    let mut list = b"\xff\xfe:80\r\n".to_vec();
    list.extend_from_slice(format!("{}\r\n", answering()).as_bytes());
    let output = run_with_input("probe", &["--targets", "-", "--json"], &list);
    assert_eq!(names(&json(&output)), ["answered"]);
    assert!(
        stderr(&output).contains("-:1:") && stderr(&output).contains("not UTF-8"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn bad_usage_names_the_value_and_the_remedy() {
    let empty = file("probe-empty.txt", "# nothing\n\n");
    let empty = empty.to_str().unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["--runtime", "rayon"],
            &["'rayon'", "embedded, tokio, smol, async-std"],
        ),
        (&["--policy", "best"], &["'best'", "fail-fast, settled, first-success"]),
        (&["--limit", "0"], &["'0'", "1 or more"]),
        (&["--limit", "many"], &["'many'", "such as 64"]),
        (&["--timeout", "soon"], &["'soon'", "such as 500ms or 2s"]),
        (&["--timeout", "2"], &["'2'", "such as 500ms or 2s"]),
        (&["--timeout", "0s"], &["'0s'", "longer than zero"]),
        (&["--limit", "1", "--limit", "2"], &["--limit", "multiple times"]),
        (&["--targets", "/no/such/file"], &["/no/such/file", "`-` for stdin"]),
        (&["--targets", empty], &["probe-empty.txt", "host:port"]),
        (&["--verbose"], &["--verbose", "--help"]),
        (&["localhost:80"], &["localhost:80", "--help"]),
    ];
    for (args, expected) in cases {
        let output = run("probe", args);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {errors}");
        for part in *expected {
            assert!(errors.contains(part), "{args:?} lacks {part:?}: {errors}");
        }
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn help_names_every_flag_and_exit_code() {
    let output = run("probe", &["--help"]);
    let help = stdout(&output);
    for part in [
        "--targets",
        "--policy",
        "--timeout",
        "--limit",
        "--runtime",
        "--json",
        "Exit code: 0",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
    assert_eq!(output.status.code(), Some(0));
}

#[test]
#[cfg(unix)]
fn a_limit_beyond_the_file_descriptors_is_refused_with_one_that_fits() {
    let list = file("probe-descriptors.txt", &"127.0.0.1:1\n".repeat(500));
    let limited = |limit: &str| {
        std::process::Command::new("sh")
            .args(["-c", "ulimit -n 200; exec \"$0\" --targets \"$1\" --limit \"$2\""])
            .arg(path_of("probe"))
            .args([list.to_str().unwrap(), limit])
            .output()
            .unwrap()
    };
    let refused = limited("256");
    let errors = stderr(&refused);
    assert_eq!(refused.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("--limit 256") && errors.contains("use --limit 136 or less"),
        "{errors}"
    );
    assert_eq!(
        limited("136").status.code(),
        Some(1),
        "nothing listens, but every probe has its socket"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let output = crate::program::run_on_a_full_disk("probe", &["--policy", "first-success"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cannot write the report: "),
        "{}",
        stderr(&output)
    );
}
