//! Whether a filter makes sense for a schema (RFC 7644 §3.4.2.2).

use serde_json::Value;

use super::{Comparison, Filter, number};
use crate::instant;
use crate::message::ScimError;
use crate::path::{Path, excerpt};
use crate::resource::boolean;
use crate::schema::{Attribute, AttributeType, ResourceSchema, Returned, Target};

impl Filter {
    /// Refuses what can never be meant: an order of booleans or bytes, a whole complex value
    /// compared with a literal, a literal that no value of the attribute's type compares with,
    /// brackets behind what has no parts, and an attribute that is never shown, whose value a
    /// filter would give away. Attributes that no schema defines are taken: they have no value
    /// (RFC 7644 §3.4.2.1). So are a boolean or a number in quotes, and `987` for a text that
    /// is not compared by its order, as clients write them.
    ///
    /// # Errors
    /// `invalidFilter` that names the attribute and the comparison.
    pub fn check(&self, schema: &ResourceSchema) -> Result<(), ScimError> {
        match self {
            Self::And(filters) | Self::Or(filters) => {
                filters.iter().try_for_each(|filter| filter.check(schema))
            }
            Self::Not(filter) => filter.check(schema),
            Self::Present(path) => check_path(path, schema, None),
            Self::Compare { path, comparison, value } => {
                check_path(path, schema, Some((*comparison, value)))
            }
            Self::ValuePath { path, filter } => {
                match known(path, schema)?.and_then(|it| it.attribute) {
                    Some(attribute) => filter.check_brackets(attribute),
                    None => Ok(()),
                }
            }
        }
    }

    /// Refuses what can never be meant in brackets behind `attribute`.
    ///
    /// # Errors
    /// As for [`Self::check`].
    pub(crate) fn check_brackets(&self, attribute: &Attribute) -> Result<(), ScimError> {
        check_shown(attribute, &Path::attribute(&attribute.name))?;
        if !attribute.multi_valued && attribute.sub_attributes.is_empty() {
            return Err(ScimError::invalid_filter(format!(
                "the attribute \"{}\" has no parts: leave out the brackets",
                attribute.name
            )));
        }
        check_element(self, attribute)
    }

    /// Whether every name in brackets behind `attribute` is a part of it.
    pub(crate) fn names_parts_of(&self, attribute: &Attribute) -> bool {
        match self {
            Self::And(filters) | Self::Or(filters) => {
                filters.iter().all(|filter| filter.names_parts_of(attribute))
            }
            Self::Not(filter) => filter.names_parts_of(attribute),
            Self::Present(path) | Self::Compare { path, .. } | Self::ValuePath { path, .. } => {
                part(path, attribute).is_some()
            }
        }
    }
}

/// What the comparison is, if it is one.
type With<'f> = Option<(Comparison, &'f Value)>;

fn check_path(path: &Path, schema: &ResourceSchema, with: With<'_>) -> Result<(), ScimError> {
    let Some(target) = known(path, schema)? else { return Ok(()) };
    let Some(attribute) = target.attribute else { return Ok(()) };
    if let Some(filter) = &path.filter {
        filter.check_brackets(attribute)?;
    }
    check_shown(attribute, path)?;
    check_leaf(target.sub_attribute.unwrap_or(attribute), path, with)
}

/// A condition in brackets behind an attribute.
fn check_element(filter: &Filter, attribute: &Attribute) -> Result<(), ScimError> {
    let check_part = |path: &Path, with: With<'_>| match part(path, attribute) {
        Some(part) => check_leaf(part, path, with),
        None => Err(ScimError::invalid_filter(format!(
            "the attribute \"{}\" has no part \"{}\": see /Schemas for those that exist",
            attribute.name,
            excerpt(&path.to_string())
        ))),
    };
    match filter {
        Filter::And(filters) | Filter::Or(filters) => {
            filters.iter().try_for_each(|filter| check_element(filter, attribute))
        }
        Filter::Not(filter) => check_element(filter, attribute),
        Filter::Present(path) | Filter::ValuePath { path, .. } => check_part(path, None),
        Filter::Compare { path, comparison, value } => check_part(path, Some((*comparison, value))),
    }
}

/// What `path` means in brackets behind `attribute`: a part, or its values if it has no parts.
fn part<'a>(path: &Path, attribute: &'a Attribute) -> Option<&'a Attribute> {
    if path.sub_attribute.is_some() || path.filter.is_some() {
        return None; // parts have no parts (RFC 7643 §2.3.8)
    }
    let is_value = || path.attribute.eq_ignore_ascii_case("value");
    let itself = || Some(attribute).filter(|it| it.sub_attributes.is_empty() && is_value());
    attribute.sub_attribute(&path.attribute).or_else(itself)
}

/// Nothing within an attribute that is never shown may be asked for.
fn check_shown(attribute: &Attribute, path: &Path) -> Result<(), ScimError> {
    if attribute.returned != Returned::Never {
        return Ok(());
    }
    let path = excerpt(&path.to_string());
    Err(ScimError::invalid_filter(format!(
        "the attribute \"{path}\" is never shown, so no filter may ask for it"
    )))
}

fn check_leaf(leaf: &Attribute, path: &Path, with: With<'_>) -> Result<(), ScimError> {
    let refuse = |why: String| {
        let path = excerpt(&path.to_string());
        Err(ScimError::invalid_filter(format!("the attribute \"{path}\" {why}")))
    };
    if leaf.returned == Returned::Never {
        return refuse("is never shown, so no filter may ask for it".to_owned());
    }
    let Some((comparison, value)) = with else { return Ok(()) };
    if value.is_null() {
        return Ok(());
    }
    let operator = comparison.operator();
    let has_order = !matches!(leaf.attribute_type, AttributeType::Boolean | AttributeType::Binary);
    if comparison.is_of_order() && !has_order {
        return refuse(format!(
            "has no order, so \"{operator}\" says nothing: use \"eq\" or \"ne\""
        ));
    }
    if leaf.attribute_type == AttributeType::Complex {
        // A complex value is compared by its "value".
        return match leaf.sub_attribute("value") {
            Some(value) => check_leaf(value, path, with),
            None => refuse(format!(
                "is complex and cannot be compared by \"{operator}\": name one of its parts"
            )),
        };
    }
    match wanted(leaf.attribute_type, comparison, value) {
        None => Ok(()),
        Some(wanted) => {
            let value = excerpt(&value.to_string());
            refuse(format!(
                "never compares with {value} by \"{operator}\": compare it with {wanted}"
            ))
        }
    }
}

/// What values of the type can be compared with, if it is not this literal (RFC 7644 §3.4.2.2,
/// table 3).
fn wanted(
    attribute_type: AttributeType,
    comparison: Comparison,
    literal: &Value,
) -> Option<&'static str> {
    let of_texts = comparison.is_of_texts();
    match attribute_type {
        AttributeType::Boolean => Some("true or false by \"eq\" or \"ne\"")
            .filter(|_| of_texts || boolean(literal).is_none()),
        AttributeType::Integer | AttributeType::Decimal => {
            Some("a number by \"eq\", \"ne\", \"gt\", \"ge\", \"lt\" or \"le\"")
                .filter(|_| of_texts || number(literal).is_none())
        }
        AttributeType::DateTime => {
            let is_time =
                literal.as_str().is_some_and(|text| of_texts || instant::read(text).is_some());
            Some("a time such as \"2026-01-31T12:00:00Z\"").filter(|_| !is_time)
        }
        AttributeType::String | AttributeType::Reference => Some("a text in double quotes")
            .filter(|_| comparison.is_of_order() && !literal.is_string()),
        AttributeType::Binary | AttributeType::Complex => None,
    }
}

/// What the path means; `None` if no schema defines the attribute, an error if one does,
/// but not the part.
fn known<'s>(path: &Path, schema: &'s ResourceSchema) -> Result<Option<Target<'s>>, ScimError> {
    if let Some(target) = schema.resolve(path) {
        return Ok(Some(target));
    }
    match schema.locate(path.schema.as_deref(), &path.attribute) {
        Some(target) if target.attribute.is_some() => Err(ScimError::invalid_filter(format!(
            "the attribute \"{}\" does not exist: see /Schemas for the parts of \"{}\"",
            excerpt(&path.to_string()),
            excerpt(&path.attribute)
        ))),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;

    #[track_caller]
    fn check(filter: &str) {
        Filter::parse(filter).unwrap().check(&standard::users()).unwrap();
    }

    #[track_caller]
    fn check_error(filter: &str) -> String {
        Filter::parse(filter).unwrap().check(&standard::users()).unwrap_err().to_string()
    }

    #[test]
    fn what_a_service_can_answer_is_taken() {
        check(
            "userName eq \"ada\" and active ne false and not (meta.created gt \"2024-01-01\" or meta.created sw \"2024\")",
        );
        check("emails[type eq \"work\" and primary eq true].value co \"@x\" or emails co \"x\"");
        check("manager eq \"7\" and name pr and name eq null and colour eq \"red\"");
        check("active eq \"False\" and externalId eq 7 and id sw 5 and manager eq 7");
        check("urn:example:unknown:thing gt 5 or schemas[value eq \"x\"]");
    }

    #[test]
    fn literals_that_no_value_compares_with_are_refused() {
        insta::assert_snapshot!(check_error("userName gt 5"), @r#"the attribute "userName" never compares with 5 by "gt": compare it with a text in double quotes (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("emails le true"), @r#"the attribute "emails" never compares with true by "le": compare it with a text in double quotes (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("active co true"), @r#"the attribute "active" never compares with true by "co": compare it with true or false by "eq" or "ne" (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("active eq \"yes\""), @r#"the attribute "active" never compares with "yes" by "eq": compare it with true or false by "eq" or "ne" (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("meta.created gt \"2024\""), @r#"the attribute "meta.created" never compares with "2024" by "gt": compare it with a time such as "2026-01-31T12:00:00Z" (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("meta.created ew 5"), @r#"the attribute "meta.created" never compares with 5 by "ew": compare it with a time such as "2026-01-31T12:00:00Z" (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("emails[primary eq 1]"), @r#"the attribute "primary" never compares with 1 by "eq": compare it with true or false by "eq" or "ne" (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("userName[value eq \"ada\"]"), @r#"the attribute "userName" has no parts: leave out the brackets (400 invalidFilter)"#);
        let level = serde_json::json!({"name": "level", "type": "integer"});
        let mut schema = standard::users();
        schema.core.attributes.push(serde_json::from_value(level).unwrap());
        let error = |filter: &str| Filter::parse(filter).unwrap().check(&schema).unwrap_err();
        insta::assert_snapshot!(error("level eq \"high\""), @r#"the attribute "level" never compares with "high" by "eq": compare it with a number by "eq", "ne", "gt", "ge", "lt" or "le" (400 invalidFilter)"#);
        insta::assert_snapshot!(error("level sw 1"), @r#"the attribute "level" never compares with 1 by "sw": compare it with a number by "eq", "ne", "gt", "ge", "lt" or "le" (400 invalidFilter)"#);
        Filter::parse("level gt \"3\" and level ne 2.5").unwrap().check(&schema).unwrap();
    }

    #[test]
    fn nothing_within_what_is_never_shown_may_be_asked_for() {
        let mut schema = standard::users();
        let lock = serde_json::json!({"name": "lock", "type": "complex", "mutability": "writeOnly",
            "subAttributes": [{"name": "pin"}, {"name": "value"}]});
        schema.core.attributes.push(serde_json::from_value(lock).unwrap());
        let refused =
            |filter: &str| Filter::parse(filter).unwrap().check(&schema).unwrap_err().to_string();
        insta::assert_snapshot!(refused("lock.pin eq \"1\""), @r#"the attribute "lock.pin" is never shown, so no filter may ask for it (400 invalidFilter)"#);
        insta::assert_snapshot!(refused("lock[pin pr]"), @r#"the attribute "lock" is never shown, so no filter may ask for it (400 invalidFilter)"#);
        let sorted = crate::Sort::parse("lock.pin", false, &schema).unwrap_err();
        insta::assert_snapshot!(sorted, @r#"the attribute "lock.pin" cannot sort: it is never shown (400 invalidPath)"#);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        insta::assert_snapshot!(check_error("active gt false"), @r#"the attribute "active" has no order, so "gt" says nothing: use "eq" or "ne" (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("title pr or not (x509Certificates.value le \"QQ==\")"), @r#"the attribute "x509Certificates.value" has no order, so "le" says nothing: use "eq" or "ne" (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("emails[primary lt true]"), @r#"the attribute "primary" has no order, so "lt" says nothing: use "eq" or "ne" (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("name eq \"Ada\""), @r#"the attribute "name" is complex and cannot be compared by "eq": name one of its parts (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("password sw \"a\""), @r#"the attribute "password" is never shown, so no filter may ask for it (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("emails[colour eq \"x\"]"), @r#"the attribute "emails" has no part "colour": see /Schemas for those that exist (400 invalidFilter)"#);
        insta::assert_snapshot!(check_error("name.colour eq \"x\""), @r#"the attribute "name.colour" does not exist: see /Schemas for the parts of "name" (400 invalidFilter)"#);
    }
}
