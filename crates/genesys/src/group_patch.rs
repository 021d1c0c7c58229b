//! A PATCH of a group as edits, without looking at the members that it does not name.
//! Pure: no clock, no database, no network.

use std::collections::BTreeMap;

use scim::{
    Filter, Path, Resource, ScimError,
    filter::Comparison,
    patch::{Op, Operation, PatchRequest},
    resource::value_of,
    schema::urn,
};
use serde_json::Value;

use crate::{
    absence::is_empty,
    profile::{exact_text, text},
    settings::Absent,
    user_filter::is,
};

/// What becomes of a group. Operations that undo each other leave nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupEdit {
    /// The new name.
    pub(crate) display_name: Option<String>,
    /// What the client now calls the group.
    pub(crate) external_id: Naming,
    /// Whether all members go before those below come.
    pub(crate) clear: bool,
    /// By id: whether it is a member afterwards. Members that are not named stay as they are.
    pub(crate) members: BTreeMap<String, bool>,
}

/// What becomes of the name that a client gave a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Naming {
    /// It stays.
    #[default]
    Kept,
    /// It becomes this one; `None` takes it away.
    Becomes(Option<String>),
}

impl GroupEdit {
    /// Reads the operations in order. What the vendor does not have is ignored.
    ///
    /// # Errors
    /// `invalidValue`, `invalidPath` or `mutability`, which name the attribute.
    pub(crate) fn new(request: &PatchRequest) -> Result<Self, ScimError> {
        let mut edit = Self::default();
        for operation in &request.operations {
            edit.operation(operation)?;
        }
        Ok(edit)
    }

    /// A replacement of the whole group by what a client sent; `absent` says what becomes of
    /// what it left out, `empty` of what it sent as an empty text.
    ///
    /// # Errors
    /// As for [`GroupEdit::new`].
    pub(crate) fn replacement(
        given: &Resource,
        absent: Absent,
        empty: Absent,
    ) -> Result<Self, ScimError> {
        let mut edit = Self::default();
        let is_replaced = |name| match value_of(given, name) {
            None => absent == Absent::Cleared,
            Some(value) => empty == Absent::Cleared || !is_empty(value),
        };
        if is_replaced("externalId") {
            edit.external_id = Naming::Becomes(exact_text(given, "externalId")?);
        }
        if is_replaced("displayName") {
            edit.rename(value_of(given, "displayName"))?;
        }
        if is_replaced("members") {
            edit.clear = true;
            edit.set_members(value_of(given, "members"), true)?;
        }
        Ok(edit)
    }

    /// Lets the client call the group by its id if it says nothing else.
    pub(crate) fn name_by_default(&mut self, id: &str) {
        if matches!(self.external_id, Naming::Kept | Naming::Becomes(None)) {
            self.external_id = Naming::Becomes(Some(id.to_owned()));
        }
    }

    fn operation(&mut self, operation: &Operation) -> Result<(), ScimError> {
        let value = operation.value.as_ref().filter(|value| !value.is_null());
        match (&operation.path, value) {
            (Some(path), value) => self.at(operation.op, path, value),
            (None, Some(Value::Object(values))) if operation.op != Op::Remove => {
                let values = values.iter().filter(|(name, _)| !is_service_written(name));
                for (name, value) in values {
                    let path = Path::parse(name)
                        .map_err(|error| ScimError::invalid_path(error.to_string()))?;
                    self.at(operation.op, &path, Some(value))?;
                }
                Ok(())
            }
            (None, _) => Err(ScimError::invalid_value(
                "an operation without a path needs an object as its value, and cannot remove",
            )),
        }
    }

    fn at(&mut self, op: Op, path: &Path, value: Option<&Value>) -> Result<(), ScimError> {
        if is(path, urn::GROUP, "displayName") {
            self.rename(value.filter(|_| op != Op::Remove))
        } else if is(path, urn::GROUP, "externalId") {
            let values: Resource =
                value.map(|value| ("externalId".to_owned(), value.clone())).into_iter().collect();
            self.external_id =
                Naming::Becomes(exact_text(&values, "externalId")?.filter(|_| op != Op::Remove));
            Ok(())
        } else if path.attribute.eq_ignore_ascii_case("members") {
            self.at_members(op, path, value)
        } else if is_service_written(&path.attribute) {
            Err(ScimError::mutability(format!(
                "{path} is written by the service alone: leave it out"
            )))
        } else {
            Ok(())
        }
    }

    fn at_members(&mut self, op: Op, path: &Path, value: Option<&Value>) -> Result<(), ScimError> {
        if let (Some(filter), Op::Remove) = (&path.filter, op) {
            let ids = ids_of(filter).ok_or_else(|| unsupported(path))?;
            self.members.extend(ids.into_iter().map(|id| (id, false)));
            return Ok(());
        }
        if path.filter.is_some() || path.sub_attribute.is_some() {
            return Err(unsupported(path));
        }
        match (op, value) {
            (Op::Add, value) => self.set_members(value, true),
            // Entra names the members to remove in the value: exactly those go, never all.
            (Op::Remove, Some(value)) => self.set_members(Some(value), false),
            (Op::Remove, None) => {
                self.clear_members();
                Ok(())
            }
            (Op::Replace, value) => {
                self.clear_members();
                self.set_members(value, true)
            }
        }
    }

    fn clear_members(&mut self) {
        self.clear = true;
        self.members.clear();
    }

    fn set_members(&mut self, value: Option<&Value>, present: bool) -> Result<(), ScimError> {
        let elements = match value {
            None => &[],
            Some(Value::Array(elements)) => elements.as_slice(),
            Some(single) => std::slice::from_ref(single),
        };
        for element in elements {
            let id = match element {
                Value::Object(member) => text(member, "value")?,
                Value::String(id) => Some(id.trim().to_owned()).filter(|id| !id.is_empty()),
                _ => None,
            };
            let id = id.ok_or_else(|| {
                ScimError::invalid_value(format!(
                    "members holds {element}: each needs the id of a user or group as its value"
                ))
            })?;
            self.members.insert(id, present);
        }
        Ok(())
    }

    fn rename(&mut self, name: Option<&Value>) -> Result<(), ScimError> {
        let values: Resource =
            name.map(|name| ("displayName".to_owned(), name.clone())).into_iter().collect();
        let name = text(&values, "displayName")?;
        self.display_name = Some(name.ok_or_else(|| {
            ScimError::invalid_value("displayName is required: send a text that is not empty")
        })?);
        Ok(())
    }
}

/// The ids that `value eq "…"`, joined by `or`, names.
fn ids_of(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Compare { path, comparison: Comparison::Equal, value: Value::String(id) }
            if path.attribute.eq_ignore_ascii_case("value") && path.sub_attribute.is_none() =>
        {
            Some(vec![id.clone()])
        }
        Filter::Or(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(ids_of).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

fn is_service_written(name: &str) -> bool {
    ["id", "meta", "schemas"].iter().any(|written| name.eq_ignore_ascii_case(written))
}

fn unsupported(path: &Path) -> ScimError {
    ScimError::invalid_path(format!(
        "the path \"{path}\" is not supported: use members, or members[value eq \"…\"] to remove one"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(operations: Value) -> Result<GroupEdit, ScimError> {
        let message = json!({"schemas": [scim::message::urn::PATCH_OP], "Operations": operations});
        GroupEdit::new(&PatchRequest::from_json(&message).unwrap().0)
    }

    /// `+a -b`: a is a member afterwards, b is not; `!` in front: all others are not.
    #[track_caller]
    fn check_members(operations: Value, expected: &str) {
        let edit = read(operations).unwrap();
        let members = edit
            .members
            .iter()
            .map(|(id, present)| format!("{}{id}", if *present { '+' } else { '-' }));
        let clear = edit.clear.then(|| "!".to_owned());
        assert_eq!(clear.into_iter().chain(members).collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn members_come_and_go_by_name() {
        check_members(
            json!([{"op": "Add", "path": "members", "value": [{"value": "a"}, {"value": "b", "type": "User"}]}]),
            "+a +b",
        );
        check_members(json!([{"op": "add", "value": {"members": [{"value": "a"}]}}]), "+a");
        check_members(
            json!([{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": {"value": "a"}}]),
            "+a",
        );
        check_members(json!([{"op": "remove", "path": "members[value eq \"a\"]"}]), "-a");
        check_members(
            json!([{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]),
            "-a -b",
        );
    }

    #[test]
    fn a_remove_with_a_value_removes_those_and_never_all() {
        check_members(
            json!([{"op": "Remove", "path": "members", "value": [{"value": "a"}]}]),
            "-a",
        );
        check_members(json!([{"op": "Remove", "path": "members", "value": []}]), "");
        check_members(json!([{"op": "remove", "path": "members"}]), "!");
    }

    #[test]
    fn later_operations_win() {
        check_members(
            json!([{"op": "add", "path": "members", "value": [{"value": "a"}]},
            {"op": "remove", "path": "members[value eq \"a\"]"}]),
            "-a",
        );
        check_members(
            json!([{"op": "add", "path": "members", "value": [{"value": "a"}]},
            {"op": "replace", "path": "members", "value": [{"value": "b"}]}]),
            "! +b",
        );
    }

    #[test]
    fn names_are_read_and_unknown_attributes_ignored() {
        let edit = read(json!([{"op": "replace", "path": "displayName", "value": "Sales"},
            {"op": "replace", "path": "externalId", "value": "7"}, {"op": "add", "path": "description", "value": "x"}]))
        .unwrap();
        assert_eq!(edit.display_name.as_deref(), Some("Sales"));
        assert_eq!(edit.external_id, Naming::Becomes(Some("7".to_owned())));
    }

    #[test]
    fn a_refusal_names_the_attribute_and_the_rule() {
        let refused = |operations| read(operations).unwrap_err().detail;
        insta::assert_snapshot!(refused(json!([{"op": "remove", "path": "displayName"}])), @"displayName is required: send a text that is not empty");
        insta::assert_snapshot!(refused(json!([{"op": "add", "path": "members", "value": [{"display": "x"}]}])), @r#"members holds {"display":"x"}: each needs the id of a user or group as its value"#);
        insta::assert_snapshot!(refused(json!([{"op": "remove", "path": "members[type eq \"User\"]"}])), @r#"the path "members[type eq "User"]" is not supported: use members, or members[value eq "…"] to remove one"#);
        insta::assert_snapshot!(refused(json!([{"op": "replace", "path": "id", "value": "x"}])), @"id is written by the service alone: leave it out");
    }
}
