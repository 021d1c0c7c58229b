//! Filters on addresses: `meta.location`, and the `$ref` of references such as
//! `members.$ref`. Stores keep ids and no addresses, so these are put in terms of ids.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use scim::filter::Comparison;
use scim::patch::PatchRequest;
use scim::schema::{Attribute, AttributeType};
use scim::{Filter, Path, ResourceSchema, ScimError};
use serde_json::Value;

use crate::computed::Resolved;

/// Where the resources of each kind are, such as `https://host/scim/v2/Users/`.
pub(crate) struct Addresses<'a> {
    /// Of the kind that is asked for.
    pub(crate) own: String,
    /// Of the kind with a name, if the service has one.
    pub(crate) of: &'a dyn Fn(&str) -> Option<String>,
}

/// What a comparison of an address says about the id.
#[derive(Debug, Clone, PartialEq, Eq)]
enum OfId {
    /// It holds, whatever the id is, and without one.
    Always,
    /// It never holds.
    Never,
    /// There is an id.
    Present,
    /// There is none.
    Absent,
    /// It compares so.
    Compares(Comparison, String),
}

impl Addresses<'_> {
    /// A comparison of `meta.location`.
    ///
    /// # Errors
    /// `invalidFilter` for a comparison that says nothing of the id.
    pub(crate) fn of_location(
        &self,
        comparison: Comparison,
        value: &Value,
    ) -> Result<Resolved, ScimError> {
        let of_id = of_id(std::slice::from_ref(&self.own), "meta.location", comparison, value)?;
        Ok(match of_id {
            // Every resource has an id.
            OfId::Always | OfId::Present => Resolved::All,
            OfId::Never | OfId::Absent => Resolved::None,
            OfId::Compares(comparison, id) => {
                let path = Path::attribute("id");
                Resolved::Some(Filter::Compare { path, comparison, value: id.into() })
            }
        })
    }

    /// A single condition with each `$ref` of a reference put in terms of its `value`.
    ///
    /// # Errors
    /// `invalidFilter` for a comparison that says nothing of the id.
    pub(crate) fn without_references(
        &self,
        single: Filter,
        schema: &ResourceSchema,
    ) -> Result<Resolved, ScimError> {
        Ok(Resolved::Some(match single {
            Filter::ValuePath { path, filter } => {
                let filter = match schema.resolve(&path).and_then(|target| target.attribute) {
                    Some(attribute) => Box::new(self.within(*filter, attribute)?),
                    None => filter,
                };
                Filter::ValuePath { path, filter }
            }
            Filter::Present(mut path) => {
                self.in_brackets(&mut path, schema)?;
                match self.reference_at(&path, schema) {
                    Some(_) => Filter::Present(path.with_sub_attribute("value")),
                    None => Filter::Present(path),
                }
            }
            Filter::Compare { mut path, comparison, value } => {
                self.in_brackets(&mut path, schema)?;
                let Some(reference) = self.reference_at(&path, schema) else {
                    return Ok(Resolved::Some(Filter::Compare { path, comparison, value }));
                };
                let name = path.to_string();
                let path = path.with_sub_attribute("value");
                match of_id(&reference.prefixes, &name, comparison, &value)? {
                    OfId::Always => return Ok(Resolved::All),
                    OfId::Never => return Ok(Resolved::None),
                    OfId::Present => Filter::Present(path),
                    OfId::Absent => Filter::Not(Box::new(Filter::Present(path))),
                    OfId::Compares(comparison, id) => {
                        Filter::Compare { path, comparison, value: id.into() }
                    }
                }
            }
            other => other,
        }))
    }

    /// The same for the paths of a PATCH, such as `members[$ref eq "…"]`.
    ///
    /// # Errors
    /// As for filters.
    pub(crate) fn in_patch(
        &self,
        request: &mut PatchRequest,
        schema: &ResourceSchema,
    ) -> Result<(), ScimError> {
        for operation in &mut request.operations {
            if let Some(path) = &mut operation.path {
                self.in_brackets(path, schema)?;
            }
        }
        Ok(())
    }

    /// The same for the brackets of a path.
    fn in_brackets(&self, path: &mut Path, schema: &ResourceSchema) -> Result<(), ScimError> {
        let Some(filter) = path.filter.take() else { return Ok(()) };
        let whole = Path { filter: None, sub_attribute: None, ..path.clone() };
        path.filter = Some(match schema.resolve(&whole).and_then(|target| target.attribute) {
            Some(attribute) => Box::new(self.within(*filter, attribute)?),
            None => filter,
        });
        Ok(())
    }

    /// A condition on the elements of an attribute.
    fn within(&self, filter: Filter, attribute: &Attribute) -> Result<Filter, ScimError> {
        let Some(reference) = self.reference(attribute) else { return Ok(filter) };
        let is_there = || Filter::Present(Path::attribute("value"));
        filter.try_map(&|single| match single {
            Filter::Present(path) if is_ref(&path.attribute) => Ok(is_there()),
            Filter::Compare { path, comparison, value } if is_ref(&path.attribute) => {
                let absent = Filter::Not(Box::new(is_there()));
                Ok(match of_id(&reference.prefixes, &path.to_string(), comparison, &value)? {
                    // There is no filter for everything, nor for nothing.
                    OfId::Always => Filter::any(vec![is_there(), absent]),
                    OfId::Never => Filter::all(vec![is_there(), absent]),
                    OfId::Present => is_there(),
                    OfId::Absent => absent,
                    OfId::Compares(comparison, id) => {
                        let path = Path::attribute("value");
                        Filter::Compare { path, comparison, value: id.into() }
                    }
                })
            }
            other => Ok(other),
        })
    }

    /// The attribute as one whose `$ref` the server makes of its `value`: it refers to a kind
    /// of this service. Others keep the `$ref` that their client sent.
    fn reference(&self, attribute: &Attribute) -> Option<Reference> {
        let part = attribute.sub_attribute("$ref")?;
        attribute.sub_attribute("value")?;
        let is_reference = part.attribute_type == AttributeType::Reference;
        let kinds = part.reference_types.iter().filter(|_| is_reference);
        let prefixes: Vec<String> = kinds.filter_map(|kind| (self.of)(kind)).collect();
        (!prefixes.is_empty()).then_some(Reference { prefixes })
    }

    fn reference_at(&self, path: &Path, schema: &ResourceSchema) -> Option<Reference> {
        path.sub_attribute.as_deref().filter(|name| is_ref(name))?;
        self.reference(schema.resolve(path)?.attribute?)
    }
}

struct Reference {
    /// Where the resources are that it may refer to.
    prefixes: Vec<String>,
}

fn is_ref(name: &str) -> bool {
    name.eq_ignore_ascii_case("$ref")
}

/// What a comparison of an address says about the id behind one of the prefixes.
///
/// # Errors
/// `invalidFilter` for a comparison that says nothing of the id (RFC 7644 §3.12 has it for
/// combinations that are not supported).
fn of_id(
    prefixes: &[String],
    name: &str,
    comparison: Comparison,
    value: &Value,
) -> Result<OfId, ScimError> {
    let Value::String(address) = value else {
        return Ok(match (comparison, value) {
            (Comparison::Equal, Value::Null) => OfId::Absent,
            (Comparison::NotEqual, Value::Null) => OfId::Present,
            (Comparison::NotEqual, _) => OfId::Always,
            _ => OfId::Never,
        });
    };
    let id = prefixes.iter().find_map(|prefix| address.strip_prefix(prefix.as_str()));
    let id = id.map(|id| percent_decode_str(id).decode_utf8_lossy()).map(Cow::into_owned);
    match (comparison, id) {
        (
            comparison @ (Comparison::Equal | Comparison::NotEqual | Comparison::StartsWith),
            Some(id),
        ) if !id.is_empty() => Ok(OfId::Compares(comparison, id)),
        (Comparison::Equal, _) => Ok(OfId::Never),
        (Comparison::NotEqual, _) => Ok(OfId::Always),
        (Comparison::StartsWith, _) => {
            let begin_so = prefixes.iter().filter(|prefix| prefix.starts_with(address)).count();
            match begin_so {
                0 => Ok(OfId::Never),
                all if all == prefixes.len() => Ok(OfId::Present),
                _ => Err(unsupported(name)),
            }
        }
        _ => Err(unsupported(name)),
    }
}

fn unsupported(name: &str) -> ScimError {
    ScimError::invalid_filter(format!(
        "\"{name}\" is made of an id and compares by \"eq\", \"ne\", \"pr\", and by \"sw\" with an address up to an id, or with what all its addresses begin with: filter by the id instead"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computed::resolve;
    use crate::service::ResourceKind;

    fn of(kind: &str) -> Option<String> {
        ["User", "Group"].contains(&kind).then(|| format!("http://host/{kind}s/"))
    }

    fn addresses() -> Addresses<'static> {
        Addresses { own: "http://host/Users/".to_owned(), of: &of }
    }

    /// What is left of a filter on groups, or the refusal.
    #[track_caller]
    fn check(filter: &str, expected: &str) {
        let filter = Filter::parse(filter).unwrap();
        let shown = match resolve(filter, &ResourceKind::groups(), &addresses()) {
            Ok(Resolved::Some(filter)) => filter.to_string(),
            Ok(always) => format!("{always:?}"),
            Err(error) => format!("{:?}", error.scim_type.unwrap()),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_reference_is_an_id() {
        check("members.$ref eq \"http://host/Users/a%2Fb\"", "members.value eq \"a/b\"");
        check("members.$ref eq \"http://host/Groups/7\"", "members.value eq \"7\"");
        check("members.$ref ne \"http://host/Groups/7\"", "members.value ne \"7\"");
        check("members.$REF sw \"http://host/Users/7\"", "members.value sw \"7\"");
        check("members.$ref sw \"http://host/\"", "members.value pr");
        check("members.$ref pr", "members.value pr");
        check("not (members.$ref pr)", "not (members.value pr)");
        check("members[$ref eq \"http://host/Users/7\"]", "members[value eq \"7\"]");
        check(
            "members[$ref eq \"http://host/Users/7\"].type eq \"User\"",
            "members[value eq \"7\"].type eq \"User\"",
        );
        check(
            "members[type eq \"User\" and $ref pr] or displayName pr",
            "members[type eq \"User\" and value pr] or displayName pr",
        );
    }

    #[test]
    fn another_address_is_no_reference() {
        check("members.$ref eq \"http://other/Users/7\"", "None");
        check("members.$ref sw \"x\"", "None");
        check("members.$ref ne \"x\"", "All");
        check("members.$ref ne 5", "All");
        check("members.$ref eq null", "not (members.value pr)");
        check("members.$ref ne null", "members.value pr");
        check("members[$ref eq \"x\"]", "members[value pr and not (value pr)]");
        check("members.$ref eq \"x\" or displayName pr", "displayName pr");
    }

    #[test]
    fn a_reference_to_somewhere_else_stays_as_its_client_sent_it() {
        let filter = "members.$ref eq \"https://x/1\"";
        let elsewhere = Addresses { own: String::new(), of: &|_| None };
        let resolved = resolve(Filter::parse(filter).unwrap(), &ResourceKind::groups(), &elsewhere);
        assert_eq!(resolved.unwrap(), Resolved::Some(Filter::parse(filter).unwrap()));
    }

    #[test]
    fn what_says_nothing_of_an_id_is_refused() {
        for filter in [
            "members.$ref co \"Users\"",
            "members.$ref ew \"7\"",
            "members.$ref gt \"http://host/Users/7\"",
            "members.$ref sw \"http://host/U\"",
            "members[$ref co \"Users\"]",
        ] {
            check(filter, "InvalidFilter");
        }
    }

    #[test]
    fn other_filters_stay() {
        check("members.value eq \"7\"", "members.value eq \"7\"");
        check("displayName eq \"$ref\"", "displayName eq \"$ref\"");
    }

    #[test]
    fn paths_of_a_patch_are_put_the_same_way() {
        let message = serde_json::json!({"Operations": [
            {"op": "remove", "path": "members[$ref eq \"http://host/Users/7\"]"}, {"op": "remove", "path": "displayName"}]});
        let (mut request, _) = PatchRequest::from_json(&message).unwrap();
        let schema = scim::schema::standard::groups();
        addresses().in_patch(&mut request, &schema).unwrap();
        let paths: Vec<_> =
            request.operations.iter().flat_map(|operation| &operation.path).collect();
        assert_eq!(paths[0].to_string(), "members[value eq \"7\"]");
        assert_eq!(paths[1].to_string(), "displayName");
    }
}
