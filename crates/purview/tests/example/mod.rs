//! Runs the examples as a user does: as programs, with flags, pipes and exit codes.
#![allow(dead_code, reason = "no test uses all of it")]

use std::{
    env::consts::EXE_SUFFIX,
    io::Write,
    panic::resume_unwind,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

/// The executors that every example can run on.
const RUNTIMES: [&str; 4] = ["embedded", "tokio", "smol", "async-std"];

/// Runs `check` for every runtime, all at once, because most of what takes time here is waiting.
pub(crate) fn on_every_runtime<T: Send>(check: impl Fn(&'static str) -> T + Sync) -> [T; 4] {
    let check = &check;
    thread::scope(|s| {
        RUNTIMES
            .map(|runtime| s.spawn(move || check(runtime)))
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// The program of an example, which `cargo test` has put beside the folder this test runs from.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("tests are in `deps`")
        .join("examples");
    let program = folder.join(format!("{name}{EXE_SUFFIX}"));
    if !program.exists() {
        // `cargo test --test NAME` builds no examples.
        let target = folder
            .ancestors()
            .nth(2)
            .expect("a profile's folder is in the target folder");
        let built = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
            .args(["build", "--package", "purview", "--example", name, "--target-dir"])
            .arg(target)
            .status();
        assert!(
            built.is_ok_and(|status| status.success()) && program.exists(),
            "{} is missing; `cargo build --package purview --example {name}` makes it",
            program.display(),
        );
    }
    program
}

/// Runs an example to its end.
pub(crate) fn run(name: &str, args: &[&str]) -> Output {
    run_with_input(name, args, b"")
}

/// Runs an example to its end, with `input` on its stdin.
pub(crate) fn run_with_input(name: &str, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program(name))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example starts");
    // One that does not care for its stdin may have ended by now.
    let _ = child.stdin.take().expect("stdin is piped").write_all(input);
    child.wait_with_output().expect("the example ends")
}

/// A file for one test, in the target folder.
pub(crate) fn file(name: &str, content: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("the target folder can be written to");
    path
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("examples print UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("examples print UTF-8")
}
