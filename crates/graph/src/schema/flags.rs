//! Graph's flags: several names in one text, joined by commas.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Which operations an object mapping allows (`objectFlowTypes`); all three unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowTypes {
    /// Accounts may be created.
    pub add: bool,
    /// Accounts may be changed and disabled.
    pub update: bool,
    /// Accounts may be deleted.
    pub delete: bool,
}

/// What can be asked of a directory itself (`directoryDefinitionDiscoverabilities`), in Graph's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discoverabilities(pub Vec<Discoverability>);

/// One thing that can be asked of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Discoverability {
    /// Which attributes there are.
    AttributeNames,
    /// Of which types they are.
    AttributeDataTypes,
    /// Which can only be read.
    AttributeReadOnly,
    /// Which refer to other objects.
    ReferenceAttributes,
    /// Something that Graph added later.
    UnknownFutureValue,
}

/// A name in a set of flags that does not exist.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{name}\" is none of {expected}")]
pub struct UnknownFlag {
    name: String,
    expected: &'static str,
}

const NONE: &str = "None";

const DISCOVERABILITIES: [(Discoverability, &str); 5] = [
    (Discoverability::AttributeNames, "AttributeNames"),
    (Discoverability::AttributeDataTypes, "AttributeDataTypes"),
    (Discoverability::AttributeReadOnly, "AttributeReadOnly"),
    (Discoverability::ReferenceAttributes, "ReferenceAttributes"),
    (Discoverability::UnknownFutureValue, "UnknownFutureValue"),
];

impl Default for FlowTypes {
    fn default() -> Self {
        Self { add: true, update: true, delete: true }
    }
}

impl FromStr for FlowTypes {
    type Err = UnknownFlag;

    fn from_str(text: &str) -> Result<Self, UnknownFlag> {
        let mut flow = Self { add: false, update: false, delete: false };
        for name in names(text) {
            match name {
                NONE => {}
                "Add" => flow.add = true,
                "Update" => flow.update = true,
                "Delete" => flow.delete = true,
                _ => {
                    return Err(UnknownFlag {
                        name: name.to_owned(),
                        expected: "None, Add, Update, Delete",
                    });
                }
            }
        }
        Ok(flow)
    }
}

impl fmt::Display for FlowTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [(self.add, "Add"), (self.update, "Update"), (self.delete, "Delete")];
        write_names(f, all.into_iter().filter(|(set, _)| *set).map(|(_, name)| name))
    }
}

impl FromStr for Discoverabilities {
    type Err = UnknownFlag;

    fn from_str(text: &str) -> Result<Self, UnknownFlag> {
        let mut found = Vec::new();
        for name in names(text).filter(|name| *name != NONE) {
            let known = DISCOVERABILITIES.iter().find(|(_, known)| *known == name);
            let expected =
                "None, AttributeNames, AttributeDataTypes, AttributeReadOnly, ReferenceAttributes";
            let unknown = || UnknownFlag { name: name.to_owned(), expected };
            found.push(known.ok_or_else(unknown)?.0);
        }
        found.sort_unstable();
        found.dedup();
        Ok(Self(found))
    }
}

impl fmt::Display for Discoverabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_names(
            f,
            DISCOVERABILITIES
                .iter()
                .filter(|(flag, _)| self.0.contains(flag))
                .map(|(_, name)| *name),
        )
    }
}

/// The names in `text`; blanks around them are in real exports.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn write_names(
    f: &mut fmt::Formatter<'_>,
    names: impl Iterator<Item = &'static str>,
) -> fmt::Result {
    let names: Vec<&str> = names.collect();
    f.write_str(if names.is_empty() { NONE } else { "" })?;
    f.write_str(&names.join(","))
}

macro_rules! serde_as_text {
    ($($flags:ty),*) => {$(
        impl Serialize for $flags {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $flags {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

serde_as_text!(FlowTypes, Discoverabilities);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, written: &str) {
        assert_eq!(text.parse::<FlowTypes>().unwrap().to_string(), written);
    }

    #[test]
    fn flags_are_read_with_blanks_and_written_without() {
        check("Add, Update, Delete", "Add,Update,Delete");
        check("Delete,Add", "Add,Delete");
    }

    #[test]
    fn no_flag_is_written_as_none() {
        check("", "None");
        check("None", "None");
    }

    #[test]
    fn an_unknown_flag_is_refused_with_the_known_ones() {
        insta::assert_snapshot!("Add,Remove".parse::<FlowTypes>().unwrap_err(),
            @r#""Remove" is none of None, Add, Update, Delete"#);
    }

    #[test]
    fn discoverabilities_keep_graphs_order() {
        let flags: Discoverabilities = "AttributeDataTypes, AttributeNames".parse().unwrap();
        assert_eq!(flags.to_string(), "AttributeNames,AttributeDataTypes");
    }
}
