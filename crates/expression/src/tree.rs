//! Expressions as the JSON tree that Microsoft Graph uses for the source of a mapping.
//!
//! A node is an attribute, a constant or a function with named parameters; empty parameters are left out
//! and the names tell the places. Every node also carries its text, which says what a tree has no
//! form for: whether a constant is a number, and where an empty parameter stood.
//!
//! Four things of the language have no kind of their own in Graph. A comparison that is a condition takes
//! three parameters, its sign as a constant in the middle; one elsewhere is a function named by its sign. Joining
//! is the function `&`. Placeholders and `vbTextCompare` are constants whose text has no quotes.

use serde::{Deserialize, Deserializer, Serialize};

use crate::catalogue::ParameterType;
use crate::syntax::{Call, Kind, Node, write_quoted};

/// One node: where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Tree {
    /// Attribute, constant or function; read in any case, and none when the node does not say.
    #[serde(rename = "type", deserialize_with = "lenient_kind")]
    pub kind: Option<TreeKind>,
    /// The name of the attribute or function, or the value of the constant.
    pub name: Option<String>,
    /// The same as text.
    pub expression: Option<String>,
    /// The parameters of a function.
    #[serde(deserialize_with = "null_is_empty")]
    pub parameters: Vec<TreeParameter>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum TreeKind {
    /// The value of a source attribute.
    Attribute,
    /// Always the same value.
    Constant,
    /// The result of a function.
    Function,
}

/// A parameter of a function, under its name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TreeParameter {
    /// The name, which repeats for repeating parameters.
    pub key: Option<String>,
    /// The parameter itself.
    pub value: Option<Tree>,
}

/// What the parameters of `IIF` are called, a comparison being three of them.
pub(crate) const IIF_KEYS: [&str; 5] = ["one", "two", "three", "four", "five"];

/// The name of the function that stands for joining.
pub(crate) const CONCATENATION: &str = "&";

/// The tree of a node.
pub(crate) fn tree(node: &Node) -> Tree {
    let expression = Some(node.to_string());
    let leaf = |kind, name: &str| Tree {
        kind: Some(kind),
        name: Some(name.to_owned()),
        expression: expression.clone(),
        parameters: Vec::new(),
    };
    let function = |name: &str, parameters| Tree {
        kind: Some(TreeKind::Function),
        name: Some(name.to_owned()),
        expression: expression.clone(),
        parameters,
    };
    match &node.kind {
        Kind::Attribute(name) => leaf(TreeKind::Attribute, name),
        Kind::Text(text) => leaf(TreeKind::Constant, text),
        Kind::Number { literal, .. } => leaf(TreeKind::Constant, literal),
        Kind::Placeholder(name) => leaf(TreeKind::Constant, &format!("%{name}%")),
        Kind::Variable(variable) => leaf(TreeKind::Attribute, &variable.text()),
        Kind::Keyword(keyword) => leaf(TreeKind::Constant, keyword.name()),
        Kind::Call(call) => function(call.function.name, parameters(call)),
        Kind::Comparison { operator, left, right } => {
            function(operator.sign(), vec![parameter("left", left), parameter("right", right)])
        }
        Kind::Concatenation(operands) => {
            let sources = operands.iter().map(|operand| parameter("source", operand));
            function(CONCATENATION, sources.collect())
        }
    }
}

/// The parameters of a call, without the empty ones.
fn parameters(call: &Call) -> Vec<TreeParameter> {
    let mut parameters = Vec::new();
    let mut shift = 0;
    for (index, argument) in call.arguments.iter().enumerate() {
        let Some(argument) = argument else { continue };
        let key = |offset: usize| match call.function.name {
            "IIF" => IIF_KEYS.get(index + offset).copied().unwrap_or_default(),
            _ => call.function.parameter(index).map_or("", |parameter| parameter.name),
        };
        match &argument.kind {
            Kind::Comparison { operator, left, right } if takes_condition(call, index) => {
                parameters.push(parameter(key(shift), left));
                parameters.push(constant(key(shift + 1), operator.sign()));
                parameters.push(parameter(key(shift + 2), right));
                shift += 2;
            }
            _ => parameters.push(parameter(key(shift), argument)),
        }
    }
    parameters
}

/// Whether the parameter at a place is a condition.
pub(crate) fn takes_condition(call: &Call, index: usize) -> bool {
    let parameter = call.function.parameter(index);
    parameter.is_some_and(|parameter| parameter.kind == ParameterType::Condition)
}

/// Graph writes numbers among the parameters in quotes.
fn parameter(key: &str, node: &Node) -> TreeParameter {
    match &node.kind {
        Kind::Number { literal, .. } => constant(key, literal),
        _ => TreeParameter { key: Some(key.to_owned()), value: Some(tree(node)) },
    }
}

fn constant(key: &str, value: &str) -> TreeParameter {
    let mut expression = String::new();
    // Writing to a String cannot fail.
    let _ = write_quoted(value, &mut expression);
    let value = Tree {
        kind: Some(TreeKind::Constant),
        name: Some(value.to_owned()),
        expression: Some(expression),
        parameters: Vec::new(),
    };
    TreeParameter { key: Some(key.to_owned()), value: Some(value) }
}

impl TreeKind {
    /// The kind of a name in any case; none if it is no kind.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [
            ("Attribute", TreeKind::Attribute),
            ("Constant", TreeKind::Constant),
            ("Function", TreeKind::Function),
        ]
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name.trim()))
        .map(|(_, kind)| kind)
    }
}

fn lenient_kind<'de, D: Deserializer<'de>>(input: D) -> Result<Option<TreeKind>, D::Error> {
    let name = Option::<String>::deserialize(input)?;
    Ok(name.as_deref().and_then(TreeKind::named))
}

fn null_is_empty<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<TreeParameter>, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}
