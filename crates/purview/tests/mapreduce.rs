//! `examples/mapreduce`: the totals of `wc -w` on every runtime.

mod example;

use std::{fs, path::Path, process::Command};

use example::{on_every_runtime, run, stderr, stdout};

/// A folder with files of many kinds; how many words they have.
fn folder(name: &str) -> (String, u64) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // From an earlier run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("deep/er")).unwrap();
    let mut expected = 0;
    for n in 0..200_u64 {
        let place = ["", "deep", "deep/er"][usize::try_from(n % 3).unwrap()];
        let words: Vec<String> = (0..n).map(|word| format!("word{}", word % 7)).collect();
        fs::write(
            folder.join(place).join(format!("{n}.txt")),
            words.join([" ", "\n", "\t  "][usize::try_from(n % 3).unwrap()]),
        )
        .unwrap();
        expected += n;
    }
    fs::write(folder.join("empty"), "").unwrap();
    fs::write(
        folder.join("accents"),
        "dänisch — ça\u{2003}va\r\nnaïve\u{b}vertical\u{c}feed\n",
    )
    .unwrap();
    // What stands between white space is a word, the dash too.
    expected += 7;
    // Neither a repository nor a cache is counted.
    for (hidden, file) in [(".git", "HEAD"), ("target", "CACHEDIR.TAG")] {
        fs::create_dir(folder.join(hidden)).unwrap();
        fs::write(folder.join(hidden).join(file), "not counted").unwrap();
    }
    (folder.to_str().unwrap().to_owned(), expected)
}

/// The number in the line that says how many words there are.
fn total(report: &str) -> u64 {
    let line = report.lines().find(|line| line.contains(" words in ")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn every_runtime_gives_the_same_total() {
    let (folder, expected) = folder("mapreduce-runtimes");
    on_every_runtime(|runtime| {
        let output = run("mapreduce", &[&folder, "--runtime", runtime, "--limit", "3"]);
        assert_eq!(output.status.code(), Some(0), "{runtime}: {}", stderr(&output));
        let report = stdout(&output);
        assert_eq!(total(&report), expected, "{runtime}");
        assert!(
            report.contains(" words in 202 files, 14 different"),
            "{runtime}: {report}"
        );
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_total_is_that_of_wc() {
    let (folder, _) = folder("mapreduce-wc");
    let by_wc = Command::new("sh")
        .args([
            "-c",
            "find . -type f -not -path './.git/*' -not -path './target/*' -exec wc -w {} \\; | awk '{ n += $1 } END { print n }'",
        ])
        .env("LC_ALL", "C.UTF-8")
        .current_dir(&folder)
        .output()
        .unwrap();
    let by_wc: u64 = String::from_utf8(by_wc.stdout).unwrap().trim().parse().unwrap();
    assert_eq!(total(&stdout(&run("mapreduce", &[&folder]))), by_wc);
}

#[test]
fn without_argument_it_counts_this_repository() {
    let output = run("mapreduce", &["--top", "3"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(total(&stdout(&output)) > 10_000);
    assert_eq!(stdout(&output).lines().count(), 4, "three words and the total");
}

#[test]
fn a_deadline_that_has_come_is_reported() {
    let (folder, _) = folder("mapreduce-deadline");
    on_every_runtime(|runtime| {
        let output = run("mapreduce", &[&folder, "--deadline", "1ns", "--runtime", runtime]);
        assert_eq!(output.status.code(), Some(1), "{runtime}: {}", stderr(&output));
        assert!(
            stdout(&output).contains("stopped: deadline exceeded"),
            "{runtime}: {}",
            stdout(&output)
        );
    });
}

#[test]
fn bad_usage_names_the_value_and_the_remedy() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["/no/such/folder"], &["/no/such/folder", "a folder that can be read"]),
        (&["--limit", "0"], &["'0'", "1 or more"]),
        (&["--deadline", "1"], &["'1'", "such as 500ms or 2s"]),
        (
            &["--runtime", "rayon"],
            &["'rayon'", "embedded, tokio, smol, async-std"],
        ),
    ];
    for (args, expected) in cases {
        let output = run("mapreduce", args);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {errors}");
        for part in *expected {
            assert!(errors.contains(part), "{args:?} lacks {part:?}: {errors}");
        }
    }
}
