//! Text in columns, for people.

/// Rows whose cells stand below each other; the last column is as wide as it likes.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn with_headings<const N: usize>(headings: [&str; N]) -> Self {
        let mut table = Self::default();
        table.row(headings.map(str::to_owned));
        table
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        // A line break in a value must not look like a row.
        let line = |cell: String| cell.replace(char::is_control, " ");
        self.rows.push(cells.map(line).to_vec());
    }

    /// The rows as text, each behind `indent` blanks.
    pub(crate) fn text(&self, indent: usize) -> String {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..count).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(indent);
            for (cell, width) in row.iter().zip(&widths) {
                let padding = width.saturating_sub(cell.chars().count());
                line.push_str(cell);
                line.push_str(&" ".repeat(padding + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// `1 user`, `2 users`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_each_other_whatever_letters_they_hold() {
        let mut table = Table::with_headings(["NAME", "FEED"]);
        table.row(["Şükrü Öz".to_owned(), "users.json".to_owned()]);
        table.row(["A\nl".to_owned(), String::new()]);
        insta::assert_snapshot!(table.text(2), @r"
          NAME      FEED
          Şükrü Öz  users.json
          A l
        ");
    }
}
