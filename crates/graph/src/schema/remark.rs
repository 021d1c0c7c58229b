//! What was read leniently in a schema, told once for each kind.

use std::fmt;

/// Something that was read although Graph does not write it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    kind: Leniency,
    /// How often.
    count: usize,
    /// Where first.
    first: String,
}

/// What a [`Remark`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leniency {
    Wrapper,
    JsonInText,
    KeySpelling,
    NameSpelling,
    FlagAsText,
    NumberAsText,
    TextAsValue,
    SingleForList,
    PutAside,
    FutureValue,
}

/// The remarks so far: one for each kind.
#[derive(Debug, Default)]
pub(super) struct Remarks(pub(super) Vec<Remark>);

impl Remarks {
    pub(super) fn wrapper(&mut self, key: &str) {
        self.add(Leniency::Wrapper, || key.to_owned());
    }

    pub(super) fn json_in_text(&mut self) {
        self.add(Leniency::JsonInText, String::new);
    }

    /// Notes one more of a kind; only the first one's place is told, so only that is written out.
    pub(super) fn add(&mut self, kind: Leniency, place: impl FnOnce() -> String) {
        match self.0.iter_mut().find(|remark| remark.kind == kind) {
            Some(remark) => remark.count += 1,
            None => self.0.push(Remark { kind, count: 1, first: place() }),
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, count, first } = self;
        let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
        match kind {
            Leniency::Wrapper => write!(f, "the schema was taken out of {first}"),
            Leniency::JsonInText => {
                f.write_str("the document was a text that holds JSON, and was read as that")
            }
            Leniency::KeySpelling => write!(
                f,
                "keys in another spelling than Graph's ({times}, first {first}) were read as Graph's"
            ),
            Leniency::NameSpelling => write!(
                f,
                "names in another spelling than Graph's ({times}, first {first}) were read as Graph's"
            ),
            Leniency::FlagAsText => write!(
                f,
                "true and false written otherwise ({times}, first {first}) were read as flags"
            ),
            Leniency::NumberAsText => {
                write!(f, "numbers in quotes ({times}, first {first}) were read as numbers")
            }
            Leniency::TextAsValue => {
                write!(f, "values without quotes ({times}, first {first}) were read as text")
            }
            Leniency::SingleForList => {
                write!(f, "single values ({times}, first {first}) were read as lists of one")
            }
            Leniency::PutAside => write!(
                f,
                "properties that an SDK had put aside ({times}, first {first}) were put back"
            ),
            Leniency::FutureValue => write!(
                f,
                "values that the exporting program did not know ({times}, first {first}) were read as the default"
            ),
        }
    }
}
