//! `NormalizeDiacritics`: Latin letters without their marks, everything else untouched.
//!
//! A letter with marks becomes its base letter (`ä` is `a`, not `ae`), a ligature its letters. Marks of other
//! scripts belong to their letters (`が`, `й`) and stay.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text without the diacritics of its Latin letters, in NFC.
pub(crate) fn normalize(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut latin = false;
    for letter in text.nfd() {
        if is_combining_mark(letter) {
            if !latin {
                plain.push(letter);
            }
            continue;
        }
        latin = is_latin(letter);
        match letters_of(letter) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(letter),
        }
    }
    plain.nfc().collect()
}

/// Latin letters that do not decompose. The documented ones first, then those of the same kind.
fn letters_of(letter: char) -> Option<&'static str> {
    Some(match letter {
        'æ' => "ae",
        'Æ' => "AE",
        'ø' | 'œ' => "oe",
        'Ø' | 'Œ' => "OE",
        'ß' => "ss",
        'ł' => "l",
        'Ł' => "L",
        'ı' | 'ɨ' => "i",
        'ẞ' => "SS",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'þ' => "th",
        'Þ' => "TH",
        'ŋ' => "n",
        'Ŋ' => "N",
        'ħ' => "h",
        'Ħ' => "H",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ĸ' => "k",
        'ȷ' => "j",
        'Ɨ' => "I",
        _ => return None,
    })
}

/// Letters of Latin script that NFD leaves as bases.
fn is_latin(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(letter, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(normalize(text), expected);
    }

    #[test]
    fn each_letter_of_the_documented_table_becomes_its_base() {
        for (base, letters) in [
            ("a", "ä à â ã å á ą ă ā ǟ ǡ a̱"),
            ("c", "ç č ć c̄ c̱"),
            ("d", "ď d̄ ḏ"),
            ("e", "ë è é ê ę ě ė ē ḗ ḕ e̱"),
            ("g", "ğ ḡ g̱"),
            ("i", "ï î ì í ı ī i̱"),
            ("I", "İ"),
            ("l", "ľ ł l̄ ḹ ḻ"),
            ("n", "ñ ń ň n̄ ṉ"),
            ("o", "ö ò ő õ ô ó ō ṓ ṑ ȫ ǭ ȭ ȱ o̱"),
            ("r", "ř r̄ ṟ ṝ"),
            ("s", "š ś ș ş s̄ s̱"),
            ("t", "ť ț t̄ ṯ"),
            ("u", "ü ù û ú ů ű ū ǖ ṻ u̱"),
            ("y", "ÿ ý ȳ y̱"),
            ("z", "ź ž ż z̄ ẕ"),
            ("ae", "æ ǣ"),
            ("AE", "Æ Ǣ"),
            ("oe", "ø ø̄ œ̄"),
            ("OE", "Ø Œ̄"),
            ("ss", "ß"),
        ] {
            for letter in letters.split(' ') {
                check(letter, base);
            }
        }
    }

    #[test]
    fn other_scripts_keep_their_marks() {
        check("がぎぐ", "がぎぐ");
        check("Андрей", "Андрей");
        check("한국", "한국");
        check("Zoë 鈴木ガ", "Zoe 鈴木ガ");
    }
}
