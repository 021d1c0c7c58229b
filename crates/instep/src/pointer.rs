//! Shows the place in a text that a message is about: the line, and marks under it.

/// Most characters of a line that are shown; a longer one is cut around the place.
const SHOWN_MAX: usize = 100;

/// The line of `text` that holds the byte `start`, and under it marks up to the byte `end`, both
/// indented by `margin` blanks. Empty if there is no such place.
pub(crate) fn pointed(text: &str, start: usize, end: usize, margin: usize) -> String {
    let (Some(before), Some(_)) = (text.get(..start), text.get(start..)) else {
        return String::new();
    };
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line: Vec<char> = text[line_start..line_end].chars().collect();
    let column = text[line_start..start].chars().count();
    let marked = text.get(start..end.min(line_end)).map_or(0, |marked| marked.chars().count());
    let first = (column + SHOWN_MAX / 3).saturating_sub(SHOWN_MAX).min(line.len());
    let last = (first + SHOWN_MAX).min(line.len());
    let ahead = if first > 0 { "…" } else { "" };
    let behind = if last < line.len() { "…" } else { "" };
    let shown: String =
        line[first..last].iter().map(|c| if c.is_control() { ' ' } else { *c }).collect();
    let margin = " ".repeat(margin);
    let indent = " ".repeat(column - first + ahead.chars().count());
    let marks = "^".repeat(marked.clamp(1, (last + 1).saturating_sub(column).max(1)));
    format!("{margin}{ahead}{shown}{behind}\n{margin}{indent}{marks}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, marked: &str, expected: &str) {
        let start = text.find(marked).unwrap();
        assert_eq!(pointed(text, start, start + marked.len(), 2), expected);
    }

    #[test]
    fn the_marks_stand_under_what_is_meant() {
        check("Jion([a])", "Jion", "  Jion([a])\n  ^^^^");
        check("Join(\"é\", [b])", "[b]", "  Join(\"é\", [b])\n            ^^^");
    }

    #[test]
    fn only_the_line_of_the_place_is_shown() {
        check("Join(\n  [a],\n  [b])", "[a]", "    [a],\n    ^^^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let shown = pointed(&text, 500, 501, 2);
        let (line, marks) = shown.split_once('\n').unwrap();
        assert_eq!(line.chars().position(|c| c == 'X'), marks.chars().position(|c| c == '^'));
        assert_eq!(line.chars().count(), SHOWN_MAX + 4);
    }

    #[test]
    fn the_end_of_a_text_can_be_meant() {
        assert_eq!(pointed("Join(", 5, 5, 2), "  Join(\n       ^");
        assert_eq!(pointed("", 0, 0, 2), "  \n  ^");
        assert_eq!(pointed("é", 1, 1, 2), "");
    }
}
