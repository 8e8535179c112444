//! The tree as text.

use std::fmt;

use super::Snapshot;
use crate::tree::record::Short;

/// One line for each scope and task, indented by depth, and one for how many are not shown. A line break in a name is
/// written as `\n`.
impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nodes().is_empty() && self.left_out() == 0 {
            return f.write_str("no scopes\n");
        }
        let has_next = self.next_siblings();
        // Whether the ancestor of each depth has more siblings to come.
        let mut open: Vec<bool> = Vec::new();
        for (index, node) in self.nodes().iter().enumerate() {
            open.truncate(node.depth);
            for more in open.iter().skip(1) {
                f.write_str(if *more { "│  " } else { "   " })?;
            }
            let more = has_next[index];
            if node.depth > 0 {
                f.write_str(if more { "├─ " } else { "└─ " })?;
            }
            open.push(more);
            writeln!(f, "{node}")?;
        }
        if self.left_out() > 0 {
            writeln!(f, "{} more scopes and tasks are not shown", self.left_out())?;
        }
        write!(f, "taken in {}", Short(self.took()))?;
        writeln!(f)
    }
}

impl Snapshot {
    /// For each node, whether a later one is in the same.
    fn next_siblings(&self) -> Vec<bool> {
        let nodes = self.nodes();
        let mut has_next = vec![false; nodes.len()];
        // By depth: whether one was seen that comes later.
        let mut later: Vec<bool> = Vec::new();
        for (index, node) in nodes.iter().enumerate().rev() {
            later.resize(node.depth + 1, false);
            has_next[index] = std::mem::replace(&mut later[node.depth], true);
        }
        has_next
    }
}
