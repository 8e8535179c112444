use std::{collections::BTreeSet, fs, path::PathBuf};

/// A program that the compiler is asked about.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The codes it must be refused with.
    pub(crate) refused: BTreeSet<String>,
}

impl Case {
    pub(crate) fn all(folder: &str) -> Vec<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/compile")
            .join(folder);
        let mut cases: Vec<_> = fs::read_dir(&folder)
            .expect("the folder of the cases")
            .map(|entry| Self::at(entry.expect("an entry of the folder").path()))
            .collect();
        assert!(cases.len() > 1, "{} holds too little", folder.display());
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        cases
    }

    fn at(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a case that can be read");
        let first = text.lines().next().unwrap_or_default();
        let refused = first.strip_prefix("//! refused:").unwrap_or_default();
        Self {
            name: path.file_stem().expect("a file").to_string_lossy().into_owned(),
            refused: refused.split_whitespace().map(str::to_owned).collect(),
            path,
        }
    }
}
