//! From a source object to the values its account should have.
//!
//! The result names target attributes, not JSON paths: [`Values`] is what a link remembers, what
//! a plan compares and what a log shows. A null is no value: it neither creates nor clears.

use std::collections::BTreeMap;

use expression::{Context, Tables, Value};
use graph::schema::AttributeType;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::configuration::{Applies, MANAGER, Mapping, Rule, Source, TargetAttribute};
use crate::id::{ScimId, SourceId};
use crate::object::MappingInput;
use crate::reason::Failure;

/// Values by target attribute name.
pub type Values = BTreeMap<String, Json>;

/// What mapping needs to know besides the object.
pub struct MappingContext<'a> {
    /// The time that `Now()` gives.
    pub now: Timestamp,
    /// The job's named tables, for `Lookup()`.
    pub tables: Option<&'a dyn Tables>,
    /// The tenant's default domain, for `DefaultDomain()`.
    pub default_domain: Option<&'a str>,
    /// The source of randomness of this evaluation.
    pub seed: u64,
    /// The account of another source object, if it has one that is open.
    pub resolve: &'a (dyn Fn(&SourceId) -> Option<ScimId> + 'a),
}

/// What an account should look like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Desired {
    /// The values that apply whenever the object is provisioned.
    pub always: Values,
    /// Values that apply on creation only, defaults included.
    pub on_create: Values,
    /// References that the source no longer has.
    pub cleared: Vec<String>,
    /// References to objects that have no account yet: target attribute, object.
    pub pending: Vec<(String, SourceId)>,
}

impl Desired {
    /// All values of an account that is created.
    #[must_use]
    pub fn for_creation(&self) -> Values {
        let mut values = self.on_create.clone();
        values.extend(self.always.clone());
        values
    }
}

/// Maps the object completely.
///
/// # Errors
/// The first mapping that fails, by name.
pub fn map(
    rule: &Rule,
    input: &MappingInput<'_>,
    context: &MappingContext<'_>,
) -> Result<Desired, Failure> {
    let mut desired = Desired::default();
    for mapping in &rule.mappings {
        match &mapping.source {
            Source::Reference(name) if name == MANAGER => {
                refer(mapping, input, context, &mut desired);
            }
            Source::Reference(_) => {}
            Source::DefaultOnly => {
                set_default(mapping, &mut desired)?;
            }
            Source::Expression(_) => match evaluate(mapping, input, context)? {
                Some(value) if mapping.applies == Applies::Always => {
                    desired.always.insert(mapping.target.name.clone(), value);
                }
                Some(value) => {
                    desired.on_create.insert(mapping.target.name.clone(), value);
                }
                None => set_default(mapping, &mut desired)?,
            },
        }
    }
    Ok(desired)
}

/// Maps only what mentions `IsSoftDeleted`: all that matters for an object whose account closes,
/// so that no other mapping's failure can keep a leaver's account open.
///
/// # Errors
/// Such a mapping fails itself.
pub fn map_closed(
    rule: &Rule,
    input: &MappingInput<'_>,
    context: &MappingContext<'_>,
) -> Result<Values, Failure> {
    let mut values = Values::new();
    let closing =
        |mapping: &&Mapping| mapping.mentions_soft_deleted && mapping.applies == Applies::Always;
    for mapping in rule.mappings.iter().filter(closing) {
        if let Some(value) = evaluate(mapping, input, context)? {
            values.insert(mapping.target.name.clone(), value);
        }
    }
    Ok(values)
}

/// Whether two values of a target attribute are the same for the purposes of change: letter case
/// counts only where the attribute says so, and the order of several values never does.
#[must_use]
pub fn same(target: &TargetAttribute, a: &Json, b: &Json) -> bool {
    comparable(target, a) == comparable(target, b)
}

fn refer(
    mapping: &Mapping,
    input: &MappingInput<'_>,
    context: &MappingContext<'_>,
    desired: &mut Desired,
) {
    let name = mapping.target.name.clone();
    match &input.object.manager {
        None => desired.cleared.push(name),
        Some(manager) => match (context.resolve)(manager) {
            Some(id) => {
                let values = match mapping.applies {
                    Applies::Always => &mut desired.always,
                    Applies::OnCreate => &mut desired.on_create,
                };
                values.insert(name, json!({"value": id.as_str()}));
            }
            None => desired.pending.push((name, manager.clone())),
        },
    }
}

fn set_default(mapping: &Mapping, desired: &mut Desired) -> Result<(), Failure> {
    let Some(default) = &mapping.default else { return Ok(()) };
    let value = convert(&mapping.target, Value::Text(default.clone()))?;
    desired.on_create.extend(value.map(|value| (mapping.target.name.clone(), value)));
    Ok(())
}

fn evaluate(
    mapping: &Mapping,
    input: &MappingInput<'_>,
    context: &MappingContext<'_>,
) -> Result<Option<Json>, Failure> {
    let Source::Expression(expression) = &mapping.source else { return Ok(None) };
    let context = Context {
        attributes: input,
        now: context.now,
        tables: context.tables,
        default_domain: context.default_domain,
        seed: context.seed,
    };
    let value = expression.evaluate(&context).map_err(|error| Failure::Mapping {
        attribute: mapping.target.name.clone(),
        why: error.to_string(),
    })?;
    convert(&mapping.target, value)
}

/// Gives a value the type and cardinality of its attribute. Null and dropped values are none.
fn convert(target: &TargetAttribute, value: Value) -> Result<Option<Json>, Failure> {
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

fn convert_one(target: &TargetAttribute, value: &Value) -> Result<Option<Json>, Failure> {
    if let Value::Null | Value::Dropped = value {
        return Ok(None);
    }
    if let Value::Object(members) = value {
        let members = members.iter().map(|(key, value)| (key.clone(), plain(value))).collect();
        return Ok(Some(Json::Object(members)));
    }
    let wrong = |wanted| Failure::WrongType {
        attribute: target.name.clone(),
        wanted,
        value: value.to_string(),
    };
    let text = value.to_string();
    match target.kind {
        AttributeType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Some(Json::Bool(true))),
            "false" => Ok(Some(Json::Bool(false))),
            _ => Err(wrong("Boolean")),
        },
        AttributeType::Integer => match text.trim().parse::<i64>() {
            Ok(integer) => Ok(Some(Json::from(integer))),
            Err(_) => Err(wrong("Integer")),
        },
        _ => Ok(Some(Json::String(text))),
    }
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

/// A value in the form that comparison uses: complex elements stand for their `value`, several
/// values are sorted, text is folded unless case counts.
fn comparable(target: &TargetAttribute, value: &Json) -> Vec<String> {
    let one = |value: &Json| {
        let value = value.as_object().and_then(|members| members.get("value")).unwrap_or(value);
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if target.case_exact { text } else { text.to_lowercase() }
    };
    let mut values: Vec<String> = match value {
        Json::Array(values) => values.iter().map(one).collect(),
        value => vec![one(value)],
    };
    values.sort();
    values.dedup();
    values
}
