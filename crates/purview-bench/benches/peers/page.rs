//! The page of the book, its prose from `page.md`.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use crate::{chart, counted, machine, rounds::Measured, section, summary, table::Table};

/// Writes the page and its charts; `rounds` says how many were measured.
pub(crate) fn write(all: &[Measured], parallel: &Table, rounds: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let book = root.join("docs/src");
    let charts = book.join("benchmarks");
    fs::create_dir_all(&charts).expect("the book can be written to");

    let mut loads = String::new();
    for measured in all {
        loads.push_str(section(measured).trim_end());
        loads.push('\n');
        if let Some(svg) = chart::svg(measured) {
            let name = format!("{}.svg", measured.group.name);
            fs::write(charts.join(&name), svg).expect("the book can be written to");
            let (load, per) = (measured.group.name, measured.group.per);
            let _ = writeln!(
                loads,
                "\n![{load}: cost per {per} over the number of children](benchmarks/{name})"
            );
        }
        loads.push('\n');
    }
    let (needs, holds) = counted::tables();
    let page = include_str!("page.md")
        .replace("{{machine}}", &machine::description())
        .replace("{{rounds}}", rounds)
        .replace("{{load}}", &machine::load())
        .replace("{{versions}}", &machine::versions())
        .replace("{{summary}}", summary::table(all).to_string().trim_end())
        .replace("{{sentence}}", &summary::sentence(all))
        .replace("{{loads}}", loads.trim_end())
        .replace("{{parallel}}", parallel.to_string().trim_end())
        .replace("{{needs}}", needs.to_string().trim_end())
        .replace("{{holds}}", holds.to_string().trim_end())
        .replace("{{profile}}", script(&root, "ci/profile.sh").trim_end())
        .replace("{{size}}", script(&root, "ci/size.sh").trim_end());
    assert!(!page.contains("{{"), "a part of the page was not written");
    fs::write(book.join("benchmarks.md"), page).expect("the book can be written to");
    println!("written: docs/src/benchmarks.md");
}

/// What a script prints.
fn script(root: &Path, name: &str) -> String {
    let output = Command::new("bash").arg(name).current_dir(root).output();
    let output = output.expect("bash can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
