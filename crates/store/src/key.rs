//! Keys that compare without regard to case.
//!
//! Databases disagree about case (`lower`, `NOCASE`, `ILIKE`), so the folded
//! form is computed here, by one function, and stored in a column of its own.

use unicode_normalization::UnicodeNormalization;

/// Folds `text` to the form that key columns hold: Unicode NFC, in lower case.
///
/// Two texts that a person reads as the same word give the same key, however
/// their accents are composed. Folding a key gives the same key again.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(fold(text), expected);
    }

    #[test]
    fn case_and_composition_do_not_matter() {
        check("Ada@Example.COM", "ada@example.com");
        check("E\u{301}mile", "\u{e9}mile");
        check("ŞEN", "şen");
        check("山田", "山田");
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
