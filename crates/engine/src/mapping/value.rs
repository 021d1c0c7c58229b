//! Values of target attributes: made from what an expression gives, and compared.

use std::sync::LazyLock;

use expression::{Context, Expression, Value};
use graph::schema::AttributeType;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value as Json;

use crate::configuration::TargetAttribute;
use crate::reason::Failure;

/// Gives a value the type and cardinality of its attribute. Null and dropped values are none.
pub(crate) fn convert(target: &TargetAttribute, value: Value) -> Result<Option<Json>, Failure> {
    let values = match value {
        Value::Null | Value::Dropped => return Ok(None),
        Value::List(values) => values,
        value => vec![value],
    };
    let mut converted = Vec::with_capacity(values.len());
    for value in values {
        converted.extend(convert_one(target, &value)?);
    }
    if target.multivalued {
        return Ok(Some(Json::Array(converted)));
    }
    match converted.len() {
        0 => Ok(None),
        1 => Ok(converted.pop()),
        count => Err(Failure::SeveralValues { attribute: target.name.clone(), count }),
    }
}

/// Whether two values of a target attribute are the same for the purposes of change: letter case
/// counts only where the attribute says so, and the order of several values never does.
#[must_use]
pub fn same(target: &TargetAttribute, a: &Json, b: &Json) -> bool {
    comparable(target, a) == comparable(target, b)
}

/// The elements of `wanted` that `there` does not have.
pub(crate) fn missing(target: &TargetAttribute, wanted: &Json, there: &Json) -> Vec<Json> {
    let there = comparable(target, there);
    let elements = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
    let is_missing = |element: &&Json| !there.contains(&comparable_one(target, element));
    elements.iter().filter(is_missing).cloned().collect()
}

fn convert_one(target: &TargetAttribute, value: &Value) -> Result<Option<Json>, Failure> {
    if let Value::Null | Value::Dropped = value {
        return Ok(None);
    }
    let text = value.to_string();
    let wrong = || Failure::WrongType {
        attribute: target.name.clone(),
        wanted: kind_name(target.kind),
        value: text.clone(),
    };
    if let Value::Object(members) = value {
        // Complex values are elements, such as roles; a part or a single text cannot hold one.
        let holds_elements = target.multivalued && target.path.sub_attribute.is_none();
        let members = members.iter().map(|(key, value)| (key.clone(), plain(value))).collect();
        return holds_elements.then(|| Some(Json::Object(members))).ok_or_else(wrong);
    }
    let converted = match target.kind {
        AttributeType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Some(Json::Bool(true)),
            "false" => Some(Json::Bool(false)),
            _ => None,
        },
        AttributeType::Integer => text.trim().parse::<i64>().ok().map(Json::from),
        AttributeType::DateTime => date(value, &text).map(Json::from),
        _ => Some(Json::String(text.clone())),
    };
    converted.map(Some).ok_or_else(wrong)
}

fn kind_name(kind: AttributeType) -> &'static str {
    match kind {
        AttributeType::String => "String",
        AttributeType::Integer => "Integer",
        AttributeType::Reference => "Reference",
        AttributeType::Binary => "Binary",
        AttributeType::Boolean => "Boolean",
        AttributeType::DateTime => "DateTime",
    }
}

/// The one reader of dates is the expression language's.
static READ_DATE: LazyLock<Option<Expression>> =
    LazyLock::new(|| Expression::parse("CDate([text])").ok());

/// A date in the form of RFC 7643 §2.3.5. What has that form already stays as it is.
fn date(value: &Value, text: &str) -> Option<String> {
    if let Value::DateTime(moment) = value {
        return Some(written(*moment));
    }
    if text.parse::<Timestamp>().is_ok() {
        return Some(text.to_owned());
    }
    let text = [("text", Value::from(text))];
    let context = Context {
        attributes: &text,
        now: Timestamp::UNIX_EPOCH,
        default_domain: None,
        tables: None,
        seed: 0,
    };
    match READ_DATE.as_ref()?.evaluate(&context) {
        Ok(Value::DateTime(moment)) => Some(written(moment)),
        _ => None,
    }
}

fn written(moment: DateTime) -> String {
    format!("{moment}Z")
}

/// The members of a complex value as JSON; they have no definition of their own.
fn plain(value: &Value) -> Json {
    match value {
        Value::Null | Value::Dropped => Json::Null,
        Value::Boolean(value) => Json::Bool(*value),
        Value::Integer(value) => Json::from(*value),
        Value::List(values) => values.iter().map(plain).collect(),
        Value::Object(members) => {
            Json::Object(members.iter().map(|(key, value)| (key.clone(), plain(value))).collect())
        }
        value => Json::String(value.to_string()),
    }
}

/// A value in the form that comparison uses: several values are sorted.
fn comparable(target: &TargetAttribute, value: &Json) -> Vec<String> {
    let mut values: Vec<String> = match value {
        Json::Array(values) => values.iter().map(|value| comparable_one(target, value)).collect(),
        value => vec![comparable_one(target, value)],
    };
    values.sort();
    values.dedup();
    values
}

/// Complex elements stand for their `value`, text is folded unless case counts.
fn comparable_one(target: &TargetAttribute, value: &Json) -> String {
    let value = value.as_object().and_then(|members| members.get("value")).unwrap_or(value);
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if target.case_exact { text } else { text.to_lowercase() }
}
