//! `Map` and `Filter`: something done for each value of a multi-valued attribute.
//!
//! The second parameter names the value, and the third says it in brackets like an attribute:
//! `Map([proxyAddresses], "item", ToLower([item]))`. A part of a complex value follows a point: `[role.value]`.
//! Inside, the name hides an attribute of the same name.

use crate::arguments::Arguments;
use crate::catalogue::ParameterType::{Any, Body, BodyCondition, Variable};
use crate::catalogue::{Function, ParameterType, ResultType, ours, required};
use crate::convert;
use crate::problem::EvaluationError;
use crate::syntax::{self, Call, Kind, Node};
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, EvaluationError>;

/// The places of the parameters.
const SOURCE: usize = 0;
const NAME: usize = 1;
const BODY: usize = 2;

pub(crate) static FUNCTIONS: [Function; 2] = [
    ours(
        "Filter",
        &[
            required("source", Any),
            required("variable", Variable),
            required("condition", BodyCondition),
        ],
        ResultType::List,
        filter,
    ),
    ours(
        "Map",
        &[required("source", Any), required("variable", Variable), required("expression", Body)],
        ResultType::List,
        map,
    ),
];

/// The results for all values; one that is absent leaves the list, one that is a list joins it.
fn map(arguments: &mut Arguments<'_, '_>) -> Result {
    let mut results = Vec::new();
    for element in arguments.elements(SOURCE)? {
        match bound(arguments, element)?.1 {
            Value::List(several) => results.extend(several),
            value if value.is_null() => {}
            value => results.push(value),
        }
    }
    Ok(list(results))
}

/// The values for which the condition holds.
fn filter(arguments: &mut Arguments<'_, '_>) -> Result {
    let mut kept = Vec::new();
    for element in arguments.elements(SOURCE)? {
        let (element, result) = bound(arguments, element)?;
        match convert::condition(&result) {
            Some(true) => kept.push(element),
            Some(false) => {}
            None => return Err(arguments.wrong(BODY, "true or false", &result)),
        }
    }
    Ok(list(kept))
}

/// Evaluates the body for one value, and gives that value back.
fn bound(arguments: &mut Arguments<'_, '_>, element: Value) -> Result<(Value, Value)> {
    arguments.evaluation.bindings.push(element);
    let result = arguments.value(BODY);
    let element = arguments.evaluation.bindings.pop().unwrap_or_default();
    arguments.produce(element.size().min(64))?;
    Ok((element, result?))
}

fn list(values: Vec<Value>) -> Value {
    if values.is_empty() { Value::Null } else { Value::List(values) }
}

/// Makes the attributes of the body that bear the variable's name refer to the element.
pub(crate) fn bind(call: &mut Call) {
    if !is_loop(call) {
        return;
    }
    let name = call.arguments.get(NAME).and_then(Option::as_ref).and_then(Node::constant);
    let Some(name) = name.map(str::to_owned) else { return };
    if let Some(Some(body)) = call.arguments.get_mut(BODY) {
        bind_node(body, &name, 0);
    }
}

/// Whether the call is `Map` or `Filter`.
pub(crate) fn is_loop(call: &Call) -> bool {
    let last = call.function.parameters.last();
    last.is_some_and(|last| matches!(last.kind, ParameterType::Body | ParameterType::BodyCondition))
}

/// What is computed for each element, apart from the source of the elements.
pub(crate) fn body(call: &Call) -> Option<&Node> {
    call.arguments.get(BODY).and_then(Option::as_ref).filter(|_| is_loop(call))
}

fn bind_node(node: &mut Node, name: &str, depth: usize) {
    match &mut node.kind {
        Kind::Attribute(attribute) => {
            let member = attribute.strip_prefix(name).map(|rest| rest.strip_prefix('.'));
            let member = match member {
                Some(Some(member)) if !member.is_empty() => Some(member.to_owned()),
                _ if attribute == name => None,
                _ => return,
            };
            node.kind = Kind::Variable(syntax::Variable { name: name.to_owned(), member, depth });
        }
        Kind::Call(call) => {
            let inner = is_loop(call);
            for (index, argument) in call.arguments.iter_mut().enumerate() {
                let deeper = usize::from(inner && index == BODY);
                if let Some(argument) = argument {
                    bind_node(argument, name, depth + deeper);
                }
            }
        }
        Kind::Comparison { left, right, .. } => {
            bind_node(left, name, depth);
            bind_node(right, name, depth);
        }
        Kind::Concatenation(operands) => {
            for operand in operands {
                bind_node(operand, name, depth);
            }
        }
        _ => {}
    }
}
