//! Telephone numbers: one slot of each type, E.164 or a `tel:` URI with an extension.

use serde::{Deserialize, Serialize};

/// The most digits of an E.164 number.
const DIGIT_COUNT_MAX: usize = 15;

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
/// `tel:+13175550100;ext=105`; the vendor's own example has a blank behind the semicolon.
#[must_use]
pub(crate) fn number(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix("tel:") else {
        return is_e164(text).then(|| text.to_owned());
    };
    let Some((number, parameter)) = rest.split_once(';') else {
        return is_e164(rest).then(|| text.to_owned());
    };
    let extension = parameter.trim_start().strip_prefix("ext=")?;
    (is_e164(number) && is_digits(extension)).then(|| format!("tel:{number};ext={extension}"))
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| is_digits(digits) && !digits.starts_with('0'))
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
