//! Attribute paths: where in a resource a value stands.
//!
//! `userName`, `name.givenName`, `emails[type eq "work"].value`, each with a schema
//! URN and a colon in front if wanted, and the bare URN of an extension for the
//! whole extension (RFC 7644 §3.5.2 and §3.10). Attribute names are
//! case-insensitive; a path keeps them as written.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::filter::{Dialect, Filter, FilterError, parse};
use crate::schema::urn;

/// The longest path in bytes, filter included.
pub const PATH_LENGTH_MAX: usize = 16 * 1024;

/// Where in a resource a value stands: `schema:attribute[filter].sub_attribute`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Path {
    /// The URN in front of the attribute; `None` for the resource's own schema.
    pub schema: Option<String>,
    /// The attribute's name; empty means the whole extension that `schema` names.
    pub attribute: String,
    /// Which elements of a multi-valued attribute; its paths are sub-attributes.
    pub filter: Option<Box<Filter>>,
    /// One part of a complex attribute.
    pub sub_attribute: Option<String>,
}

impl Path {
    /// Reads a path, for example `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value`.
    ///
    /// An unknown URN is split from the attribute at its last colon, unless what
    /// follows that colon is a resource type behind a version (`…:2.0:User`): then
    /// the URN stands for the whole extension.
    ///
    /// # Errors
    /// No path, a path longer than [`PATH_LENGTH_MAX`], or anything behind its end.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        Self::parse_with(text, Dialect::default())
    }

    /// Reads a path whose brackets are in a service's dialect.
    ///
    /// # Errors
    /// As for [`Path::parse`].
    pub fn parse_with(text: &str, dialect: Dialect) -> Result<Self, PathError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        if text.len() > PATH_LENGTH_MAX {
            return Err(PathError::TooLong(text.len()));
        }
        parse::path(text, dialect)
            .map_err(|error| PathError::Malformed { path: excerpt(text), error: Box::new(error) })
    }

    /// The path of a top-level attribute of the resource's own schema.
    #[must_use]
    pub fn attribute(name: &str) -> Self {
        Self { attribute: name.to_owned(), ..Self::default() }
    }

    /// The path of the whole extension `schema`.
    #[must_use]
    pub fn extension(schema: &str) -> Self {
        Self { schema: Some(schema.to_owned()), ..Self::default() }
    }

    /// Whether this is an attribute's name and nothing else.
    #[must_use]
    pub fn is_attribute(&self) -> bool {
        self.schema.is_none() && self.filter.is_none() && self.sub_attribute.is_none()
    }

    /// The URN of the extension that holds the attribute; `None` for the resource's
    /// own attributes, whether written with their core URN or without.
    #[must_use]
    pub fn extension_urn(&self) -> Option<&str> {
        self.schema.as_deref().filter(|urn| !urn::is_core(urn))
    }

    /// The path of one sub-attribute below this one.
    #[must_use]
    pub fn with_sub_attribute(mut self, name: &str) -> Self {
        self.sub_attribute = Some(name.to_owned());
        self
    }

    /// The path of those elements of this attribute that `filter` admits.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = Some(Box::new(filter));
        self
    }

    /// Splits `urn:…:User:name.givenName` or `name.givenName` into schema,
    /// attribute and sub-attribute. `None` if that is no attribute name.
    pub(crate) fn from_name(text: &str) -> Option<Self> {
        let (schema, rest) = split_schema(text);
        if rest.is_empty() {
            // Behind a colon an attribute is expected.
            return schema.filter(|schema| schema.len() == text.len()).map(Self::extension);
        }
        let (attribute, sub_attribute) = match rest.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (rest, None),
        };
        if !is_name(attribute) || !sub_attribute.is_none_or(is_name) {
            return None;
        }
        Some(Self {
            schema: schema.map(str::to_owned),
            attribute: attribute.to_owned(),
            filter: None,
            sub_attribute: sub_attribute.map(str::to_owned),
        })
    }
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing but blanks.
    #[error("the attribute path is empty: name an attribute, such as \"userName\"")]
    Empty,
    /// Longer than [`PATH_LENGTH_MAX`].
    #[error("the attribute path has {0} bytes, the most is {PATH_LENGTH_MAX}: shorten its filter")]
    TooLong(usize),
    /// Not what RFC 7644 §3.5.2 allows.
    #[error("the attribute path \"{path}\" cannot be read: {error}")]
    Malformed {
        /// The path, or its beginning.
        path: String,
        /// What is wrong with it, and where.
        error: Box<FilterError>,
    },
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            f.write_str(schema)?;
            if !self.attribute.is_empty() {
                f.write_str(":")?;
            }
        }
        f.write_str(&self.attribute)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub_attribute {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The URN and what follows it.
fn split_schema(text: &str) -> (Option<&str>, &str) {
    let lower = text.get(..4).unwrap_or_default().to_ascii_lowercase();
    if lower != "urn:" && !text.contains("://") {
        return (None, text);
    }
    let Some((head, tail)) = text.rsplit_once(':') else { return (None, text) };
    let known = urn::STANDARD.iter().any(|urn| urn.eq_ignore_ascii_case(text));
    if known || is_resource_type(head, tail) { (Some(text), "") } else { (Some(head), tail) }
}

/// Whether `tail` is the resource type at the end of a schema URN (`…:2.0:User`)
/// and no attribute: those begin with a small letter.
fn is_resource_type(head: &str, tail: &str) -> bool {
    let version = head.rsplit(':').next().unwrap_or_default();
    let is_version = version.contains('.')
        && version
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    is_version && tail.starts_with(|c: char| c.is_ascii_uppercase()) && !tail.contains('.')
}

/// ATTRNAME of RFC 7644 §3.4.2.2, with the `$` of `$ref`.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'$' || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The first part of a text that may be long, for an error message.
pub(crate) fn excerpt(text: &str) -> String {
    const EXCERPT_LENGTH_MAX: usize = 80;
    match text.char_indices().nth(EXCERPT_LENGTH_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses, prints and shows the parts as `schema|attribute|filter|sub`.
    #[track_caller]
    fn check(text: &str, parts: &str) {
        let path = Path::parse(text).unwrap();
        let filter = path.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        let schema = path.schema.clone().unwrap_or_default();
        let sub = path.sub_attribute.clone().unwrap_or_default();
        assert_eq!(format!("{schema}|{}|{filter}|{sub}", path.attribute), parts);
        assert_eq!(Path::parse(&path.to_string()).unwrap(), path, "printed as {path}");
    }

    #[track_caller]
    fn check_error(text: &str) -> String {
        Path::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_path_has_up_to_four_parts() {
        check("userName", "|userName||");
        check("name.givenName", "|name||givenName");
        check("emails[type eq \"work\"]", "|emails|type eq \"work\"|");
        check("emails[type eq \"work\"].value", "|emails|type eq \"work\"|value");
        check(" members[ value eq \"a]b\" ].$ref ", "|members|value eq \"a]b\"|$ref");
    }

    #[test]
    fn values_may_stand_in_single_quotes_and_print_in_double_ones() {
        check("ids[authority eq 'teams'].value", "|ids|authority eq \"teams\"|value");
        check(
            "ids[authority eq 'o''hara' and type eq \"x\"]",
            "|ids|authority eq \"o'hara\" and type eq \"x\"|",
        );
        check("ids[authority eq '']", "|ids|authority eq \"\"|");
        assert!(Path::parse("ids[authority eq 'teams]").is_err());
    }

    #[test]
    fn a_schema_stands_in_front_of_a_colon() {
        check(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User|manager||value",
        );
        check(
            "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName",
            "urn:ietf:params:scim:schemas:core:2.0:User|name||givenName",
        );
        check("urn:example:thing:colour", "urn:example:thing|colour||");
        check(
            "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds[authority eq \"x\"].value",
            "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User|externalIds|authority eq \"x\"|value",
        );
    }

    #[test]
    fn a_bare_extension_is_the_whole_extension() {
        check(urn::ENTERPRISE_USER, &format!("{}|||", urn::ENTERPRISE_USER));
        check(
            "urn:ietf:params:scim:schemas:extension:contoso:2.0:Robot",
            "urn:ietf:params:scim:schemas:extension:contoso:2.0:Robot|||",
        );
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_place() {
        insta::assert_snapshot!(check_error(" "), @r#"the attribute path is empty: name an attribute, such as "userName""#);
        insta::assert_snapshot!(check_error("emails[type eq \"work\""), @r#"the attribute path "emails[type eq "work"" cannot be read: expected "]" at character 22, found the end"#);
        insta::assert_snapshot!(check_error("urn:example:thing:"), @r#"the attribute path "urn:example:thing:" cannot be read: expected an attribute name at character 1, found "urn:example:thing:""#);
        insta::assert_snapshot!(check_error("a.b.c"), @r#"the attribute path "a.b.c" cannot be read: expected an attribute name at character 1, found "a.b.c""#);
        insta::assert_snapshot!(check_error("emails[type eq \"work\"]value"), @r#"the attribute path "emails[type eq "work"]value" cannot be read: expected the end at character 23, found "value""#);
        insta::assert_snapshot!(check_error(&"x".repeat(PATH_LENGTH_MAX + 1)), @"the attribute path has 16385 bytes, the most is 16384: shorten its filter");
    }
}
