//! One operation on one attribute: a whole value, a part, or the elements that a filter admits.

use serde_json::{Map, Value};

use super::apply::drop_key;
use super::elements::{self, is_primary};
use super::immutable::is_kept;
use super::{Op, Tolerance};
use crate::coerce::Fitting;
use crate::filter::{Definitions, Filter, element_holds};
use crate::message::ScimError;
use crate::path::{Path, excerpt};
use crate::resource::{entry, list, object, value_of};
use crate::schema::{Attribute, Mutability};

/// One operation on one attribute.
pub(super) struct Write<'w> {
    pub(super) op: Op,
    pub(super) path: &'w Path,
    pub(super) attribute: &'w Attribute,
    pub(super) part: Option<&'w Attribute>,
    pub(super) fitting: &'w mut Fitting,
}

impl Write<'_> {
    /// Writes to the attribute's value, null where there is none. `None` as the value clears.
    pub(super) fn to(mut self, place: &mut Value, value: Option<&Value>) -> Result<(), ScimError> {
        if self.attribute.mutability != Mutability::Immutable {
            return self.write(place, value);
        }
        let before = place.clone();
        self.write(place, value)?;
        self.check_immutable(self.attribute, Some(&before), Some(&*place))
    }

    fn write(&mut self, place: &mut Value, value: Option<&Value>) -> Result<(), ScimError> {
        match (&self.path.filter, self.part) {
            (Some(_), _) if !self.attribute.multi_valued => Err(ScimError::invalid_path(format!(
                "the attribute \"{}\" has one value: leave out the brackets of \"{}\"",
                self.attribute.name,
                excerpt(&self.path.to_string())
            ))),
            (Some(filter), _) => self.admitted(list(place), filter, value),
            (None, Some(part)) if self.attribute.multi_valued => {
                self.every(list(place), part, value)
            }
            (None, Some(part)) => self.part_of(object(place), part, value),
            (None, None) if self.attribute.multi_valued => self.list(list(place), value),
            (None, None) => self.single(place, value),
        }
    }

    /// A whole multi-valued attribute.
    fn list(&mut self, list: &mut Vec<Value>, value: Option<&Value>) -> Result<(), ScimError> {
        let Some(value) = value else {
            self.check_removable(self.attribute)?;
            list.clear();
            return Ok(());
        };
        let given = self.fitting.elements(value.clone(), self.attribute)?;
        if self.op != Op::Remove {
            self.check_new(list, &given)?;
        }
        match self.op {
            Op::Remove => {
                self.fitting.note(Tolerance::RemoveWithValue);
                elements::remove(list, &given, self.attribute)
            }
            Op::Add => {
                let primary = given.iter().any(is_primary);
                let before = self.has_immutable_parts().then(|| list.clone());
                let written = elements::add(list, given, self.attribute);
                for (old, new) in before.iter().flatten().zip(list.iter()) {
                    self.check_merged(old, new)?;
                }
                if primary {
                    elements::settle_primary(list, &written, self.attribute, self.fitting);
                }
                Ok(())
            }
            Op::Replace => {
                elements::replace(list, given, self.attribute);
                let written: Vec<usize> = (0..list.len()).collect();
                elements::settle_primary(list, &written, self.attribute, self.fitting);
                Ok(())
            }
        }
    }

    /// A whole single value. A complex one keeps the parts that are not given
    /// (RFC 7644 §3.5.2.3).
    fn single(&mut self, place: &mut Value, value: Option<&Value>) -> Result<(), ScimError> {
        if let (Some(Value::Object(given)), false, false) =
            (value, self.op == Op::Remove, self.attribute.sub_attributes.is_empty())
        {
            return self.parts(place, given);
        }
        let fitted = match value.filter(|_| self.op != Op::Remove) {
            Some(value) => self.fitting.whole(value.clone(), self.attribute)?,
            None => None,
        };
        self.check_immutable(self.attribute, Some(&*place), fitted.as_ref())?;
        match fitted {
            Some(fitted @ Value::Object(_)) if place.is_object() => {
                self.check_merged(place, &fitted)?;
                elements::merge(place, fitted);
            }
            fitted => {
                if fitted.is_none() {
                    self.check_removable(self.attribute)?;
                }
                self.check_cleared(place)?;
                *place = fitted.unwrap_or_default();
            }
        }
        Ok(())
    }

    fn parts(&mut self, place: &mut Value, given: &Map<String, Value>) -> Result<(), ScimError> {
        let clears = |(name, value): (&String, &Value)| {
            value.is_null() && self.attribute.sub_attribute(name).is_some()
        };
        let cleared: Vec<_> =
            given.iter().filter(|pair| clears(*pair)).map(|(name, _)| name.clone()).collect();
        let fitted = self.fitting.whole(Value::Object(given.clone()), self.attribute)?;
        self.check_immutable(self.attribute, Some(&*place), fitted.as_ref())?;
        match fitted {
            Some(fitted) => {
                self.check_merged(place, &fitted)?;
                elements::merge(place, fitted);
            }
            // {"value": ""} and {"value": null} name nobody: the whole attribute goes.
            None if value_of(given, "value").is_none_or(|value| value == "")
                && self.attribute.sub_attribute("value").is_some() =>
            {
                self.check_cleared(place)?;
                *place = Value::Null;
            }
            None => {}
        }
        if let Some(values) = place.as_object_mut() {
            for name in &cleared {
                if let Some(part) = self.attribute.sub_attribute(name) {
                    self.check_immutable(part, value_of(values, name), None)?;
                    self.check_removable(part)?;
                }
                drop_key(values, name);
            }
        }
        Ok(())
    }

    /// A sub-attribute of a single complex value or of one element.
    fn part_of(
        &mut self,
        values: &mut Map<String, Value>,
        part: &Attribute,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let fitted = match value.filter(|_| self.op != Op::Remove) {
            Some(value) => self.fitting.whole(value.clone(), part)?,
            None => None,
        };
        self.check_immutable(part, value_of(values, &part.name), fitted.as_ref())?;
        if let Some(fitted) = fitted {
            *entry(values, &part.name) = fitted;
        } else {
            self.check_removable(part)?;
            drop_key(values, &part.name);
        }
        Ok(())
    }

    /// A sub-attribute of every element; one is made if there is none.
    fn every(
        &mut self,
        list: &mut Vec<Value>,
        part: &Attribute,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        if list.is_empty() && self.op != Op::Remove {
            self.check_makes()?;
            self.fitting.note(Tolerance::ElementMade);
            list.push(Value::Object(Map::new()));
        }
        let written: Vec<usize> = (0..list.len()).collect();
        self.write_elements(list, &written, Some(part), value)?;
        list.retain(|element| !element.as_object().is_some_and(Map::is_empty));
        elements::unite(list, self.attribute);
        Ok(())
    }

    /// The elements that `filter` admits; one is made from it if there is none.
    fn admitted(
        &mut self,
        list: &mut Vec<Value>,
        filter: &Filter,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let definitions = Definitions::Attribute(self.attribute);
        let admits = |element: &Value| element_holds(filter, element, definitions);
        if self.op == Op::Remove && self.part.is_none() {
            list.retain(|element| !admits(element));
            return Ok(());
        }
        let mut written: Vec<usize> =
            (0..list.len()).filter(|index| admits(&list[*index])).collect();
        if written.is_empty() && self.op == Op::Remove {
            return Ok(());
        }
        if written.is_empty() {
            let made = self.made_from(filter)?;
            // Two values for one part, or a part that only the service writes.
            if !admits(&made) {
                return Err(self.no_target());
            }
            written.push(list.len());
            list.push(made);
        }
        // A bare text means the "value" alone, so what is beside it stays.
        match (self.part, value.map(crate::resource::elements)) {
            (None, Some([whole @ Value::Object(_)])) if self.op == Op::Replace => {
                if value.is_some_and(Value::is_array) {
                    self.fitting.note(Tolerance::ListForSingle);
                }
                self.replace_elements(list, &written, filter, whole)?;
            }
            (part, _) => self.write_elements(list, &written, part, value)?,
        }
        if self.op == Op::Remove {
            let fixed = filter.constants().unwrap_or_default();
            let (mut written, mut index) = (written.into_iter().peekable(), 0);
            list.retain(|element| {
                let was_written = written.next_if_eq(&index).is_some();
                index += 1;
                !(was_written && is_hollow(element, &fixed))
            });
        }
        elements::unite(list, self.attribute);
        Ok(())
    }

    fn write_elements(
        &mut self,
        list: &mut [Value],
        written: &[usize],
        part: Option<&Attribute>,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        for index in written {
            match part {
                Some(part) => self.part_of(object(&mut list[*index]), part, value)?,
                None => self.element(&mut list[*index], value)?,
            }
        }
        elements::settle_primary(list, written, self.attribute, self.fitting);
        Ok(())
    }

    /// Puts a whole value in place of elements (RFC 7644 §3.5.2.3). What the filter says of
    /// them and the value does not, stays, and so does what the client may not write.
    fn replace_elements(
        &mut self,
        list: &mut [Value],
        written: &[usize],
        filter: &Filter,
        value: &Value,
    ) -> Result<(), ScimError> {
        let Some(new) = self.fitting.element(value.clone(), self.attribute)? else {
            return Ok(());
        };
        let constants = filter.constants().unwrap_or_default();
        for index in written {
            self.check_merged(&list[*index], &new)?;
            let mut parts = match list[*index].take() {
                Value::Object(parts) => parts,
                _ => Map::new(),
            };
            parts.retain(|name, _| {
                let is_fixed = constants.iter().any(|(fixed, _)| fixed.eq_ignore_ascii_case(name));
                is_fixed || self.attribute.sub_attribute(name).is_some_and(is_kept)
            });
            list[*index] = Value::Object(parts);
            elements::merge(&mut list[*index], new.clone());
        }
        elements::settle_primary(list, written, self.attribute, self.fitting);
        Ok(())
    }

    fn element(&mut self, element: &mut Value, value: Option<&Value>) -> Result<(), ScimError> {
        let value = match value {
            Some(Value::Array(list)) if list.len() == 1 => {
                self.fitting.note(Tolerance::ListForSingle);
                list[0].clone()
            }
            Some(value) => value.clone(),
            None => return Ok(()),
        };
        let Some(fitted) = self.fitting.element(value, self.attribute)? else {
            return Ok(());
        };
        self.check_merged(element, &fitted)?;
        elements::merge(element, fitted);
        Ok(())
    }

    /// Whether the operation may make the element that it does not find.
    fn check_makes(&self) -> Result<(), ScimError> {
        let refuses = self.op == Op::Replace && self.fitting.rules.only_existing_elements;
        if refuses { Err(self.no_target()) } else { Ok(()) }
    }

    fn no_target(&self) -> ScimError {
        let path = excerpt(&self.path.to_string());
        ScimError::no_target(format!("no element is at \"{path}\": add one first"))
    }

    /// A new element with what the filter says it must have.
    fn made_from(&mut self, filter: &Filter) -> Result<Value, ScimError> {
        self.check_makes()?;
        let constants = filter.constants().ok_or_else(|| self.no_target())?;
        self.fitting.note(Tolerance::ElementMade);
        let made = match constants.as_slice() {
            [(_, value)] if self.attribute.sub_attributes.is_empty() => (*value).clone(),
            pairs => {
                let pairs =
                    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone()));
                Value::Object(pairs.collect())
            }
        };
        let fitted = self.fitting.element(made, self.attribute)?;
        Ok(fitted.unwrap_or_else(|| Value::Object(Map::new())))
    }
}

/// Whether an element has nothing left but what the filter fixed and `primary`.
fn is_hollow(element: &Value, fixed: &[(&str, &Value)]) -> bool {
    element.as_object().is_some_and(|values| {
        values.keys().all(|key| {
            key.eq_ignore_ascii_case("primary")
                || fixed.iter().any(|(name, _)| name.eq_ignore_ascii_case(key))
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::message::ScimError;
    use crate::patch::{Applied, PatchRequest, Tolerance, Unknown, apply, apply_with};
    use crate::resource::Resource;
    use crate::schema::ResourceSchema;

    /// A resource with an attribute of each kind that a modification treats apart.
    fn badges() -> ResourceSchema {
        let core = json!({"id": "urn:ietf:params:scim:schemas:core:2.0:Badge", "attributes": [
            {"name": "tags", "multiValued": true, "caseExact": true},
            {"name": "doors", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value"}, {"name": "type"}, {"name": "note"}, {"name": "opened", "type": "integer", "mutability": "readOnly"},
                {"name": "since", "mutability": "immutable"}]},
            {"name": "owner", "type": "complex", "subAttributes": [
                {"name": "value"}, {"name": "since", "mutability": "immutable"}]},
            {"name": "origin", "type": "complex", "mutability": "immutable", "subAttributes": [{"name": "town"}, {"name": "year"}]},
        ]});
        let site = json!({"id": "urn:example:site", "attributes": [
            {"name": "building", "mutability": "immutable"}, {"name": "floor"},
            {"name": "owner", "type": "complex", "subAttributes": [{"name": "since", "mutability": "immutable"}]},
            {"name": "rooms", "type": "complex", "multiValued": true, "subAttributes": [{"name": "value", "required": true}, {"name": "note"}]},
            {"name": "visits", "type": "integer", "mutability": "readOnly"}]});
        let owner = json!({"id": "urn:example:owner", "attributes": [{"name": "name", "required": true}, {"name": "note"}]});
        ResourceSchema {
            core: serde_json::from_value(core).unwrap(),
            extensions: vec![
                serde_json::from_value(site).unwrap(),
                serde_json::from_value(owner).unwrap(),
            ],
        }
    }

    fn run(badge: &Value, operations: &Value) -> Result<(Value, Applied), ScimError> {
        let (request, _) = PatchRequest::from_json(&json!({"Operations": operations}))?;
        let mut changed = badge.as_object().unwrap().clone();
        let applied = apply(&mut changed, &request, &badges())?;
        Ok((Value::Object(changed), applied))
    }

    #[track_caller]
    fn check(badge: Value, operation: Value, expected: Value, tolerances: &[Tolerance]) {
        let (actual, applied) = run(&badge, &json!([operation])).unwrap();
        assert_eq!(actual, expected);
        assert_eq!(applied.tolerances, tolerances);
    }

    #[track_caller]
    fn check_error(badge: Value, operation: Value) -> String {
        run(&badge, &json!([operation])).unwrap_err().to_string()
    }

    #[test]
    fn an_element_is_replaced_whole() {
        let doors = |door: Value| json!({"doors": [door, {"value": "y", "type": "out"}]});
        let door = json!({"value": "x", "type": "in", "note": "n", "opened": 3, "since": "2024"});
        let replaced = doors(json!({"value": "z", "type": "in", "opened": 3, "since": "2024"}));
        for value in [json!({"value": "z", "type": "in"}), json!({"value": "z"})] {
            let operation =
                json!({"op": "replace", "path": "doors[type eq \"in\"]", "value": value});
            check(doors(door.clone()), operation.clone(), replaced.clone(), &[]);
            check(replaced.clone(), operation, replaced.clone(), &[]);
        }
        check(
            doors(door.clone()),
            json!({"op": "add", "path": "doors[type eq \"in\"]", "value": {"value": "z"}}),
            doors(json!({"value": "z", "type": "in", "note": "n", "opened": 3, "since": "2024"})),
            &[],
        );
        check(
            doors(door.clone()),
            json!({"op": "replace", "path": "doors[type eq \"in\"]", "value": "z"}),
            doors(json!({"value": "z", "type": "in", "note": "n", "opened": 3, "since": "2024"})),
            &[Tolerance::BareValue],
        );
        check(
            doors(door.clone()),
            json!({"op": "replace", "path": "doors[type eq \"in\"]", "value": [{"value": "z"}]}),
            replaced.clone(),
            &[Tolerance::ListForSingle],
        );
        check(
            json!({}),
            json!({"op": "replace", "path": "doors[type eq \"in\"]", "value": {"value": "z"}}),
            json!({"doors": [{"type": "in", "value": "z"}]}),
            &[Tolerance::ElementMade],
        );
        check(
            doors(door.clone()),
            json!({"op": "replace", "path": "doors[since eq \"2024\" and type eq \"IN\"]", "value": {"value": "z"}}),
            replaced,
            &[],
        );
        insta::assert_snapshot!(check_error(doors(door), json!({"op": "replace", "path": "doors[type eq \"in\"]", "value": {"since": "2025"}})), @r#"the attribute "doors[type eq "in"].since" cannot change once it has a value: remove and add the whole element (400 mutability)"#);
    }

    #[test]
    fn an_immutable_part_stays_whatever_is_written_around_it() {
        let owned = json!({"owner": {"value": "7", "since": "2024"}});
        for operation in [
            json!({"op": "replace", "path": "owner", "value": {"since": "2025"}}),
            json!({"op": "add", "path": "owner", "value": {"value": "8", "since": "2025"}}),
            json!({"op": "replace", "path": "owner", "value": {"since": null}}),
            json!({"op": "replace", "path": "owner.since", "value": "2025"}),
            json!({"op": "remove", "path": "owner.since"}),
            json!({"op": "remove", "path": "owner"}),
            json!({"op": "replace", "path": "owner", "value": ""}),
            json!({"op": "replace", "path": "owner", "value": {"value": ""}}),
            json!({"op": "add", "value": {"owner": {"since": "2025"}}}),
        ] {
            let error = check_error(owned.clone(), operation.clone());
            assert!(error.ends_with("(400 mutability)"), "{operation}: {error}");
        }
        check(
            owned.clone(),
            json!({"op": "replace", "path": "owner", "value": {"value": "8", "since": "2024"}}),
            json!({"owner": {"value": "8", "since": "2024"}}),
            &[],
        );
        check(
            json!({"owner": {"value": "7"}}),
            json!({"op": "add", "path": "owner", "value": {"since": "2024"}}),
            owned,
            &[],
        );
    }

    #[test]
    fn an_element_that_stays_keeps_its_immutable_part() {
        let doors = json!({"doors": [{"value": "x", "type": "in", "since": "2024"}]});
        insta::assert_snapshot!(check_error(doors.clone(), json!({"op": "add", "path": "doors", "value": [{"value": "x", "type": "in", "since": "2025"}]})), @r#"the attribute "doors.since" cannot change once it has a value: remove and add the whole element (400 mutability)"#);
        check(
            doors.clone(),
            json!({"op": "add", "path": "doors", "value": [{"value": "x", "type": "in"}, {"value": "y", "since": "2025"}]}),
            json!({"doors": [{"value": "x", "type": "in", "since": "2024"}, {"value": "y", "since": "2025"}]}),
            &[],
        );
        check(doors, json!({"op": "remove", "path": "doors"}), json!({}), &[]);
    }

    #[test]
    fn no_part_of_an_immutable_value_changes() {
        let made = json!({"origin": {"town": "Bern"}});
        for operation in [
            json!({"op": "replace", "path": "origin.town", "value": "Thun"}),
            json!({"op": "add", "path": "origin.year", "value": "1999"}),
            json!({"op": "remove", "path": "origin.town"}),
        ] {
            let error = check_error(made.clone(), operation);
            assert!(error.ends_with("(400 mutability)"), "{error}");
        }
        let again = json!({"op": "add", "path": "origin.town", "value": "Bern"});
        check(made.clone(), again.clone(), made.clone(), &[]);
        check(json!({}), again, made, &[]);
    }

    #[test]
    fn an_extension_goes_only_if_all_that_is_in_it_may_go() {
        let remove = json!({"op": "remove", "path": "urn:example:site"});
        let with = |values: Value| json!({"urn:example:site": values});
        check(
            with(json!({"floor": "3", "rooms": [{"value": "a"}], "unknown": 1})),
            remove.clone(),
            json!({}),
            &[],
        );
        check(
            with(json!({"floor": "3", "visits": 5})),
            remove.clone(),
            with(json!({"visits": 5})),
            &[],
        );
        insta::assert_snapshot!(check_error(with(json!({"building": "A"})), remove.clone()), @r#"the attribute "urn:example:site:building" cannot change once it has a value: leave it as it is (400 mutability)"#);
        insta::assert_snapshot!(check_error(with(json!({"owner": {"since": "A"}})), json!({"op": "replace", "value": {"urn:example:site": null}})), @r#"the attribute "urn:example:site:owner.since" cannot change once it has a value: leave it as it is (400 mutability)"#);
        let owner = json!({"urn:example:owner": {"name": "Ada", "note": "x"}});
        for path in ["urn:example:owner", "urn:example:owner:name"] {
            let error = check_error(owner.clone(), json!({"op": "remove", "path": path}));
            insta::allow_duplicates! {
                insta::assert_snapshot!(error, @r#"the attribute "urn:example:owner:name" is required and cannot be removed: replace its value (400 mutability)"#);
            }
        }
        let only = json!({"urn:example:owner": {"name": "Ada"}});
        insta::assert_snapshot!(check_error(only, json!({"op": "remove", "path": "urn:example:owner:name"})), @r#"the attribute "urn:example:owner:name" is required and cannot be removed: replace its value (400 mutability)"#);
        insta::assert_snapshot!(check_error(with(json!({})), json!({"op": "add", "path": "urn:example:site:rooms", "value": [{"note": "x"}]})), @r#"the attribute "urn:example:site:rooms.value" is required: give it a value (400 invalidValue)"#);
    }

    #[test]
    fn brackets_name_parts_of_their_attribute() {
        let add =
            |path: &str| check_error(json!({}), json!({"op": "add", "path": path, "value": "x"}));
        insta::assert_snapshot!(add("doors[colour eq \"x\"].value"), @r#"the attribute "doors" has no part "colour": see /Schemas for those that exist (400 invalidFilter)"#);
        insta::assert_snapshot!(add("doors[type eq \"in\" and value.type pr].value"), @r#"the attribute "doors" has no part "value.type": see /Schemas for those that exist (400 invalidFilter)"#);
        insta::assert_snapshot!(add("tags[type eq \"x\"]"), @r#"the attribute "tags" has no part "type": see /Schemas for those that exist (400 invalidFilter)"#);
        check(
            json!({}),
            json!({"op": "add", "value": {"doors[colour eq \"x\"].value": "x"}}),
            json!({}),
            &[Tolerance::PathAsKey, Tolerance::UnknownIgnored],
        );
        let (request, _) = PatchRequest::from_json(&json!({"Operations": [{"op": "add", "path": "doors[colour eq \"x\"].value", "value": "x"}]})).unwrap();
        let applied = apply_with(&mut Resource::new(), &request, &badges(), Unknown::Ignore);
        assert_eq!(applied.unwrap().tolerances, [Tolerance::UnknownIgnored]);
    }

    #[test]
    fn only_an_element_that_the_brackets_admit_is_made() {
        let add =
            |path: &str| check_error(json!({}), json!({"op": "add", "path": path, "value": "x"}));
        insta::assert_snapshot!(add("doors[type eq \"in\" and type eq \"out\"].value"), @r#"no element is at "doors[type eq "in" and type eq "out"].value": add one first (400 noTarget)"#);
        insta::assert_snapshot!(add("doors[opened eq 3].value"), @r#"no element is at "doors[opened eq 3].value": add one first (400 noTarget)"#);
        insta::assert_snapshot!(add("doors[type sw \"in\"].value"), @r#"no element is at "doors[type sw "in"].value": add one first (400 noTarget)"#);
    }

    #[test]
    fn brackets_find_simple_values_too() {
        let tags = json!({"tags": ["q", "r"]});
        check(
            tags.clone(),
            json!({"op": "replace", "path": "tags[value eq \"q\"]", "value": "Q2"}),
            json!({"tags": ["Q2", "r"]}),
            &[],
        );
        check(
            tags.clone(),
            json!({"op": "replace", "path": "tags[value eq \"q\"]", "value": "r"}),
            json!({"tags": ["r"]}),
            &[],
        );
        check(
            tags.clone(),
            json!({"op": "remove", "path": "tags[value sw \"r\"]"}),
            json!({"tags": ["q"]}),
            &[],
        );
        check(
            tags.clone(),
            json!({"op": "remove", "path": "tags[value eq \"Q\"]"}),
            tags.clone(),
            &[],
        );
        check(
            tags,
            json!({"op": "add", "path": "tags[value eq \"s\"]", "value": "s"}),
            json!({"tags": ["q", "r", "s"]}),
            &[Tolerance::ElementMade],
        );
    }
}
