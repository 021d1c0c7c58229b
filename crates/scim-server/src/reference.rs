//! Filters on addresses: `meta.location`, and the `$ref` of references such as
//! `members.$ref`. Stores keep ids and no addresses, so these are put in terms of ids.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use scim::filter::Comparison;
use scim::patch::PatchRequest;
use scim::schema::{Attribute, AttributeType};
use scim::{Filter, Path, ResourceSchema, ScimError};
use serde_json::Value;

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
    /// Whatever it is.
    Any,
    /// None has such an address.
    None,
    /// It compares so.
    Compares(Comparison, String),
}

impl Addresses<'_> {
    /// A comparison of `meta.location` as one of the id; `Ok(Err(holds))` if it holds for
    /// every resource, or for none.
    ///
    /// # Errors
    /// `invalidFilter` for a comparison that says nothing of the id.
    pub(crate) fn of_location(
        &self,
        comparison: Comparison,
        value: &Value,
    ) -> Result<Result<Filter, bool>, ScimError> {
        let of_id = of_id(std::slice::from_ref(&self.own), "meta.location", comparison, value)?;
        Ok(match of_id {
            OfId::Any => Err(true),
            OfId::None => Err(false),
            OfId::Compares(comparison, id) => {
                Ok(Filter::Compare { path: Path::attribute("id"), comparison, value: id.into() })
            }
        })
    }

    /// The filter with each `$ref` of a reference put in terms of its `value`.
    ///
    /// # Errors
    /// `invalidFilter` for a comparison that says nothing of the id.
    pub(crate) fn without_references(
        &self,
        filter: Filter,
        schema: &ResourceSchema,
    ) -> Result<Filter, ScimError> {
        filter.try_map(&|single| match single {
            Filter::ValuePath { path, filter } => {
                let filter = match schema.resolve(&path).and_then(|target| target.attribute) {
                    Some(attribute) => Box::new(self.within(*filter, attribute)?),
                    None => filter,
                };
                Ok(Filter::ValuePath { path, filter })
            }
            Filter::Present(path) => Ok(match Reference::at(&path, schema) {
                Some(_) => Filter::Present(path.with_sub_attribute("value")),
                None => Filter::Present(path),
            }),
            Filter::Compare { path, comparison, value } => match Reference::at(&path, schema) {
                Some(reference) => {
                    let value_path = path.clone().with_sub_attribute("value");
                    self.compared(&reference, &path, value_path, comparison, &value)
                }
                None => Ok(Filter::Compare { path, comparison, value }),
            },
            other => Ok(other),
        })
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
        for path in request.operations.iter_mut().filter_map(|operation| operation.path.as_mut()) {
            let Some(filter) = path.filter.take() else { continue };
            let whole = Path { filter: None, sub_attribute: None, ..path.clone() };
            let attribute = schema.resolve(&whole).and_then(|target| target.attribute);
            path.filter = Some(match attribute {
                Some(attribute) => Box::new(self.within(*filter, attribute)?),
                None => filter,
            });
        }
        Ok(())
    }

    /// A condition on the elements of an attribute.
    fn within(&self, filter: Filter, attribute: &Attribute) -> Result<Filter, ScimError> {
        let Some(reference) = Reference::of(attribute) else { return Ok(filter) };
        filter.try_map(&|single| match single {
            Filter::Present(path) if is_ref(&path.attribute) => {
                Ok(Filter::Present(Path::attribute("value")))
            }
            Filter::Compare { path, comparison, value } if is_ref(&path.attribute) => {
                self.compared(&reference, &path, Path::attribute("value"), comparison, &value)
            }
            other => Ok(other),
        })
    }

    /// A comparison of a `$ref` as one of the `value` beside it.
    fn compared(
        &self,
        reference: &Reference<'_>,
        path: &Path,
        value_path: Path,
        comparison: Comparison,
        value: &Value,
    ) -> Result<Filter, ScimError> {
        let kinds = reference.kinds.iter();
        let prefixes: Vec<String> = kinds.filter_map(|kind| (self.of)(kind)).collect();
        let of_id = of_id(&prefixes, &path.to_string(), comparison, value)?;
        let is_there = Filter::Present(value_path.clone());
        Ok(match of_id {
            OfId::Any => is_there,
            // There is no filter for nothing: both cannot hold.
            OfId::None => Filter::all(vec![is_there.clone(), Filter::Not(Box::new(is_there))]),
            OfId::Compares(comparison, id) => {
                Filter::Compare { path: value_path, comparison, value: id.into() }
            }
        })
    }
}

/// An attribute whose `$ref` the server makes of its `value`.
struct Reference<'s> {
    /// The kinds that it may refer to.
    kinds: &'s [String],
}

impl<'s> Reference<'s> {
    fn of(attribute: &'s Attribute) -> Option<Self> {
        let part = attribute.sub_attribute("$ref")?;
        attribute.sub_attribute("value")?;
        let is_reference = part.attribute_type == AttributeType::Reference;
        is_reference.then_some(Self { kinds: &part.reference_types })
    }

    fn at(path: &Path, schema: &'s ResourceSchema) -> Option<Self> {
        path.sub_attribute.as_deref().filter(|name| is_ref(name))?;
        Self::of(schema.resolve(path)?.attribute?)
    }
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
    let Value::String(address) = value else { return Ok(of_no_text(comparison)) };
    let id = prefixes.iter().find_map(|prefix| address.strip_prefix(prefix.as_str()));
    let id = id.map(|id| percent_decode_str(id).decode_utf8_lossy()).map(Cow::into_owned);
    match (comparison, id) {
        (
            comparison @ (Comparison::Equal | Comparison::NotEqual | Comparison::StartsWith),
            Some(id),
        ) if !id.is_empty() => Ok(OfId::Compares(comparison, id)),
        (Comparison::Equal, _) => Ok(OfId::None),
        (Comparison::NotEqual, _) => Ok(OfId::Any),
        (Comparison::StartsWith, _) => {
            let begin_so = prefixes.iter().filter(|prefix| prefix.starts_with(address)).count();
            match begin_so {
                0 => Ok(OfId::None),
                all if all == prefixes.len() => Ok(OfId::Any),
                _ => Err(unsupported(name)),
            }
        }
        _ => Err(unsupported(name)),
    }
}

/// Every address differs from what is no text, and from null.
fn of_no_text(comparison: Comparison) -> OfId {
    if comparison == Comparison::NotEqual { OfId::Any } else { OfId::None }
}

fn unsupported(name: &str) -> ScimError {
    ScimError::invalid_filter(format!(
        "\"{name}\" is made of an id and compares by \"eq\", \"ne\", \"pr\", and by \"sw\" with the address of one kind: filter by the id instead"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str) -> Option<String> {
        ["User", "Group"].contains(&kind).then(|| format!("http://host/{kind}s/"))
    }

    fn addresses() -> Addresses<'static> {
        Addresses { own: "http://host/Users/".to_owned(), of: &of }
    }

    /// What is left of a filter on groups, or the refusal.
    #[track_caller]
    fn check(filter: &str, expected: &str) {
        let schema = scim::schema::standard::groups();
        let filter = Filter::parse(filter).unwrap();
        let shown = match addresses().without_references(filter, &schema) {
            Ok(filter) => filter.to_string(),
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
            "members[type eq \"User\" and $ref pr] or displayName pr",
            "members[type eq \"User\" and value pr] or displayName pr",
        );
    }

    #[test]
    fn another_address_is_no_reference() {
        for filter in [
            "members.$ref eq \"http://other/Users/7\"",
            "members.$ref sw \"x\"",
            "members.$ref eq null",
        ] {
            check(filter, "members.value pr and not (members.value pr)");
        }
        check("members.$ref ne \"x\"", "members.value pr");
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
