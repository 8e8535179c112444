use std::{collections::BTreeSet, fmt::Write, fs, path::PathBuf, process::Command};

use serde_json::Value;

use crate::cases::Case;

/// What the compiler said of a case.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// The codes of its errors; an error without a code stands as `none`.
    pub(crate) codes: BTreeSet<String>,
    pub(crate) text: String,
}

/// Checks the cases as the programs of one package, in their order.
pub(crate) fn check(cases: &[Case]) -> Vec<Verdict> {
    let package = package(cases);
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "--bins",
            "--keep-going",
            "--offline",
            "--quiet",
            "--message-format=json",
        ])
        .current_dir(&package)
        .env(
            "CARGO_TARGET_DIR",
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compile"),
        )
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo can be run");
    let said = String::from_utf8_lossy(&output.stdout);
    let verdicts = cases.iter().map(|case| verdict(case, &said)).collect();
    let checked = said
        .lines()
        .filter(|line| line.contains(r#""reason":"compiler-"#))
        .count();
    assert!(
        checked > 0,
        "nothing was checked: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    verdicts
}

/// Makes the package, in a folder that no two tests share.
fn package(cases: &[Case]) -> PathBuf {
    let own = std::thread::current().name().unwrap_or("compile").to_owned();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(own);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let facade = root.join("crates/purview");
    let mut manifest = format!(
        "[package]\nname = \"cases\"\nversion = \"0.0.0\"\nedition = \"2024\"\nautobins = false\n\n[workspace]\n\n\
         [dependencies]\npurview = {{ path = {:?} }}\n",
        facade.display().to_string()
    );
    for case in cases {
        let path = case.path.display().to_string();
        write!(manifest, "\n[[bin]]\nname = \"{}\"\npath = {path:?}\n", case.name).expect("a string takes it");
    }
    fs::create_dir_all(&folder).expect("a folder for the package");
    fs::write(folder.join("Cargo.toml"), manifest).expect("the manifest");
    // The versions that the workspace is built with: no registry is asked.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the workspace has a lock file");
    folder
}

fn verdict(case: &Case, said: &str) -> Verdict {
    let mut verdict = Verdict::default();
    for line in said.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let about = message["reason"] == "compiler-message" && message["target"]["name"] == case.name.as_str();
        let message = &message["message"];
        if !about || message["level"] != "error" {
            continue;
        }
        let text = message["message"].as_str().unwrap_or_default();
        if text.starts_with("aborting due to") {
            continue;
        }
        verdict
            .codes
            .insert(message["code"]["code"].as_str().unwrap_or("none").to_owned());
        verdict.text.push_str(message["rendered"].as_str().unwrap_or(text));
    }
    verdict
}
