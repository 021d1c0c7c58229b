//! Fitting values to their attribute: what a client means by `"False"` or by a bare id.
//!
//! Deployed clients send booleans as texts, complex values as a bare text, single
//! values as lists. They are taken where the meaning is plain, and reported.

use serde_json::{Map, Number, Value};

use crate::fold::equal;
use crate::instant;
use crate::json;
use crate::message::ScimError;
use crate::patch::Tolerance;
use crate::path::excerpt;
use crate::resource::{boolean, entry, twin, value_of};
use crate::schema::{Attribute, AttributeType, Mutability};
use crate::validation::Rules;

/// The longest text in bytes that is looked at for JSON in it.
const PACKED_LENGTH_MAX: usize = 16 * 1024;

/// Fits values under the rules of a service, and notes the tolerances it used.
#[derive(Debug, Default)]
pub(crate) struct Fitting {
    pub(crate) rules: Rules,
    pub(crate) used: Vec<Tolerance>,
}

impl Fitting {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, used: Vec::new() }
    }

    pub(crate) fn note(&mut self, tolerance: Tolerance) {
        self.used.push(tolerance);
    }

    /// What was noted, each once.
    pub(crate) fn into_used(mut self) -> Vec<Tolerance> {
        self.used.sort_unstable();
        self.used.dedup();
        self.used
    }

    /// Fits a whole value to its attribute: a list if it is multi-valued. `None` if the
    /// value clears the attribute (null, an empty list: RFC 7643 §2.5). Names of
    /// sub-attributes are written as the schema does; those that are unknown or read-only
    /// are left out.
    pub(crate) fn whole(
        &mut self,
        value: Value,
        definition: &Attribute,
    ) -> Result<Option<Value>, Misfit> {
        if definition.multi_valued {
            let elements = self.elements(value, definition)?;
            return Ok(Some(Value::Array(elements)).filter(|list| !is_empty_list(list)));
        }
        match value {
            Value::Array(list) if list.len() > 1 => {
                let wanted = Some("one value".to_owned());
                Err(Misfit { wanted, ..Misfit::new(definition, &Value::Array(list)) })
            }
            Value::Array(list) => {
                self.note(Tolerance::ListForSingle);
                list.into_iter().next().map_or(Ok(None), |first| self.element(first, definition))
            }
            single => self.element(single, definition),
        }
    }

    /// Fits the elements of a multi-valued attribute; those that are empty are left out.
    pub(crate) fn elements(
        &mut self,
        value: Value,
        definition: &Attribute,
    ) -> Result<Vec<Value>, Misfit> {
        let list = match value {
            Value::Null => Vec::new(),
            Value::Array(list) => list,
            single => {
                self.note(Tolerance::SingleForList);
                vec![single]
            }
        };
        let fitted = list.into_iter().map(|element| self.element(element, definition));
        fitted.filter_map(Result::transpose).collect()
    }

    /// Fits one value, whether or not its attribute may have several.
    pub(crate) fn element(
        &mut self,
        value: Value,
        definition: &Attribute,
    ) -> Result<Option<Value>, Misfit> {
        if value.is_null() {
            return Ok(None);
        }
        if definition.attribute_type == AttributeType::Complex {
            return self.complex(value, definition);
        }
        let value = self.unwrapped(value);
        // What is required has to say something (RFC 7643 §4.1.1: "a non-empty value").
        let says_nothing = definition.required || !takes_empty_text(definition.attribute_type);
        if value == "" && says_nothing {
            self.note(Tolerance::EmptyClears);
            return Ok(None);
        }
        let shown = |value: &Value| Misfit::new(definition, value);
        match definition.attribute_type {
            AttributeType::String => self.text(value, definition),
            AttributeType::Boolean => self.boolean(&value).ok_or_else(|| shown(&value)),
            AttributeType::Integer => {
                let number = self.number(&value).and_then(|number| whole(&number));
                number.map(Value::Number).ok_or_else(|| shown(&value))
            }
            AttributeType::Decimal => {
                self.number(&value).map(Value::Number).ok_or_else(|| shown(&value))
            }
            AttributeType::DateTime => self.time(&value).ok_or_else(|| shown(&value)),
            AttributeType::Reference => checked(value, definition, is_uri),
            AttributeType::Binary => checked(value, definition, is_base64),
            AttributeType::Complex => Err(shown(&value)),
        }
        .map(Some)
    }

    /// An object with a `value` stands for that value where a simple one belongs.
    fn unwrapped(&mut self, value: Value) -> Value {
        let inner = value.as_object().and_then(|parts| value_of(parts, "value")).cloned();
        match inner {
            Some(inner) if !inner.is_object() && !inner.is_array() => {
                self.note(Tolerance::ObjectForSimple);
                inner
            }
            _ => value,
        }
    }

    fn boolean(&mut self, value: &Value) -> Option<Value> {
        if value.is_string() {
            self.note(Tolerance::BooleanAsText);
        }
        boolean(value).map(Value::Bool)
    }

    fn number(&mut self, value: &Value) -> Option<Number> {
        match value {
            Value::Number(number) => Some(number.clone()),
            Value::String(text) => {
                self.note(Tolerance::NumberAsText);
                serde_json::from_str(text.trim()).ok()
            }
            _ => None,
        }
    }

    fn time(&mut self, value: &Value) -> Option<Value> {
        let text = value.as_str()?;
        instant::read(text)?;
        if instant::is_complete(text) {
            return Some(value.clone());
        }
        self.note(Tolerance::IncompleteTime);
        instant::completed(text).map(Value::from)
    }

    fn text(&mut self, value: Value, definition: &Attribute) -> Result<Value, Misfit> {
        let text = match value {
            Value::String(text) => text,
            Value::Number(_) | Value::Bool(_) => {
                self.note(Tolerance::TextAsOther);
                value.to_string()
            }
            other => return Err(Misfit::new(definition, &other)),
        };
        let known = &definition.canonical_values;
        let is_canonical = |canonical: &String| equal(canonical, &text, definition.case_exact);
        if self.rules.only_canonical_values && !known.is_empty() && !known.iter().any(is_canonical)
        {
            let wanted = Some(format!("one of \"{}\"", known.join("\", \"")));
            return Err(Misfit { wanted, ..Misfit::new(definition, &Value::String(text)) });
        }
        Ok(Value::String(text))
    }

    fn complex(&mut self, value: Value, definition: &Attribute) -> Result<Option<Value>, Misfit> {
        let values = match value {
            Value::Object(values) => values,
            Value::String(text) if text.trim().is_empty() => {
                self.note(Tolerance::EmptyClears);
                return Ok(None);
            }
            Value::String(_) | Value::Number(_) | Value::Bool(_) => match packed(&value) {
                Some(values) => {
                    self.note(Tolerance::JsonInText);
                    values
                }
                None if definition.sub_attribute("value").is_some() => {
                    self.note(Tolerance::BareValue);
                    Map::from_iter([("value".to_owned(), value)])
                }
                None => return Err(Misfit::new(definition, &value)),
            },
            other => return Err(Misfit::new(definition, &other)),
        };
        if let Some(name) = twin(&values) {
            let wanted = Some("each part once".to_owned());
            let shown = format!("\"{}\" again", excerpt(name));
            return Err(Misfit { wanted, shown, ..Misfit::new(definition, &Value::Null) });
        }
        let values = self.unpacked(values);
        let fitted = self.parts(values, definition).map_err(|misfit| misfit.below(definition))?;
        let names_nothing =
            fitted.len() == 1 && value_of(&fitted, "value").is_some_and(|value| value == "");
        if names_nothing {
            self.note(Tolerance::EmptyClears);
        }
        Ok(Some(fitted).filter(|fitted| !fitted.is_empty() && !names_nothing).map(Value::Object))
    }

    fn parts(
        &mut self,
        values: Map<String, Value>,
        definition: &Attribute,
    ) -> Result<Map<String, Value>, Misfit> {
        let mut fitted = Map::new();
        for (name, value) in values {
            match part_definition(definition, &name) {
                None => self.note(Tolerance::UnknownIgnored),
                Some(part) if part.mutability == Mutability::ReadOnly => {
                    self.note(Tolerance::ReadOnlyIgnored);
                }
                Some(part) => {
                    if let Some(value) = self.whole(value, part)? {
                        *entry(&mut fitted, &part.name) = value;
                    }
                }
            }
        }
        Ok(fitted)
    }

    /// Unpacks `{"value": "{\"id\":…,\"value\":\"Admin\"}"}`, the form in which Entra
    /// sends roles.
    fn unpacked(&mut self, mut values: Map<String, Value>) -> Map<String, Value> {
        let packed = value_of(&values, "value").and_then(packed);
        let Some(packed) = packed.filter(|packed| value_of(packed, "value").is_some()) else {
            return values;
        };
        self.note(Tolerance::JsonInText);
        for (name, value) in packed {
            *entry(&mut values, &name) = value;
        }
        values
    }
}

/// Why a value does not fit: which attribute it was meant for and what that one takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    path: String,
    attribute_type: AttributeType,
    /// What the attribute takes, if its type does not say it.
    wanted: Option<String>,
    shown: String,
}

impl Misfit {
    fn new(definition: &Attribute, value: &Value) -> Self {
        // A secret is not repeated.
        let shown = if definition.mutability == Mutability::WriteOnly {
            "something else".to_owned()
        } else {
            excerpt(&value.to_string())
        };
        let attribute_type = definition.attribute_type;
        Self { path: definition.name.clone(), attribute_type, wanted: None, shown }
    }

    fn below(self, parent: &Attribute) -> Self {
        Self { path: format!("{}.{}", parent.name, self.path), ..self }
    }

    /// For an attribute below the URN of an extension; `prefix` ends in a colon.
    pub(crate) fn with_prefix(self, prefix: &str) -> Self {
        Self { path: format!("{prefix}{}", self.path), ..self }
    }
}

impl From<Misfit> for ScimError {
    fn from(misfit: Misfit) -> Self {
        let wanted = match misfit.attribute_type {
            AttributeType::String => "a text",
            AttributeType::Reference => "a URI",
            AttributeType::Boolean => "true or false",
            AttributeType::Decimal => "a number",
            AttributeType::Integer => "a whole number",
            AttributeType::DateTime => "a time such as \"2026-01-31T12:00:00Z\"",
            AttributeType::Complex => "an object",
            AttributeType::Binary => "a text in Base64",
        };
        let Misfit { path, shown, .. } = &misfit;
        let wanted = misfit.wanted.as_deref().unwrap_or(wanted);
        Self::invalid_value(format!("the attribute \"{path}\" takes {wanted}, not {shown}"))
    }
}

/// A text for which `test` holds.
fn checked(
    value: Value,
    definition: &Attribute,
    test: impl FnOnce(&str) -> bool,
) -> Result<Value, Misfit> {
    if value.as_str().is_some_and(test) { Ok(value) } else { Err(Misfit::new(definition, &value)) }
}

/// Whether an empty text is a value of the type; for others it means that there is none.
fn takes_empty_text(attribute_type: AttributeType) -> bool {
    matches!(attribute_type, AttributeType::String | AttributeType::Complex)
}

/// Whether a text may be an absolute or relative URI (RFC 7643 §2.3.7), or the id of a
/// resource: nothing that has to be escaped in one but letters of other scripts.
fn is_uri(text: &str) -> bool {
    const NEVER: [char; 8] = ['"', '<', '>', '\\', '^', '`', '{', '}'];
    !text.contains(|c: char| c.is_whitespace() || c.is_control() || NEVER.contains(&c))
}

/// Whether a text is Base64 (RFC 7643 §2.3.6), in either alphabet; line breaks are taken.
fn is_base64(text: &str) -> bool {
    let in_alphabet = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let digits = text.trim_end_matches(|c: char| c == '=' || c.is_ascii_whitespace());
    digits.chars().all(|c| in_alphabet(c) || c.is_ascii_whitespace())
        && digits.chars().filter(|c| in_alphabet(*c)).count() % 4 != 1
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// The number without a fraction; 5.0 is 5 to clients that know no whole numbers.
fn whole(number: &Number) -> Option<Number> {
    let Some(decimal) = number.as_f64().filter(|_| number.is_f64()) else {
        return Some(number.clone());
    };
    #[expect(clippy::cast_possible_truncation, reason = "whole and small, as checked before")]
    (decimal.fract() == 0.0 && decimal.abs() < 1e15).then(|| Number::from(decimal as i64))
}

/// The sub-attribute `name`; Entra writes `displayName` for the `display` of roles.
fn part_definition<'d>(definition: &'d Attribute, name: &str) -> Option<&'d Attribute> {
    definition.sub_attribute(name).or_else(|| {
        let is_display = name.eq_ignore_ascii_case("displayName");
        definition.sub_attribute("display").filter(|_| is_display)
    })
}

/// The object that stands in a text as JSON.
fn packed(value: &Value) -> Option<Map<String, Value>> {
    let text = value.as_str().filter(|text| text.trim_start().starts_with('{'))?;
    match json::parse(text.as_bytes(), PACKED_LENGTH_MAX) {
        Ok(Value::Object(values)) => Some(values),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;
    use serde_json::json;

    #[track_caller]
    fn check(name: &str, value: Value, expected: Value, tolerances: &[Tolerance]) {
        let schema = standard::users();
        let definition = schema.attribute(&crate::Path::parse(name).unwrap()).unwrap();
        let mut fitting = Fitting::default();
        let fitted = fitting.whole(value, definition).unwrap();
        assert_eq!(fitted.unwrap_or_default(), expected);
        assert_eq!(fitting.used, tolerances);
    }

    #[track_caller]
    fn check_error(name: &str, value: Value) -> String {
        let rules = Rules { only_canonical_values: true, ..Rules::default() };
        let definition = standard::user().attribute(name).unwrap();
        let misfit = Fitting::new(rules).whole(value, definition).unwrap_err();
        ScimError::from(misfit).to_string()
    }

    #[test]
    fn texts_stand_for_booleans() {
        check("active", json!(true), json!(true), &[]);
        check("active", json!("False"), json!(false), &[Tolerance::BooleanAsText]);
        check("title", json!(7), json!("7"), &[Tolerance::TextAsOther]);
    }

    #[test]
    fn a_manager_may_be_a_bare_id_a_list_or_empty() {
        check("manager", json!("7"), json!({"value": "7"}), &[Tolerance::BareValue]);
        check(
            "manager",
            json!([{"$ref": null, "value": "7"}]),
            json!({"value": "7"}),
            &[Tolerance::ListForSingle],
        );
        check("manager", json!(""), json!(null), &[Tolerance::EmptyClears]);
        check("manager", json!({"value": ""}), json!(null), &[Tolerance::EmptyClears]);
    }

    #[test]
    fn roles_may_be_packed_as_json_in_a_text() {
        check(
            "roles",
            json!([{"value": "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"The admin\"}"}]),
            json!([{"value": "Admin", "display": "The admin"}]),
            &[Tolerance::JsonInText, Tolerance::UnknownIgnored],
        );
        check(
            "roles",
            json!([{"primary": "True", "value": "A"}]),
            json!([{"primary": true, "value": "A"}]),
            &[Tolerance::BooleanAsText],
        );
    }

    #[test]
    fn lists_and_names_are_written_as_the_schema_does() {
        check(
            "emails",
            json!({"VALUE": "a@x", "Type": "work"}),
            json!([{"value": "a@x", "type": "work"}]),
            &[Tolerance::SingleForList],
        );
        check("emails", json!([]), json!(null), &[]);
    }

    #[test]
    fn an_empty_text_clears_what_is_no_text() {
        check("active", json!(""), json!(null), &[Tolerance::EmptyClears]);
        check("profileUrl", json!(""), json!(null), &[Tolerance::EmptyClears]);
        check("title", json!(""), json!(""), &[]);
    }

    #[test]
    fn an_object_with_a_value_stands_for_a_simple_one() {
        check(
            "title",
            json!([{"$ref": null, "value": "Dr"}]),
            json!("Dr"),
            &[Tolerance::ListForSingle, Tolerance::ObjectForSimple],
        );
        check(
            "active",
            json!({"value": "False"}),
            json!(false),
            &[Tolerance::ObjectForSimple, Tolerance::BooleanAsText],
        );
    }

    #[test]
    fn a_time_is_kept_whole() {
        let hired = json!({"name": "hired", "type": "dateTime"});
        let hired: Attribute = serde_json::from_value(hired).unwrap();
        let fit = |text: &str| {
            let mut fitting = Fitting::default();
            let fitted = fitting.whole(json!(text), &hired).unwrap().unwrap();
            (fitted.as_str().unwrap().to_owned(), fitting.used)
        };
        for whole in [
            "2024-03-01T10:00:00+01:00",
            "2024-03-01T10:00:00.5",
            "2024-03-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(fit(whole), (whole.to_owned(), vec![]));
        }
        for (text, whole) in [
            ("2024-03-01", "2024-03-01T00:00:00Z"),
            ("2024-03-01T10:00+01:00", "2024-03-01T09:00:00Z"),
            ("2024-03-01 10:00:00", "2024-03-01T10:00:00Z"),
            ("9999-12-31", "9999-12-31T00:00:00Z"),
        ] {
            assert_eq!(fit(text), (whole.to_owned(), vec![Tolerance::IncompleteTime]));
        }
    }

    #[test]
    fn uris_and_bytes_are_checked() {
        check("profileUrl", json!("../é?a=b#c"), json!("../é?a=b#c"), &[]);
        check(
            "x509Certificates",
            json!([{"value": "QUJD\nRA=="}]),
            json!([{"value": "QUJD\nRA=="}]),
            &[],
        );
        insta::assert_snapshot!(check_error("profileUrl", json!("two words")), @r#"the attribute "profileUrl" takes a URI, not "two words" (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("x509Certificates", json!([{"value": "QUJDR"}])), @r#"the attribute "x509Certificates.value" takes a text in Base64, not "QUJDR" (400 invalidValue)"#);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        insta::assert_snapshot!(check_error("active", json!("maybe")), @r#"the attribute "active" takes true or false, not "maybe" (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("userName", json!({})), @r#"the attribute "userName" takes a text, not {} (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("name", json!("Ada")), @r#"the attribute "name" takes an object, not "Ada" (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("name", json!({"givenName": {}})), @r#"the attribute "name.givenName" takes a text, not {} (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("emails", json!([{"type": "private"}])), @r#"the attribute "emails.type" takes one of "work", "home", "other", not "private" (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("title", json!(["Dr", "Prof"])), @r#"the attribute "title" takes one value, not ["Dr","Prof"] (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("name", json!([{"givenName": "A"}, {}])), @r#"the attribute "name" takes one value, not [{"givenName":"A"},{}] (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("emails", json!([{"value": ["a@x", "b@x"]}])), @r#"the attribute "emails.value" takes one value, not ["a@x","b@x"] (400 invalidValue)"#);
        insta::assert_snapshot!(check_error("password", json!({"a": "secret"})), @r#"the attribute "password" takes a text, not something else (400 invalidValue)"#);
    }
}
