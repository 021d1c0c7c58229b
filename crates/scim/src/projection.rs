//! Projection: which attributes of a resource an answer shows (RFC 7644 §3.9).
//!
//! `attributes` asks for some, `excludedAttributes` leaves some out, and the schema has
//! the last word: what is `returned: always` stays, `never` goes, `request` shows only
//! if asked for (RFC 7643 §7).

mod written;

use serde_json::{Map, Value};

use crate::path::{Path, PathError};
use crate::resource::{Resource, is_urn};
use crate::schema::{Attribute, ResourceSchema, Returned};

/// The most names in either list.
pub const NAME_COUNT_MAX: usize = 500;

/// What a request wants to see of resources with one schema.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Projection {
    attributes: Vec<Name>,
    excluded: Vec<Name>,
    /// What shows only on request, and is named by the write that is answered.
    written: Vec<Name>,
}

/// A path without its filter, names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    extension: Option<String>,
    /// Empty for a whole extension.
    attribute: String,
    part: Option<String>,
}

impl Projection {
    /// Reads the two parameters: names separated by commas, as they stand in a URL.
    /// Names that no schema defines are ignored.
    ///
    /// # Errors
    /// A name that is no path, or more than [`NAME_COUNT_MAX`] names.
    pub fn parse(
        attributes: &str,
        excluded: &str,
        schema: &ResourceSchema,
    ) -> Result<Self, ProjectionError> {
        let (attributes, excluded) = (names(attributes, schema)?, names(excluded, schema)?);
        Ok(Self { attributes, excluded, written: Vec::new() })
    }

    /// Whether the client names attributes, to show or to leave out. What a write names does
    /// not count.
    #[must_use]
    pub fn names_attributes(&self) -> bool {
        !(self.attributes.is_empty() && self.excluded.is_empty())
    }

    /// Whether the answer may show the attribute: a store need not load what it does not.
    #[must_use]
    pub fn wants(&self, path: &Path, schema: &ResourceSchema) -> bool {
        let Some(name) = Name::of(path, schema) else { return false };
        let returned =
            schema.attribute(path).map_or(Returned::Default, |attribute| attribute.returned);
        match returned {
            Returned::Always => true,
            Returned::Never => false,
            Returned::Default if self.attributes.is_empty() => {
                !self.excluded.iter().any(|excluded| excluded.covers(&name))
            }
            Returned::Default => self.attributes.iter().any(|asked| asked.touches(&name)),
            Returned::Request => self.requests(&name),
        }
    }

    /// The part of `resource` that the answer shows.
    #[must_use]
    pub fn project(&self, resource: Resource, schema: &ResourceSchema) -> Resource {
        if *self == Self::default() {
            return without_hidden(resource, schema);
        }
        self.project_some(resource, schema)
    }

    /// Whether an attribute shows that does so only on request.
    fn requests(&self, name: &Name) -> bool {
        let is_asked = self.attributes.iter().any(|asked| asked.touches(name));
        let is_excluded = || self.excluded.iter().any(|excluded| excluded.covers(name));
        is_asked || self.written.iter().any(|written| written.touches(name)) && !is_excluded()
    }

    fn project_some(&self, resource: Resource, schema: &ResourceSchema) -> Resource {
        let mut shown = Resource::new();
        for (key, value) in resource {
            let extension = schema.extension(&key);
            match value {
                Value::Object(values) if extension.is_some() || is_urn(&key) => {
                    let urn = key.to_ascii_lowercase();
                    let definition =
                        |name: &str| extension.and_then(|extension| extension.attribute(name));
                    let values = self.project_values(values, Some(&urn), definition);
                    if !values.is_empty() {
                        shown.insert(key, Value::Object(values));
                    }
                }
                value => {
                    let definition = schema.top_attribute(&key);
                    if let Some(value) = self.project_value(&key, value, None, definition) {
                        shown.insert(key, value);
                    }
                }
            }
        }
        shown
    }

    fn project_values<'s>(
        &self,
        values: Map<String, Value>,
        extension: Option<&str>,
        definition: impl Fn(&str) -> Option<&'s Attribute>,
    ) -> Map<String, Value> {
        let shown = values.into_iter().filter_map(|(name, value)| {
            let shown = self.project_value(&name, value, extension, definition(&name))?;
            Some((name, shown))
        });
        shown.collect()
    }

    fn project_value(
        &self,
        name: &str,
        value: Value,
        extension: Option<&str>,
        definition: Option<&Attribute>,
    ) -> Option<Value> {
        let name = Name {
            extension: extension.map(str::to_owned),
            attribute: name.to_ascii_lowercase(),
            part: None,
        };
        let returned = definition.map_or(Returned::Default, |definition| definition.returned);
        let asked = || self.attributes.iter().filter(|asked| asked.touches(&name));
        let shown = match returned {
            Returned::Always => true,
            Returned::Never => false,
            Returned::Default if self.attributes.is_empty() => {
                !self.excluded.iter().any(|excluded| excluded.covers(&name))
            }
            Returned::Default => asked().next().is_some(),
            Returned::Request => self.requests(&name),
        };
        if !shown {
            return None;
        }
        let whole = asked().next().is_none() || asked().any(|asked| asked.part.is_none());
        let parts: Vec<&str> = asked().filter_map(|asked| asked.part.as_deref()).collect();
        let hidden: Vec<&str> = self
            .excluded
            .iter()
            .filter(|excluded| excluded.touches(&name))
            .filter_map(|excluded| excluded.part.as_deref())
            .collect();
        let written = self.written.iter().filter(|written| written.touches(&name));
        let written: Vec<&str> = written.filter_map(|written| written.part.as_deref()).collect();
        let mut value = value;
        let keep = |part: &str| keeps(part, definition, whole, [&parts, &written, &hidden]);
        retain_parts(&mut value, keep).then_some(value)
    }
}

/// Why the parameters were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// A name is no path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// More names than [`NAME_COUNT_MAX`].
    #[error("{0} attributes are named, the most is {NAME_COUNT_MAX}: name fewer, or none for all")]
    TooMany(usize),
}

impl Name {
    fn of(path: &Path, schema: &ResourceSchema) -> Option<Self> {
        let target = schema.resolve(path)?;
        Some(Self {
            extension: target.extension.map(|schema| schema.id.to_ascii_lowercase()),
            attribute: target
                .attribute
                .map(|attribute| attribute.name.to_ascii_lowercase())
                .unwrap_or_default(),
            part: target.sub_attribute.map(|part| part.name.to_ascii_lowercase()),
        })
    }

    /// Whether this names the whole of `other`'s attribute.
    fn covers(&self, other: &Self) -> bool {
        self.part.is_none() && self.touches(other)
    }

    /// Whether this names `other`'s attribute, a part of it or the extension around it.
    fn touches(&self, other: &Self) -> bool {
        self.extension == other.extension
            && (self.attribute == other.attribute
                || self.attribute.is_empty()
                || other.attribute.is_empty())
            && (self.part.is_none() || other.part.is_none() || self.part == other.part)
    }
}

fn names(list: &str, schema: &ResourceSchema) -> Result<Vec<Name>, ProjectionError> {
    let listed: Vec<&str> =
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if listed.len() > NAME_COUNT_MAX {
        return Err(ProjectionError::TooMany(listed.len()));
    }
    let mut names = Vec::with_capacity(listed.len());
    for name in listed {
        let path = match schema.extension(name) {
            Some(extension) => Path::extension(&extension.id),
            None => Path::parse(name)?,
        };
        // An unknown name still asks for something, so the answer is not everything.
        names.push(Name::of(&path, schema).unwrap_or(Name {
            extension: path.extension_urn().map(str::to_ascii_lowercase),
            attribute: path.attribute.to_ascii_lowercase(),
            part: path.sub_attribute.map(|part| part.to_ascii_lowercase()),
        }));
    }
    Ok(names)
}

fn keeps(
    part: &str,
    definition: Option<&Attribute>,
    whole: bool,
    [asked, written, hidden]: [&[&str]; 3],
) -> bool {
    let is_in = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(part));
    let definition = definition.and_then(|definition| definition.sub_attribute(part));
    match definition.map_or(Returned::Default, |definition| definition.returned) {
        Returned::Always => true,
        Returned::Never => false,
        Returned::Request => is_in(asked) || is_in(written) && !is_in(hidden),
        Returned::Default => (whole || is_in(asked)) && !is_in(hidden),
    }
}

/// Takes parts out of a complex value or of elements. Of what this leaves empty nothing is
/// left: `false` if that is everything.
fn retain_parts(value: &mut Value, keep: impl Fn(&str) -> bool) -> bool {
    let keeps_something = |parts: &mut Map<String, Value>| {
        let was_empty = parts.is_empty();
        parts.retain(|name, _| keep(name));
        was_empty || !parts.is_empty()
    };
    match value {
        Value::Object(parts) => keeps_something(parts),
        Value::Array(elements) => {
            let was_empty = elements.is_empty();
            elements.retain_mut(|element| element.as_object_mut().is_none_or(&keeps_something));
            was_empty || !elements.is_empty()
        }
        _ => true,
    }
}

/// What shows if nothing is asked for: everything but what never or only then does. In
/// place, since most answers are of this kind.
fn without_hidden(mut resource: Resource, schema: &ResourceSchema) -> Resource {
    resource.retain(|key, value| match value {
        Value::Object(values) if is_urn(key) || schema.extension(key).is_some() => {
            let Some(extension) = schema.extension(key) else { return !values.is_empty() };
            values.retain(|name, value| shows(extension.attribute(name), value));
            !values.is_empty()
        }
        value => shows(schema.top_attribute(key), value),
    });
    resource
}

/// Whether an attribute shows if nothing is asked for; takes the parts out that do not.
fn shows(definition: Option<&Attribute>, value: &mut Value) -> bool {
    let is_shown =
        |attribute: &Attribute| matches!(attribute.returned, Returned::Always | Returned::Default);
    let Some(definition) = definition else { return true };
    if !is_shown(definition) {
        return false;
    }
    if definition.sub_attributes.iter().all(is_shown) {
        return true;
    }
    retain_parts(value, |name| definition.sub_attribute(name).is_none_or(is_shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;
    use serde_json::json;

    #[track_caller]
    fn check(attributes: &str, excluded: &str, expected: Value) {
        let user = json!({"schemas": ["x"], "id": "1", "userName": "ada", "password": "p", "name": {"givenName": "A", "familyName": "L"},
            "emails": [{"type": "work", "value": "a"}], "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D", "division": "V"}});
        let schema = standard::users();
        let projection = Projection::parse(attributes, excluded, &schema).unwrap();
        assert_eq!(
            Value::Object(projection.project(user.as_object().unwrap().clone(), &schema)),
            expected
        );
    }

    #[track_caller]
    fn check_wants(attributes: &str, excluded: &str, path: &str, expected: bool) {
        let schema = standard::groups();
        let projection = Projection::parse(attributes, excluded, &schema).unwrap();
        assert_eq!(projection.wants(&Path::parse(path).unwrap(), &schema), expected);
    }

    #[test]
    fn without_parameters_everything_but_secrets_shows() {
        check(
            "",
            "",
            json!({"schemas": ["x"], "id": "1", "userName": "ada", "name": {"givenName": "A", "familyName": "L"},
            "emails": [{"type": "work", "value": "a"}], "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D", "division": "V"}}),
        );
        check("password", "", json!({"schemas": ["x"], "id": "1"}));
    }

    #[test]
    fn attributes_asks_for_some_and_what_always_shows() {
        check(
            "USERNAME, name.givenName,emails.value",
            "",
            json!({"schemas": ["x"], "id": "1", "userName": "ada", "name": {"givenName": "A"}, "emails": [{"value": "a"}]}),
        );
        check(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "",
            json!({"schemas": ["x"], "id": "1", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D", "division": "V"}}),
        );
        check(
            "department,colour",
            "",
            json!({"schemas": ["x"], "id": "1", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D"}}),
        );
        check("colour", "", json!({"schemas": ["x"], "id": "1"}));
    }

    #[test]
    fn excluded_attributes_are_left_out_unless_they_always_show() {
        check(
            "",
            "id,name,emails.type,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division",
            json!({"schemas": ["x"], "id": "1", "userName": "ada",
            "emails": [{"value": "a"}], "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D"}}),
        );
    }

    #[test]
    fn nothing_is_left_of_what_a_projection_empties() {
        check("name.middleName,emails.primary", "", json!({"schemas": ["x"], "id": "1"}));
        check(
            "",
            "userName,name.givenName,name.familyName,emails.type,emails.value,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            json!({"schemas": ["x"], "id": "1"}),
        );
        let list = json!({"name": "list", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "rq", "returned": "request"}, {"name": "value"}]});
        let mut schema = standard::users();
        schema.core.attributes.push(serde_json::from_value(list).unwrap());
        let resource = json!({"list": [{"rq": "q", "value": "v"}, {"value": "w"}, {"rq": "p"}]});
        let shown = |attributes: &str| {
            let projection = Projection::parse(attributes, "", &schema).unwrap();
            let resource = resource.as_object().unwrap().clone();
            Value::Object(projection.project(resource, &schema))
        };
        assert_eq!(shown("list.rq"), json!({"list": [{"rq": "q"}, {"rq": "p"}]}));
        assert_eq!(shown(""), json!({"list": [{"value": "v"}, {"value": "w"}]}));
    }

    #[test]
    fn a_store_can_ask_what_is_wanted() {
        check_wants("", "", "members", true);
        check_wants("", "members", "members", false);
        check_wants("displayName", "", "members", false);
        check_wants("members.value", "", "members", true);
        check_wants("displayName", "", "id", true);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        insta::assert_snapshot!(Projection::parse("a b", "", &standard::users()).unwrap_err(), @r#"the attribute path "a b" cannot be read: expected the end at character 3, found "b""#);
    }
}
