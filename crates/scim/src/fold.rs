//! Folding case: two texts are equal without case exactly if their folded forms are equal.
//!
//! Letter by letter, so that the folded form of a joined text is the folded forms joined:
//! an index of folded values finds beginnings, too. The final sigma folds to the other
//! sigma for that reason.

use std::borrow::Cow;

/// The folded form of `text`: what is stored in an index that does not see case.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Owned(letters(text).collect())
}

/// Whether two texts are equal, with or without case.
pub(crate) fn equal(a: &str, b: &str, case_exact: bool) -> bool {
    a == b
        || !case_exact
            && (a.eq_ignore_ascii_case(b)
                || !(a.is_ascii() && b.is_ascii()) && letters(a).eq(letters(b)))
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, b: &str, expected: bool) {
        assert_eq!(fold(a) == fold(b), expected, "folded");
        assert_eq!(equal(a, b, false), expected, "compared");
    }

    #[test]
    fn letters_of_every_script_are_equal_without_case() {
        check("Ada", "aDA", true);
        check("ŞAHİN", "şahi\u{307}n", true);
        check("ΟΔΟΣ", "οδος", true);
        check("Straße", "STRASSE", false);
        check("a", "b", false);
        assert!(!equal("Ada", "ada", true));
    }

    #[test]
    fn a_text_already_folded_is_not_copied() {
        assert!(matches!(fold("ada@example.com"), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn folding_goes_letter_by_letter(a in "\\PC*", b in "\\PC*") {
            let joined = format!("{a}{b}");
            proptest::prop_assert_eq!(fold(&joined), format!("{}{}", fold(&a), fold(&b)));
        }

        #[test]
        fn folding_twice_is_folding_once(a in "\\PC*") {
            let once = fold(&a);
            proptest::prop_assert_eq!(fold(&once), once.as_ref());
        }
    }
}
