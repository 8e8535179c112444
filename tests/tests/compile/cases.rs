use std::{collections::BTreeSet, fs, path::PathBuf};

/// A program that the compiler is asked about.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The codes it must be refused with.
    pub(crate) refused: BTreeSet<String>,
    /// Words of ours that the compiler must say.
    pub(crate) says: Vec<String>,
    /// Names of ours that it must not bother the reader with.
    pub(crate) spares: Vec<String>,
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

    /// Whether the text is what a user is to read.
    pub(crate) fn is_told(&self, text: &str) -> bool {
        self.says.iter().all(|words| text.contains(words)) && !self.spares.iter().any(|name| text.contains(name))
    }

    fn at(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a case that can be read");
        let first = text.lines().next().unwrap_or_default();
        let lines = |key| text.lines().filter_map(move |line| line.strip_prefix(key));
        let refused = first.strip_prefix("//! refused:").unwrap_or_default();
        Self {
            name: path.file_stem().expect("a file").to_string_lossy().into_owned(),
            refused: refused.split_whitespace().map(str::to_owned).collect(),
            says: lines("//! says: ").map(str::to_owned).collect(),
            spares: lines("//! spares: ").map(str::to_owned).collect(),
            path,
        }
    }
}
