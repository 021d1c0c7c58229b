//! Applying a request to a resource: all operations or none.
//!
//! The work is linear in the size of the attributes that the request touches, once for
//! the undo copy and once for each operation on them, where neighbours that add or
//! remove members count as one: they look at each member a fixed number of times.
//! Changing a group's name looks at no member.

use serde_json::{Map, Value};

use super::joined::joined;
use super::write::Write;
use super::{OPERATION_COUNT_MAX, Op, Operation, PatchRequest, Tolerance};
use crate::coerce::Fitting;
use crate::message::ScimError;
use crate::path::{Path, excerpt};
use crate::resource::{Resource, elements, entry, key_of, object, value_of};
use crate::schema::{Attribute, Mutability, ResourceSchema, Schema, Target};
use crate::validation::{
    Rules, check_once, check_parts, check_parts_stay, is_forgettable, missing,
};

/// What applying a request did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Whether the resource is another one than before.
    pub changed: bool,
    /// What was accepted beyond the RFC, each once.
    pub tolerances: Vec<Tolerance>,
}

/// What becomes of a path that no schema defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unknown {
    /// The request is refused with `invalidPath`.
    #[default]
    Refuse,
    /// The operation is left out.
    Ignore,
}

/// Applies all operations of `request` in order, or none of them.
///
/// # Errors
/// `invalidPath` for a path that no schema defines, `invalidFilter` for brackets that name
/// what is no part of the attribute, `mutability` for what may not be written or removed,
/// `invalidValue` for a value that does not fit, `noTarget` for a filter that admits no
/// element and does not say how to make one. The resource is then as it was.
pub fn apply(
    resource: &mut Resource,
    request: &PatchRequest,
    schema: &ResourceSchema,
) -> Result<Applied, ScimError> {
    apply_with(resource, request, schema, Rules::default())
}

/// Like [`apply`], for a service with its own rules.
///
/// # Errors
/// As for [`apply`].
pub fn apply_with(
    resource: &mut Resource,
    request: &PatchRequest,
    schema: &ResourceSchema,
    rules: impl Into<Rules>,
) -> Result<Applied, ScimError> {
    let count = request.operations.len();
    if count > OPERATION_COUNT_MAX {
        let detail = format!(
            "the request has {count} operations, the most is {OPERATION_COUNT_MAX}: send several requests"
        );
        return Err(ScimError::new(413, detail));
    }
    let fitting = Fitting::new(rules.into());
    let operations = joined(&request.operations, schema);
    let is_sole = matches!(operations.as_slice(), [operation] if operation.path.is_some());
    let mut patch = Patch { resource, schema, before: Vec::new(), counted: None, is_sole, fitting };
    let applied = operations.iter().try_for_each(|operation| patch.operation(operation));
    match applied.and_then(|()| patch.check_required()) {
        Ok(()) => Ok(patch.finish(request)),
        Err(error) => {
            patch.undo();
            Err(error)
        }
    }
}

struct Patch<'a> {
    resource: &'a mut Resource,
    schema: &'a ResourceSchema,
    /// The attributes and extensions touched, as they were.
    before: Vec<(String, Option<Value>)>,
    /// Instead of a copy, if all that happens is that references come or go.
    counted: Option<Counted>,
    /// Whether there is only one operation, on what its path says.
    is_sole: bool,
    fitting: Fitting,
}

/// A list of references before more were added, or some removed.
struct Counted {
    name: String,
    /// `None` if there was no list.
    count: Option<usize>,
}

/// Whether an attribute was named by the path of an operation, or by a key of a value
/// that may well be a whole resource: then what cannot be written is left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    ByPath,
    ByKey,
}

impl Patch<'_> {
    fn operation(&mut self, operation: &Operation) -> Result<(), ScimError> {
        let value = operation.value.as_ref();
        match (&operation.path, value) {
            (Some(path), value) => self.at(operation.op, path, value, Named::ByPath),
            (None, Some(Value::Object(values))) if operation.op != Op::Remove => {
                self.keys(operation.op, None, values)
            }
            (None, _) => Err(ScimError::invalid_value(
                "an operation without a path needs an object as its value, and cannot remove",
            )),
        }
    }

    /// The keys of a value without path, or of an extension's object below `urn`.
    fn keys(
        &mut self,
        op: Op,
        urn: Option<&str>,
        values: &Map<String, Value>,
    ) -> Result<(), ScimError> {
        check_once(values)?;
        for (key, value) in values {
            let extension = if urn.is_none() { self.schema.extension(key) } else { None };
            let path = match extension {
                Some(extension) => Ok(Path::extension(&extension.id)),
                None => Path::parse(key),
            };
            let Ok(mut path) = path else {
                self.fitting.note(Tolerance::UnknownIgnored);
                continue;
            };
            if extension.is_none() && !path.is_attribute() {
                self.fitting.note(Tolerance::PathAsKey);
            }
            path.schema = path.schema.or(urn.map(str::to_owned));
            self.at(op, &path, Some(value), Named::ByKey)?;
        }
        Ok(())
    }

    fn at(
        &mut self,
        op: Op,
        path: &Path,
        value: Option<&Value>,
        named: Named,
    ) -> Result<(), ScimError> {
        let Some(target) = self.schema.resolve(path) else { return self.unknown(path, named) };
        let Some(attribute) = target.attribute else { return self.extension(op, path, value) };
        let leaf = target.sub_attribute.unwrap_or(attribute);
        if attribute.mutability == Mutability::ReadOnly || leaf.mutability == Mutability::ReadOnly {
            return self.read_only(path, attribute, named);
        }
        if let Some(filter) = path.filter.as_deref().filter(|_| attribute.multi_valued) {
            if !filter.names_parts_of(attribute) && self.may_ignore_unknown(named) {
                return self.unknown(path, named);
            }
            filter.check_brackets(attribute)?;
        }
        let is_empty_list = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        // To name no element in a removal is to remove none.
        let clears =
            value.is_some_and(|value| value.is_null() || op != Op::Remove && is_empty_list(value));
        if clears && op == Op::Add && attribute.multi_valued && path.filter.is_none() {
            return Ok(()); // no more elements are given, and those that are there stay
        }
        // What is empty clears, whichever operation brings it (RFC 7643 §2.5).
        let op = if clears { Op::Remove } else { op };
        let value = value.filter(|_| !clears);
        if !self.count(op, path, target, value) {
            self.remember(target, attribute);
        }
        let place = place(self.resource, target, attribute);
        let part = target.sub_attribute;
        let written =
            Write { op, path, attribute, part, fitting: &mut self.fitting }.to(place, value);
        self.tidy(target, attribute);
        written
    }

    fn extension(&mut self, op: Op, path: &Path, value: Option<&Value>) -> Result<(), ScimError> {
        let target = self.schema.resolve(path).and_then(|target| target.extension);
        let Some(extension) = target else { return self.unknown(path, Named::ByPath) };
        match value {
            Some(Value::Object(values)) if op != Op::Remove => {
                self.keys(op, Some(&extension.id), values)
            }
            None | Some(Value::Null) => self.drop_extension(extension),
            Some(_) => Err(ScimError::invalid_value(format!(
                "the extension \"{}\" takes an object",
                extension.id
            ))),
        }
    }

    /// Removes a whole extension: each attribute by its own rules. What only the service
    /// writes stays.
    fn drop_extension(&mut self, extension: &Schema) -> Result<(), ScimError> {
        let there = value_of(self.resource, &extension.id).and_then(Value::as_object);
        let Some(there) = there else { return Ok(()) };
        let is_read_only = |it: &Attribute| it.mutability == Mutability::ReadOnly;
        let is_there = |it: &&Attribute| {
            !is_read_only(it) && (is_forgettable(it) || value_of(there, &it.name).is_some())
        };
        let removed: Vec<&Attribute> = extension.attributes.iter().filter(is_there).collect();
        self.remember_key(&extension.id);
        for attribute in removed {
            let schema = Some(extension.id.clone());
            let path = Path { schema, ..Path::attribute(&attribute.name) };
            self.at(Op::Remove, &path, None, Named::ByPath)?;
        }
        if let Some(values) = entry(self.resource, &extension.id).as_object_mut() {
            values.retain(|name, _| extension.attribute(name).is_some_and(is_read_only));
        }
        drop_empty(self.resource, &extension.id);
        Ok(())
    }

    fn unknown(&mut self, path: &Path, named: Named) -> Result<(), ScimError> {
        if self.may_ignore_unknown(named) {
            self.fitting.note(Tolerance::UnknownIgnored);
            return Ok(());
        }
        let path = excerpt(&path.to_string());
        Err(ScimError::invalid_path(format!(
            "no schema defines the attribute \"{path}\": see /Schemas for those that exist"
        )))
    }

    fn may_ignore_unknown(&self, named: Named) -> bool {
        named == Named::ByKey || self.fitting.rules.unknown == Unknown::Ignore
    }

    fn read_only(
        &mut self,
        path: &Path,
        attribute: &Attribute,
        named: Named,
    ) -> Result<(), ScimError> {
        // Clients list an extension in "schemas" before they write to it; the service keeps that list.
        if named == Named::ByKey || attribute.name == "schemas" {
            self.fitting.note(Tolerance::ReadOnlyIgnored);
            return Ok(());
        }
        Err(ScimError::mutability(format!("the attribute \"{path}\" is read-only: leave it out")))
    }

    /// Notes how many references there are, if that is enough to undo the operation and to
    /// tell whether it changed something: those that stay are not looked at.
    fn count(&mut self, op: Op, path: &Path, target: Target<'_>, value: Option<&Value>) -> bool {
        let Some(attribute) = target.attribute else { return false };
        let only_comes_or_goes = match op {
            Op::Add => path.filter.is_none(),
            Op::Remove => path.filter.is_some() || value.is_some(),
            Op::Replace => false,
        };
        let is_plain = attribute.is_reference_list()
            && attribute.mutability == Mutability::ReadWrite
            && !attribute.required
            && target.extension.is_none()
            && target.sub_attribute.is_none();
        if !(self.is_sole && is_plain && only_comes_or_goes) {
            return false;
        }
        let count = match value_of(self.resource, &attribute.name) {
            None => None,
            Some(Value::Array(list)) => Some(list.len()),
            Some(_) => return false,
        };
        self.counted = Some(Counted { name: attribute.name.clone(), count });
        true
    }

    /// Keeps a copy of what the target's attribute is now, for undo and comparison.
    fn remember(&mut self, target: Target<'_>, attribute: &Attribute) {
        self.remember_key(target.extension.map_or(&attribute.name, |extension| &extension.id));
    }

    fn remember_key(&mut self, name: &str) {
        let key = key_of(self.resource, name).unwrap_or(name).to_owned();
        if !self.before.iter().any(|(known, _)| *known == key) {
            let value = self.resource.get(&key).cloned();
            self.before.push((key, value));
        }
    }

    /// Takes away what an operation left empty.
    fn tidy(&mut self, target: Target<'_>, attribute: &Attribute) {
        match target.extension {
            None => drop_empty(self.resource, &attribute.name),
            Some(extension) => {
                if let Some(values) = entry(self.resource, &extension.id).as_object_mut() {
                    drop_empty(values, &attribute.name);
                }
                drop_empty(self.resource, &extension.id);
            }
        }
    }

    /// Required attributes may change but not go (RFC 7644 §3.5.2.2).
    fn check_required(&self) -> Result<(), ScimError> {
        if let Some(Counted { name, count }) = &self.counted
            && let Some(attribute) = self.schema.top_attribute(name)
            && let Some(now) = value_of(self.resource, name).map(elements)
        {
            let added = now.get(count.unwrap_or_default()..).unwrap_or_default();
            check_parts(added, attribute, "")?;
        }
        for (key, before) in &self.before {
            let now = value_of(self.resource, key);
            if let Some(attribute) = self.schema.top_attribute(key) {
                check_attribute(attribute, before.as_ref(), now, "")?;
            } else if let Some(extension) = self.schema.extension(key) {
                check_extension(extension, before.as_ref(), now)?;
            }
        }
        Ok(())
    }

    fn undo(self) {
        // A removal fails before it removes something, so what is undone was added.
        if let Some(Counted { name, count }) = &self.counted {
            match (count, entry(self.resource, name)) {
                (Some(count), Value::Array(list)) => list.truncate(*count),
                _ => drop_key(self.resource, name),
            }
        }
        for (key, before) in self.before {
            match before {
                Some(value) => drop(self.resource.insert(key, value)),
                None => drop(self.resource.shift_remove(&key)),
            }
        }
    }

    fn finish(mut self, request: &PatchRequest) -> Applied {
        // Joined operations name their elements in a value, whether or not the client did.
        let names_elements =
            |operation: &Operation| operation.op == Op::Remove && operation.value.is_some();
        if !request.operations.iter().any(names_elements) {
            self.fitting.used.retain(|tolerance| *tolerance != Tolerance::RemoveWithValue);
        }
        let is_other_count = self.counted.as_ref().is_some_and(|counted| {
            let now = value_of(self.resource, &counted.name).map(|list| elements(list).len());
            now != counted.count.filter(|count| *count > 0)
        });
        let changed = is_other_count
            || self.before.iter().any(|(key, before)| self.resource.get(key) != before.as_ref());
        Applied { changed, tolerances: self.fitting.into_used() }
    }
}

/// The place of the attribute, made with null if there is none.
fn place<'r>(
    resource: &'r mut Resource,
    target: Target<'_>,
    attribute: &Attribute,
) -> &'r mut Value {
    match target.extension {
        None => entry(resource, &attribute.name),
        Some(extension) => entry(object(entry(resource, &extension.id)), &attribute.name),
    }
}

/// An extension has what it requires or is not there; what it required stays. What a store
/// may have forgotten counts as there.
fn check_extension(
    extension: &Schema,
    before: Option<&Value>,
    now: Option<&Value>,
) -> Result<(), ScimError> {
    let prefix = format!("{}:", extension.id);
    for attribute in &extension.attributes {
        let within = |values: Option<&'_ Value>| -> Option<Value> {
            value_of(values?.as_object()?, &attribute.name).cloned()
        };
        let (was, is) = (within(before), within(now));
        let was_missing = was.is_none() && !is_forgettable(attribute);
        if attribute.required && now.is_some() && was_missing && is.is_none() {
            return Err(missing(&prefix, &attribute.name));
        }
        check_attribute(attribute, was.as_ref(), is.as_ref(), &prefix)?;
    }
    Ok(())
}

fn check_attribute(
    attribute: &Attribute,
    before: Option<&Value>,
    now: Option<&Value>,
    prefix: &str,
) -> Result<(), ScimError> {
    match now {
        Some(now) => {
            let before = before.map(elements).unwrap_or_default();
            check_parts_stay(before, elements(now), attribute, prefix)
        }
        None if attribute.required && before.is_some() => {
            Err(not_removable(&format!("{prefix}{}", attribute.name)))
        }
        None => Ok(()),
    }
}

/// The refusal to remove what is required.
pub(super) fn not_removable(path: &str) -> ScimError {
    ScimError::mutability(format!(
        "the attribute \"{path}\" is required and cannot be removed: replace its value"
    ))
}

pub(super) fn drop_key(values: &mut Map<String, Value>, name: &str) {
    if let Some(key) = key_of(values, name).map(str::to_owned) {
        values.shift_remove(&key);
    }
}

fn drop_empty(values: &mut Map<String, Value>, name: &str) {
    let is_empty = match key_of(values, name).and_then(|key| values.get(key)) {
        Some(Value::Null) => true,
        Some(Value::Array(elements)) => elements.is_empty(),
        Some(Value::Object(parts)) => parts.is_empty(),
        _ => false,
    };
    if is_empty {
        drop_key(values, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;
    use serde_json::json;

    const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

    /// Applies operations as a client sends them to a user who may also have members.
    #[track_caller]
    fn run(resource: &Value, operations: &Value) -> Result<(Value, Applied), ScimError> {
        let mut schema = standard::users();
        schema.core.attributes.extend(standard::group().attribute("members").cloned());
        let (request, _) = PatchRequest::from_json(&json!({"Operations": operations}))?;
        let mut changed = resource.as_object().unwrap().clone();
        let applied = apply(&mut changed, &request, &schema);
        if applied.is_err() {
            assert_eq!(
                &Value::Object(changed.clone()),
                resource,
                "a refused request changes nothing"
            );
        }
        Ok((Value::Object(changed), applied?))
    }

    #[track_caller]
    fn check(resource: Value, operations: Value, expected: Value) {
        let (actual, applied) = run(&resource, &operations).unwrap();
        assert_eq!(actual, expected);
        assert_eq!(applied.changed, resource != expected);
    }

    #[track_caller]
    fn check_tolerances(
        resource: Value,
        operations: Value,
        expected: Value,
        tolerances: &[Tolerance],
    ) {
        let (actual, applied) = run(&resource, &operations).unwrap();
        assert_eq!(actual, expected);
        assert_eq!(applied.tolerances, tolerances);
    }

    #[track_caller]
    fn check_error(resource: Value, operations: Value) -> String {
        run(&resource, &operations).unwrap_err().to_string()
    }

    #[test]
    fn single_values_are_set_and_removed() {
        check(
            json!({"userName": "a"}),
            json!([{"op": "add", "path": "title", "value": "Dr"}]),
            json!({"userName": "a", "title": "Dr"}),
        );
        check(
            json!({"title": "Dr"}),
            json!([{"op": "replace", "path": "TITLE", "value": "Prof"}]),
            json!({"title": "Prof"}),
        );
        check(
            json!({"title": "Dr"}),
            json!([{"op": "replace", "path": "title", "value": null}]),
            json!({}),
        );
        check(
            json!({"title": "Dr"}),
            json!([{"op": "remove", "path": "nickName"}]),
            json!({"title": "Dr"}),
        );
    }

    #[test]
    fn complex_values_keep_the_parts_that_are_not_named() {
        check(
            json!({"name": {"givenName": "A", "familyName": "L"}}),
            json!([{"op": "replace", "path": "name", "value": {"givenName": "B"}}]),
            json!({"name": {"givenName": "B", "familyName": "L"}}),
        );
        check(
            json!({"name": {"givenName": "A"}}),
            json!([{"op": "remove", "path": "name.givenName"}]),
            json!({}),
        );
        check(
            json!({}),
            json!([{"op": "add", "path": "name.givenName", "value": "A"}]),
            json!({"name": {"givenName": "A"}}),
        );
    }

    #[test]
    fn values_of_extensions_stand_below_their_urn() {
        check(
            json!({}),
            json!([{"op": "add", "path": MANAGER, "value": {"value": "7"}}]),
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "7"}}}),
        );
        let managed = json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "7"}}});
        check(managed.clone(), json!([{"op": "remove", "path": MANAGER}]), json!({}));
        check(
            managed,
            json!([{"op": "remove", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}]),
            json!({}),
        );
    }

    #[test]
    fn a_manager_is_taken_bare_listed_or_empty() {
        let managed = |id: &str| json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": id}}});
        check_tolerances(
            json!({}),
            json!([{"op": "Add", "path": MANAGER, "value": "7"}]),
            managed("7"),
            &[Tolerance::BareValue],
        );
        check_tolerances(
            managed("7"),
            json!([{"op": "Add", "path": "manager", "value": [{"$ref": "x:", "value": "8"}]}]),
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"$ref": "x:", "value": "8"}}}),
            &[Tolerance::ListForSingle],
        );
        check_tolerances(
            managed("7"),
            json!([{"op": "Replace", "path": MANAGER, "value": ""}]),
            json!({}),
            &[Tolerance::EmptyClears],
        );
        check_tolerances(
            managed("7"),
            json!([{"op": "Replace", "path": MANAGER, "value": {"value": ""}}]),
            json!({}),
            &[Tolerance::EmptyClears],
        );
        check(
            managed("7"),
            json!([{"op": "replace", "path": MANAGER, "value": {"value": null}}]),
            json!({}),
        );
    }

    #[test]
    fn an_element_without_its_value_goes_and_the_others_stay() {
        check(
            json!({"emails": [{"type": "work", "value": "a"}, {"type": "home", "value": "b"}]}),
            json!([{"op": "remove", "path": "emails[type eq \"work\" and value eq \"a\"].value"}]),
            json!({"emails": [{"type": "home", "value": "b"}]}),
        );
    }

    #[test]
    fn members_are_added_once() {
        check(
            json!({"members": [{"value": "A1", "display": "Ada"}]}),
            json!([{"op": "add", "path": "members", "value": [{"value": "a1"}, {"$ref": null, "value": "b"}, {"value": "b"}]}]),
            json!({"members": [{"value": "A1", "display": "Ada"}, {"value": "b"}]}),
        );
    }

    #[test]
    fn a_remove_with_a_value_removes_exactly_those() {
        let group = json!({"members": [{"value": "1"}, {"value": "2"}, {"value": "3"}]});
        check_tolerances(
            group.clone(),
            json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "2"}]}]),
            json!({"members": [{"value": "1"}, {"value": "3"}]}),
            &[Tolerance::RemoveWithValue],
        );
        check(
            group.clone(),
            json!([{"op": "remove", "path": "members", "value": []}]),
            group.clone(),
        );
        check(
            group.clone(),
            json!([{"op": "remove", "path": "members", "value": ["1", "9"]}]),
            json!({"members": [{"value": "2"}, {"value": "3"}]}),
        );
        check(
            group.clone(),
            json!([{"op": "remove", "path": "members[value eq \"3\" or value eq \"1\"]"}]),
            json!({"members": [{"value": "2"}]}),
        );
        check(
            group.clone(),
            json!([{"op": "remove", "path": "members[value eq \"9\"]"}]),
            group.clone(),
        );
        check(group, json!([{"op": "remove", "path": "members"}]), json!({}));
    }

    #[test]
    fn values_of_two_authorities_are_two() {
        let ids = json!({"id": "urn:example:ids", "attributes": [{"name": "externalIds", "type": "complex", "multiValued": true,
            "subAttributes": [{"name": "authority", "caseExact": true}, {"name": "value"}]}]});
        let mut schema = standard::users();
        schema.extensions.push(serde_json::from_value(ids).unwrap());
        let mut user =
            json!({"urn:example:ids": {"externalIds": [{"authority": "a", "value": "7"}]}});
        let operations = json!({"Operations": [
            {"op": "add", "path": "urn:example:ids:externalIds", "value": [{"authority": "b", "value": "7"}, {"authority": "c", "value": "7"}]},
            {"op": "remove", "path": "urn:example:ids:externalIds", "value": [{"authority": "a", "value": "7"}]},
            {"op": "remove", "path": "urn:example:ids:externalIds[authority eq \"c\"]"},
        ]});
        let (request, _) = PatchRequest::from_json(&operations).unwrap();
        apply(user.as_object_mut().unwrap(), &request, &schema).unwrap();
        assert_eq!(
            user,
            json!({"urn:example:ids": {"externalIds": [{"authority": "b", "value": "7"}]}})
        );
    }

    #[test]
    fn what_is_never_shown_tells_no_elements_apart() {
        let keys = json!({"id": "urn:example:keys", "attributes": [{"name": "keys", "type": "complex", "multiValued": true,
            "subAttributes": [{"name": "value"}, {"name": "pin", "mutability": "writeOnly"}]}]});
        let mut schema = standard::users();
        schema.extensions.push(serde_json::from_value(keys).unwrap());
        let mut user = json!({"urn:example:keys": {"keys": [{"value": "a"}]}});
        let operations = json!({"Operations": [
            {"op": "add", "path": "urn:example:keys:keys", "value": [{"value": "a", "pin": "1"}]},
        ]});
        let (request, _) = PatchRequest::from_json(&operations).unwrap();
        apply(user.as_object_mut().unwrap(), &request, &schema).unwrap();
        assert_eq!(user, json!({"urn:example:keys": {"keys": [{"value": "a", "pin": "1"}]}}));
    }

    #[test]
    fn members_that_stay_keep_what_the_service_knows() {
        check(
            json!({"members": [{"value": "1", "display": "Ada"}, {"value": "2"}]}),
            json!([{"op": "replace", "path": "members", "value": [{"value": "3"}, {"value": "1"}]}]),
            json!({"members": [{"value": "3"}, {"value": "1", "display": "Ada"}]}),
        );
    }

    #[test]
    fn a_value_path_makes_the_element_it_means() {
        for op in ["add", "replace"] {
            check_tolerances(
                json!({}),
                json!([{"op": op, "path": "emails[type eq \"work\"].value", "value": "a@x"}]),
                json!({"emails": [{"type": "work", "value": "a@x"}]}),
                &[Tolerance::ElementMade],
            );
        }
        check(
            json!({"addresses": [{"type": "work", "region": "R"}]}),
            json!([{"op": "add", "path": "addresses[type eq \"work\"].locality", "value": "L"}]),
            json!({"addresses": [{"type": "work", "region": "R", "locality": "L"}]}),
        );
        check(
            json!({}),
            json!([{"op": "add", "path": "roles[primary eq \"True\"].value", "value": "Admin"}]),
            json!({"roles": [{"primary": true, "value": "Admin"}]}),
        );
    }

    #[test]
    fn an_element_that_does_not_say_to_be_primary_is_not() {
        check_tolerances(
            json!({"emails": [{"value": "a@x"}, {"value": "b@x", "primary": true}]}),
            json!([{"op": "replace", "path": "emails[primary eq false].display", "value": "second"}]),
            json!({"emails": [{"value": "a@x", "display": "second"}, {"value": "b@x", "primary": true}]}),
            &[],
        );
    }

    #[test]
    fn an_element_whose_value_goes_goes_whole() {
        check(
            json!({"emails": [{"type": "work", "value": "a", "primary": true}, {"type": "home", "value": "b"}]}),
            json!([{"op": "remove", "path": "emails[type eq \"work\"].value"}]),
            json!({"emails": [{"type": "home", "value": "b"}]}),
        );
    }

    #[test]
    fn at_most_one_element_is_primary() {
        check(
            json!({"emails": [{"type": "work", "value": "a", "primary": true}]}),
            json!([{"op": "add", "path": "emails", "value": [{"type": "home", "value": "b", "primary": true}]}]),
            json!({"emails": [{"type": "work", "value": "a", "primary": false}, {"type": "home", "value": "b", "primary": true}]}),
        );
        check_tolerances(
            json!({}),
            json!([{"op": "add", "path": "roles", "value": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}]),
            json!({"roles": [{"value": "a", "primary": true}, {"value": "b", "primary": false}]}),
            &[Tolerance::SeveralPrimaries],
        );
    }

    #[test]
    fn a_value_without_path_may_be_flat_or_nested() {
        check_tolerances(
            json!({"userName": "a"}),
            json!([{"op": "replace", "value": {"displayName": "B", "name.givenName": "K", "emails[type eq \"work\"].value": "w",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "7", "id": "x", "schemas": [], "colour": "red"}}]),
            json!({"userName": "a", "displayName": "B", "name": {"givenName": "K"}, "emails": [{"type": "work", "value": "w"}],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "7"}}),
            &[
                Tolerance::ElementMade,
                Tolerance::PathAsKey,
                Tolerance::ReadOnlyIgnored,
                Tolerance::UnknownIgnored,
            ],
        );
        check(
            json!({}),
            json!([{"op": "add", "value": {"name": {"givenName": "K"}, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D"}}}]),
            json!({"name": {"givenName": "K"}, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D"}}),
        );
    }

    #[test]
    fn what_may_not_be_written_is_refused_and_nothing_changes() {
        insta::assert_snapshot!(check_error(json!({"userName": "a"}), json!([{"op": "add", "path": "title", "value": "x"}, {"op": "remove", "path": "userName"}])), @r#"the attribute "userName" is required and cannot be removed: replace its value (400 mutability)"#);
        insta::assert_snapshot!(check_error(json!({"id": "1"}), json!([{"op": "replace", "path": "id", "value": "2"}])), @r#"the attribute "id" is read-only: leave it out (400 mutability)"#);
        insta::assert_snapshot!(check_error(json!({"members": [{"value": "1"}]}), json!([{"op": "replace", "path": "members[value eq \"1\"].value", "value": "2"}])), @r#"the attribute "members[value eq "1"].value" cannot change once it has a value: remove and add the whole element (400 mutability)"#);
        insta::assert_snapshot!(check_error(json!({}), json!([{"op": "add", "path": "members", "value": {"value": ["1", "2"]}}])), @r#"the attribute "members.value" takes one value, not ["1","2"] (400 invalidValue)"#);
        insta::assert_snapshot!(check_error(json!({}), json!([{"op": "add", "value": {"title": "a", "Title": "b"}}])), @r#"the name "Title" stands twice in one object, once in another case: send it once (400 invalidSyntax)"#);
        insta::assert_snapshot!(check_error(json!({}), json!([{"op": "add", "path": "colour", "value": "x"}])), @r#"no schema defines the attribute "colour": see /Schemas for those that exist (400 invalidPath)"#);
        insta::assert_snapshot!(check_error(json!({}), json!([{"op": "replace", "path": "emails[type ne \"work\"].value", "value": "x"}])), @r#"no element is at "emails[type ne "work"].value": add one first (400 noTarget)"#);
        insta::assert_snapshot!(check_error(json!({}), json!([{"op": "replace", "path": "name[givenName eq \"a\"]", "value": "x"}])), @r#"the attribute "name" has one value: leave out the brackets of "name[givenName eq "a"]" (400 invalidPath)"#);
    }

    #[test]
    fn a_thousand_operations_on_a_huge_group_look_at_its_members_once() {
        let members: Vec<Value> = (0..100_000).map(|id| json!({"value": id.to_string()})).collect();
        let removes = (0..500)
            .map(|id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}));
        let adds = (0..500).map(
            |id| json!({"op": "add", "path": "members", "value": [{"value": format!("n{id}")}]}),
        );
        let operations: Vec<Value> = removes.chain(adds).collect();
        let (group, applied) = run(&json!({"members": members}), &json!(operations)).unwrap();
        let members = group["members"].as_array().unwrap();
        assert_eq!(
            (members.len(), &members[0], &members[99_999]),
            (100_000, &json!({"value": "500"}), &json!({"value": "n499"}))
        );
        assert_eq!(applied.tolerances, []);
    }
}
