//! Whether a filter makes sense for a schema (RFC 7644 §3.4.2.2).

use serde_json::Value;

use super::{Comparison, Filter};
use crate::message::ScimError;
use crate::path::{Path, excerpt};
use crate::schema::{Attribute, AttributeType, ResourceSchema, Returned, Target};

impl Filter {
    /// Refuses what can never be meant: an order of booleans or bytes, a whole complex value
    /// compared with a literal, brackets behind what has no parts, and an attribute that is
    /// never shown, whose value a filter would give away. Attributes that no schema defines
    /// are taken: they have no value (RFC 7644 §3.4.2.1).
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
    if leaf.attribute_type == AttributeType::Complex && leaf.sub_attribute("value").is_none() {
        return refuse(format!(
            "is complex and cannot be compared by \"{operator}\": name one of its parts"
        ));
    }
    Ok(())
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
        check("userName eq \"ada\" and active ne false and not (meta.created gt \"2024\")");
        check("emails[type eq \"work\" and primary eq true].value co \"@x\" or emails co \"x\"");
        check("manager eq \"7\" and name pr and name eq null and colour eq \"red\"");
        check("urn:example:unknown:thing gt 5 or schemas[value eq \"x\"]");
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
