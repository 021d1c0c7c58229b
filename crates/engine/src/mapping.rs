//! From a source object to the values its account should have.
//!
//! The result names target attributes, not JSON paths: [`Values`] is what a link remembers, what
//! a plan compares and what a log shows. A null is no value: it does not create, and clears only
//! where the mapping says so.

mod value;

use std::collections::BTreeMap;

use expression::{Context, EvaluationError, Tables, Value};
use graph::schema::AttributeType;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::configuration::{Applies, Mapping, Rule, Source};
use crate::explain::REDACTED;
use crate::id::{ScimId, SourceId};
use crate::object::MappingInput;
use crate::reason::Failure;
use crate::source::MANAGER;
use crate::unique::Candidates;

pub use value::same;
pub(crate) use value::{convert, missing};

/// Values by target attribute name.
pub type Values = BTreeMap<String, Json>;

/// What mapping needs to know besides the object.
#[derive(Clone, Copy)]
pub struct MappingContext<'a> {
    /// The time that `Now()` gives.
    pub now: Timestamp,
    /// The tenant's default domain, for `DefaultDomain()`.
    pub default_domain: Option<&'a str>,
    /// The job's tables, for `Lookup()`.
    pub tables: Option<&'a dyn Tables>,
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
    /// Values that apply where the target has none.
    pub filling: Values,
    /// Values to try on creation, until the target has nobody with one.
    pub candidates: Vec<Candidates>,
    /// Attributes that have no value any more, which the target is to know.
    pub cleared: Vec<String>,
    /// References to objects that have no account yet: target attribute, object.
    pub pending: Vec<(String, SourceId)>,
}

/// What one mapping came to.
#[derive(Debug, Clone)]
pub struct Mapped<'r> {
    /// The mapping.
    pub mapping: &'r Mapping,
    /// Its value, or why it has none.
    pub outcome: Result<Outcome, Failure>,
}

/// The value of one mapping.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The source gives this value.
    Value(Json),
    /// The source gives none; on creation, this default is used.
    Default(Json),
    /// The source gives none.
    Nothing,
    /// The expression leaves the attribute out this time (`IgnoreFlowIfNullOrEmpty`).
    Dropped,
    /// The values to try when an account is created, until the target has nobody with one.
    Candidates(Vec<Json>),
    /// The objects it refers to, as far as they have accounts, and those that have none yet.
    Reference(Option<Json>, Vec<SourceId>),
    /// The members of a group, which are compared page by page elsewhere.
    Members,
}

impl Desired {
    /// All values of an account that is created.
    #[must_use]
    pub fn for_creation(&self) -> Values {
        let mut values = self.on_create.clone();
        values.extend(self.filling.clone());
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
        desired.add(mapping, evaluate(mapping, input, context)?);
    }
    Ok(desired)
}

/// Maps the object as far as it goes: each mapping with its value or its failure.
#[must_use]
pub fn map_each<'r>(
    rule: &'r Rule,
    input: &MappingInput<'_>,
    context: &MappingContext<'_>,
) -> Vec<Mapped<'r>> {
    let mapped = |mapping| Mapped { mapping, outcome: evaluate(mapping, input, context) };
    rule.mappings.iter().map(mapped).collect()
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
    for mapping in rule.mappings.iter().filter(|mapping| closes(mapping)) {
        if let Outcome::Value(value) = evaluate(mapping, input, context)? {
            values.insert(mapping.target.name.clone(), value);
        }
    }
    Ok(values)
}

/// Whether the mapping is evaluated for an object whose account closes.
#[must_use]
pub fn closes(mapping: &Mapping) -> bool {
    mapping.mentions_soft_deleted && mapping.applies == Applies::Always
}

/// The source objects that the object refers to: whose accounts [`MappingContext::resolve`] will
/// be asked for. A mapping that fails refers to nobody.
#[must_use]
pub fn references(
    rule: &Rule,
    input: &MappingInput<'_>,
    context: &MappingContext<'_>,
) -> Vec<SourceId> {
    let nobody = MappingContext { resolve: &|_| None, ..*context };
    let referring = rule.mappings.iter().filter(|mapping| is_reference(mapping));
    let mut found: Vec<SourceId> = referring
        .filter_map(|mapping| match evaluate(mapping, input, &nobody) {
            Ok(Outcome::Reference(_, waiting)) => Some(waiting),
            _ => None,
        })
        .flatten()
        .collect();
    found.sort();
    found.dedup();
    found
}

impl Desired {
    fn add(&mut self, mapping: &Mapping, outcome: Outcome) {
        let name = mapping.target.name.clone();
        match outcome {
            Outcome::Members | Outcome::Dropped => {}
            Outcome::Value(value) => self.set(mapping, value),
            Outcome::Candidates(values) => {
                let candidates = Candidates { attribute: name, values };
                self.candidates.extend((!candidates.values.is_empty()).then_some(candidates));
            }
            Outcome::Default(value) => {
                self.clear(mapping, &name);
                // A constant that nothing else fills: where the target is empty, it applies too.
                match (&mapping.source, mapping.applies) {
                    (Source::DefaultOnly, Applies::OnCreate) => self.on_create.insert(name, value),
                    (Source::DefaultOnly, _) => self.filling.insert(name, value),
                    _ => self.on_create.insert(name, value),
                };
            }
            Outcome::Nothing => self.clear(mapping, &name),
            Outcome::Reference(value, waiting) => {
                let is_gone = value.is_none() && waiting.is_empty();
                self.pending.extend(waiting.into_iter().map(|object| (name.clone(), object)));
                if let Some(value) = value {
                    self.set(mapping, value);
                } else if is_gone {
                    self.cleared.push(name);
                }
            }
        }
    }

    fn set(&mut self, mapping: &Mapping, value: Json) {
        let values = match mapping.applies {
            Applies::Always | Applies::AddingValues => &mut self.always,
            Applies::OnCreate => &mut self.on_create,
            Applies::WithoutValue | Applies::WithoutAttribute => &mut self.filling,
        };
        values.insert(mapping.target.name.clone(), value);
    }

    fn clear(&mut self, mapping: &Mapping, name: &str) {
        if mapping.clears && mapping.applies == Applies::Always {
            self.cleared.push(name.to_owned());
        }
    }
}

/// What one mapping comes to: the only place where one is evaluated.
fn evaluate(
    mapping: &Mapping,
    input: &MappingInput<'_>,
    context: &MappingContext<'_>,
) -> Result<Outcome, Failure> {
    let value = match &mapping.source {
        Source::DefaultOnly => Value::Null,
        Source::Reference(name) if name == MANAGER => {
            return Ok(refer(mapping, input.object.manager.iter().cloned(), context));
        }
        Source::Reference(_) => return Ok(Outcome::Members),
        Source::Expression(expression) => {
            let context = expression_context(input, context);
            let failed = |error: EvaluationError| Failure::Mapping {
                attribute: mapping.target.name.clone(),
                why: error.to_string(),
            };
            if mapping.selects_unique {
                let values = expression.candidates(&context).map_err(failed)?;
                return candidates(mapping, values);
            }
            expression.evaluate(&context).map_err(failed)?
        }
    };
    if value == Value::Dropped {
        return Ok(Outcome::Dropped);
    }
    if is_reference(mapping) {
        return Ok(refer(mapping, ids(value), context));
    }
    let converted = convert(&mapping.target, value).map_err(|failure| match failure {
        Failure::WrongType { attribute, wanted, .. } if mapping.is_redacted() => {
            Failure::WrongType { attribute, wanted, value: REDACTED.to_owned() }
        }
        failure => failure,
    });
    let value = converted?.filter(|value| {
        mapping.asserts || value.as_array().is_none_or(|elements| !elements.is_empty())
    });
    match (value, &mapping.default) {
        (Some(value), _) => Ok(Outcome::Value(value)),
        (None, None) => Ok(Outcome::Nothing),
        (None, Some(default)) => {
            let default = convert(&mapping.target, Value::Text(default.clone()))?;
            Ok(default.map_or(Outcome::Nothing, Outcome::Default))
        }
    }
}

/// What an expression may know of the object and its surroundings.
pub(crate) fn expression_context<'a>(
    input: &'a MappingInput<'_>,
    context: &MappingContext<'a>,
) -> Context<'a> {
    Context {
        attributes: input,
        now: context.now,
        default_domain: context.default_domain,
        tables: context.tables,
        seed: context.seed,
    }
}

/// The candidates that are values at all, each once.
fn candidates(mapping: &Mapping, values: Vec<Value>) -> Result<Outcome, Failure> {
    let mut candidates = Vec::with_capacity(values.len());
    for value in values.into_iter().filter(|value| !value.is_null_or_empty()) {
        let value = convert(&mapping.target, value)?;
        candidates.extend(value.filter(|value| !candidates.contains(value)));
    }
    Ok(Outcome::Candidates(candidates))
}

/// Whether the values are ids of source objects, to be resolved by links.
fn is_reference(mapping: &Mapping) -> bool {
    match &mapping.source {
        Source::Reference(name) => name == MANAGER,
        Source::Expression(_) => mapping.target.kind == AttributeType::Reference,
        Source::DefaultOnly => false,
    }
}

/// The accounts of source objects. A part such as `manager.value` takes the id itself.
fn refer(
    mapping: &Mapping,
    objects: impl IntoIterator<Item = SourceId>,
    context: &MappingContext<'_>,
) -> Outcome {
    let mut accounts = Vec::new();
    let mut waiting = Vec::new();
    for object in objects {
        match (context.resolve)(&object) {
            Some(id) if mapping.target.path.sub_attribute.is_some() => {
                accounts.push(Json::from(id.as_str()));
            }
            Some(id) => accounts.push(json!({"value": id.as_str()})),
            None => waiting.push(object),
        }
    }
    let value = if mapping.target.multivalued {
        (!accounts.is_empty()).then_some(Json::Array(accounts))
    } else {
        accounts.into_iter().next()
    };
    Outcome::Reference(value, waiting)
}

fn ids(value: Value) -> Vec<SourceId> {
    let values = match value {
        Value::List(values) => values,
        value => vec![value],
    };
    let texts = values.iter().filter(|value| !value.is_null_or_empty()).map(Value::to_text);
    texts.map(SourceId).collect()
}
