use std::fmt;

/// Rows under a heading, printed as Markdown so that they can go into the book as they are.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(columns: &[&str]) -> Self {
        Self {
            rows: vec![columns.iter().map(ToString::to_string).collect()],
        }
    }

    /// Adds a row, and says on stderr that it is there: some take a minute.
    ///
    /// # Panics
    ///
    /// For a row with more or fewer cells than there are columns.
    pub fn row(&mut self, cells: &[&dyn fmt::Display]) {
        let row: Vec<String> = cells.iter().map(ToString::to_string).collect();
        assert_eq!(row.len(), self.rows[0].len(), "a cell for each column: {row:?}");
        eprintln!("{}", row.join("; "));
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, row) in self.rows.iter().enumerate() {
            writeln!(f, "| {} |", row.join(" | "))?;
            if i == 0 {
                writeln!(f, "|{}", "---|".repeat(row.len()))?;
            }
        }
        Ok(())
    }
}
