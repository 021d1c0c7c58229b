//! Telephone numbers: one slot of each type, E.164 or a `tel:` URI with an extension.

use serde::{Deserialize, Serialize};

/// The most digits of an E.164 number.
const DIGIT_COUNT_MAX: usize = 15;

/// The fewest: a country code of up to three digits, and a number behind it.
const DIGIT_COUNT_MIN: usize = 4;

/// What may stand between the digits of a URI.
const SEPARATORS: [char; 4] = ['-', '.', '(', ')'];

/// The slots of a profile, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each is the word on the wire")]
pub enum PhoneType {
    Work,
    Work2,
    Work3,
    Work4,
    Home,
    Mobile,
    Other,
    MicrosoftTeams,
    ZoomPhone,
    EightByEight,
    RingCentral,
}

impl PhoneType {
    /// Every slot.
    pub const ALL: [Self; 11] = [
        Self::Work,
        Self::Work2,
        Self::Work3,
        Self::Work4,
        Self::Home,
        Self::Mobile,
        Self::Other,
        Self::MicrosoftTeams,
        Self::ZoomPhone,
        Self::EightByEight,
        Self::RingCentral,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Work2 => "work2",
            Self::Work3 => "work3",
            Self::Work4 => "work4",
            Self::Home => "home",
            Self::Mobile => "mobile",
            Self::Other => "other",
            Self::MicrosoftTeams => "microsoftteams",
            Self::ZoomPhone => "zoomphone",
            Self::EightByEight => "eightbyeight",
            Self::RingCentral => "ringcentral",
        }
    }

    /// The slot of this word, in any case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.word().eq_ignore_ascii_case(word))
    }
}

/// A number that the vendor takes, as it is kept: `+13175550100`, or with an extension
/// `tel:+13175550100;ext=105`. Scheme and parameter may be written in any case, and the
/// numbers of a URI with separators (RFC 3966 §3), which are dropped; so is a blank behind the
/// semicolon, which the vendor's own example has.
#[must_use]
pub(crate) fn number(text: &str) -> Option<String> {
    let Some(rest) = strip_word(text, "tel:") else {
        return is_e164(text).then(|| text.to_owned());
    };
    let Some((number, parameter)) = rest.split_once(';') else {
        let number = without_separators(rest);
        return is_e164(&number).then(|| format!("tel:{number}"));
    };
    let number = without_separators(number);
    let extension = without_separators(strip_word(parameter.trim_start(), "ext=")?);
    (is_e164(&number) && is_digits(&extension)).then(|| format!("tel:{number};ext={extension}"))
}

/// What follows the word, which may be written in any case.
fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

fn without_separators(text: &str) -> String {
    text.chars().filter(|letter| !SEPARATORS.contains(letter)).collect()
}

/// A country code alone is no number.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        is_digits(digits) && digits.len() >= DIGIT_COUNT_MIN && !digits.starts_with('0')
    })
}

fn is_digits(text: &str) -> bool {
    (1..=DIGIT_COUNT_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        assert_eq!(number(text).is_some(), expected, "{text}");
    }

    #[test]
    fn e164_and_tel_uris_are_numbers() {
        check("+13175550100", true);
        check("+4989123456", true);
        check("tel:+13175550100;ext=105", true);
        check("tel:+13175550100", true);
    }

    #[test]
    fn a_blank_before_the_extension_is_dropped() {
        assert_eq!(number("tel:+1317; ext=5").as_deref(), Some("tel:+1317;ext=5"));
    }

    #[test]
    fn a_uri_may_have_capitals_and_separators() {
        for (text, expected) in [
            ("TEL:+13175550100", "tel:+13175550100"),
            ("TEL:+13175550100;EXT=105", "tel:+13175550100;ext=105"),
            ("tel:+1-317-555-0101", "tel:+13175550101"),
            ("tel:+1(317)555.0101;ext=1-05", "tel:+13175550101;ext=105"),
        ] {
            assert_eq!(number(text).as_deref(), Some(expected), "{text}");
        }
        check("tel:+1 317 555 0101", false);
        check("tel:-;ext=1", false);
    }

    #[test]
    fn a_country_code_alone_is_none() {
        check("+1", false);
        check("tel:+49", false);
        check("+354", false);
        check("+2906", true);
    }

    #[test]
    fn blanks_brackets_and_national_numbers_are_none() {
        check("", false);
        check("+", false);
        check("13175550100", false);
        check("+1 317 555 0100", false);
        check("+1(317)5550100", false);
        check("+0123", false);
        check("+1234567890123456", false);
        check("tel:+13175550100;ext=", false);
        check("tel:+13175550100;ext=1x", false);
        check("tel:+13175550100;isub=1", false);
        check("+13175550100;ext=105", false);
    }

    #[test]
    fn every_slot_reads_its_own_word() {
        for slot in PhoneType::ALL {
            assert_eq!(PhoneType::from_word(slot.word()), Some(slot));
            assert_eq!(serde_json::to_value(slot).unwrap(), slot.word());
        }
    }
}
