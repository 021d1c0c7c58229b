//! Filters on what the server adds to resources: `meta.resourceType`, `meta.location`,
//! `schemas` and the form of `meta.version`.
//!
//! Stores do not keep these values, so such comparisons are answered here, or put in terms
//! of what stores keep, before a store sees the filter.

use scim::filter::Comparison;
use scim::{Filter, Path, Resource, ResourceSchema, ScimError};
use serde_json::{Value, json};

use crate::condition;
use crate::reference::Addresses;
use crate::service::ResourceKind;

/// A filter in terms of what stores keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// It holds for every resource of the kind.
    All,
    /// It holds for none.
    None,
    /// The store has to look.
    Some(Filter),
}

/// Puts `filter` in terms of what stores keep of `kind`.
///
/// # Errors
/// `invalidFilter` for a comparison of addresses that says nothing of an id.
pub(crate) fn resolve(
    filter: Filter,
    kind: &ResourceKind,
    addresses: &Addresses<'_>,
) -> Result<Resolved, ScimError> {
    Ok(match filter {
        Filter::And(parts) => {
            let mut left = Vec::new();
            for part in parts {
                match resolve(part, kind, addresses)? {
                    Resolved::All => {}
                    Resolved::None => return Ok(Resolved::None),
                    Resolved::Some(part) => left.push(part),
                }
            }
            if left.is_empty() { Resolved::All } else { Resolved::Some(Filter::all(left)) }
        }
        Filter::Or(parts) => {
            let mut left = Vec::new();
            for part in parts {
                match resolve(part, kind, addresses)? {
                    Resolved::All => return Ok(Resolved::All),
                    Resolved::None => {}
                    Resolved::Some(part) => left.push(part),
                }
            }
            if left.is_empty() { Resolved::None } else { Resolved::Some(Filter::any(left)) }
        }
        Filter::Not(part) => match resolve(*part, kind, addresses)? {
            Resolved::All => Resolved::None,
            Resolved::None => Resolved::All,
            Resolved::Some(part) => Resolved::Some(Filter::Not(Box::new(part))),
        },
        single => resolve_single(single, kind, addresses)?,
    })
}

fn resolve_single(
    filter: Filter,
    kind: &ResourceKind,
    addresses: &Addresses<'_>,
) -> Result<Resolved, ScimError> {
    let (Filter::Compare { path, .. } | Filter::Present(path)) = &filter else {
        return addresses.without_references(filter, &kind.schema);
    };
    if is(path, "meta", Some("resourceType"), &kind.schema) {
        let known = json!({"meta": {"resourceType": kind.name()}});
        return Ok(always(holds(&filter, known, &kind.schema)));
    }
    if is(path, "schemas", None, &kind.schema) {
        return Ok(resolve_schemas(filter, kind));
    }
    if is(path, "meta", Some("location"), &kind.schema) {
        let Filter::Compare { comparison, value, .. } = &filter else { return Ok(Resolved::All) };
        return addresses.of_location(*comparison, value);
    }
    if is(path, "meta", Some("version"), &kind.schema) {
        return Ok(Resolved::Some(with_bare_version(filter)));
    }
    addresses.without_references(filter, &kind.schema)
}

/// Every resource uses the core schema, and an extension if it has values below its URN.
fn resolve_schemas(filter: Filter, kind: &ResourceKind) -> Resolved {
    let (filter, is_negated) = match filter {
        Filter::Compare { path, comparison: Comparison::NotEqual, value } => {
            (Filter::Compare { path, comparison: Comparison::Equal, value }, true)
        }
        other => (other, false),
    };
    let meant = |urn: &str| holds(&filter, json!({"schemas": [urn]}), &kind.schema);
    let resolved = if meant(&kind.schema.core.id) {
        Resolved::All
    } else {
        let meant = kind.schema.extensions.iter().filter(|extension| meant(&extension.id));
        let present: Vec<Filter> =
            meant.map(|extension| Filter::Present(Path::extension(&extension.id))).collect();
        if present.is_empty() { Resolved::None } else { Resolved::Some(Filter::any(present)) }
    };
    match resolved {
        Resolved::All if is_negated => Resolved::None,
        Resolved::None if is_negated => Resolved::All,
        Resolved::Some(filter) if is_negated => Resolved::Some(Filter::Not(Box::new(filter))),
        resolved => resolved,
    }
}

/// Stores keep versions without `W/` and quotes.
fn with_bare_version(filter: Filter) -> Filter {
    match filter {
        Filter::Compare { path, comparison, value: Value::String(tag) } => {
            Filter::Compare { path, comparison, value: condition::bare(&tag).into() }
        }
        other => other,
    }
}

fn is(path: &Path, attribute: &str, part: Option<&str>, schema: &ResourceSchema) -> bool {
    let is_of_core =
        path.schema.as_ref().is_none_or(|urn| urn.eq_ignore_ascii_case(&schema.core.id));
    let is_part = match (&path.sub_attribute, part) {
        (Some(given), Some(part)) => given.eq_ignore_ascii_case(part),
        (None, None) => true,
        _ => false,
    };
    is_of_core && is_part && path.attribute.eq_ignore_ascii_case(attribute)
}

fn holds(filter: &Filter, known: Value, schema: &ResourceSchema) -> bool {
    let Value::Object(known) = known else { return false };
    let known: Resource = known;
    filter.matches(&known, schema)
}

fn always(holds: bool) -> Resolved {
    if holds { Resolved::All } else { Resolved::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a filter on users: `all`, `none` or the filter.
    #[track_caller]
    fn check(filter: &str, expected: &str) {
        let filter = Filter::parse(filter).unwrap();
        let own = "http://host/Users/".to_owned();
        let addresses = Addresses { own: own.clone(), of: &|_| Some(own.clone()) };
        let shown = match resolve(filter, &ResourceKind::users(), &addresses) {
            Ok(Resolved::All) => "all".to_owned(),
            Ok(Resolved::None) => "none".to_owned(),
            Ok(Resolved::Some(filter)) => filter.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_resource_type_is_known() {
        check("meta.resourceType eq \"User\"", "all");
        check("META.RESOURCETYPE eq \"Group\"", "none");
        check("meta.resourceType ne \"Group\"", "all");
        check("meta.resourceType pr", "all");
        check("meta.resourceType eq \"User\" and userName pr", "userName pr");
        check("meta.resourceType eq \"Group\" and userName pr", "none");
        check("meta.resourceType eq \"Group\" or userName pr", "userName pr");
        check("not (meta.resourceType eq \"Group\") or userName pr", "all");
    }

    #[test]
    fn schemas_are_those_with_values() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        check("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", "all");
        check("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:Group\"", "none");
        check("schemas pr", "all");
        check(&format!("schemas eq \"{enterprise}\""), &format!("{enterprise} pr"));
        check(&format!("schemas ne \"{enterprise}\""), &format!("not ({enterprise} pr)"));
        check("schemas co \"enterprise\"", &format!("{enterprise} pr"));
    }

    #[test]
    fn a_location_is_an_id() {
        check("meta.location eq \"http://host/Users/a%2Fb\"", "id eq \"a/b\"");
        check("meta.location eq \"http://host/Groups/7\"", "none");
        check("meta.location pr", "all");
        check("meta.location sw \"http://\"", "all");
        check("not (meta.location sw \"http://host/Users/\")", "none");
        check("meta.location sw \"http://host/Users/7\"", "id sw \"7\"");
        check("meta.location sw \"https://\"", "none");
        check("meta.location ne \"http://host/Groups/7\"", "all");
        let refused = "\"meta.location\" is made of an id and compares by \"eq\", \"ne\", \"pr\", and by \"sw\" with an address up to an id, or with what all its addresses begin with: filter by the id instead (400 invalidFilter)";
        check("meta.location co \"Users\"", refused);
        check("meta.location ew \"7\"", refused);
    }

    #[test]
    fn a_version_is_compared_as_stores_keep_it() {
        check(r#"meta.version eq "W/\"1\"""#, "meta.version eq \"1\"");
        check("meta.version eq \"1\"", "meta.version eq \"1\"");
    }

    #[test]
    fn other_filters_stay() {
        check("userName eq \"ada\"", "userName eq \"ada\"");
        check("emails[type eq \"work\"]", "emails[type eq \"work\"]");
    }
}
