//! The name that was probably meant.

/// Most characters that two names are compared by.
const COMPARED_LENGTH_MAX: usize = 64;

/// The name most similar to what was written, letter case aside; none if nothing is similar.
#[must_use]
pub fn nearest<'n>(written: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = letters(written);
    let tolerance = (wanted.len() / 3).clamp(1, 4);
    let near = names.into_iter().filter_map(|name| {
        let letters = letters(name);
        // Two names are at least as far apart as their lengths, which is quickly told.
        let is_close = wanted.len().abs_diff(letters.len()) <= tolerance;
        let distance = is_close.then(|| strsim::generic_levenshtein(&wanted, &letters))?;
        (distance <= tolerance).then_some((distance, name))
    });
    near.min().map(|(_, name)| name)
}

fn letters(name: &str) -> Vec<char> {
    name.to_lowercase().chars().take(COMPARED_LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &str, expected: Option<&str>) {
        assert_eq!(nearest(written, ["department", "displayName", "city"]), expected);
    }

    #[test]
    fn a_slip_is_found_and_anything_else_is_not() {
        check("departmant", Some("department"));
        check("DisplayName", Some("displayName"));
        check("cty", Some("city"));
        check("costCentre", None);
        check("", None);
    }
}
