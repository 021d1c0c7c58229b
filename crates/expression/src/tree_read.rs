//! Reads an expression from its tree.
//!
//! Where a node has text and parts and both say the same, the text counts, for it says more. Where they
//! differ the parts count, as for Graph, with a warning; but parts that are missing cannot win over a text.
//! Names of parameters tell the places; a name that the function does not have takes the next place.

use crate::catalogue::{self, Function, Parameter, ParameterType};
use crate::check::Finding;
use crate::parse::{self, DEPTH_MAX};
use crate::syntax::{Call, Kind, Node, Operator, Span, write_quoted};
use crate::tree::{CONCATENATION, IIF_KEYS, Tree, TreeKind, TreeParameter, takes_condition};
use crate::{Expression, ParseError};

/// Most parameters of one function in a tree.
const PARAMETERS_MAX: usize = 1_000;

/// Reads a tree; see [`Expression::from_tree`].
pub(crate) fn read(tree: &Tree) -> Result<Expression, TreeError> {
    let mut reading = Reading { overruled: false };
    let text = reading.text(tree, 0)?;
    let mut expression =
        Expression::parse(&text).map_err(|error| TreeError::Expression { text, error })?;
    if reading.overruled {
        expression.warnings.insert(0, Finding::overruled());
    }
    Ok(expression)
}

/// Why a tree is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A node says neither in text nor in parts what it is.
    #[error(
        "a part of the source has neither a name nor an expression: give it an expression such as \"[mail]\""
    )]
    Empty,
    /// Functions stand too deep inside each other.
    #[error(
        "the source nests more than {DEPTH_MAX} functions: split the expression over two attributes"
    )]
    TooDeep,
    /// A function has too many parameters.
    #[error("a function of the source has {0} parameters, the most is {PARAMETERS_MAX}: split it")]
    TooManyParameters(usize),
    /// What the tree says is no expression; the places are those of the text.
    #[error("{error}")]
    Expression {
        /// The text that the tree stands for.
        text: String,
        /// What is wrong with it.
        error: ParseError,
    },
}

/// A tree being read.
struct Reading {
    /// Whether parts won over a text that says otherwise.
    overruled: bool,
}

impl Reading {
    /// The text of a node.
    fn text(&mut self, tree: &Tree, depth: usize) -> Result<String, TreeError> {
        if depth > DEPTH_MAX {
            return Err(TreeError::TooDeep);
        }
        if tree.parameters.len() > PARAMETERS_MAX {
            return Err(TreeError::TooManyParameters(tree.parameters.len()));
        }
        let written = tree.expression.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let parts = has_parts(tree);
        match written {
            None if parts => self.assembled(tree, depth),
            None => Err(TreeError::Empty),
            Some(text) if !parts => Ok(text.to_owned()),
            Some(text) => match parse::parse(text) {
                Ok(parsed) if agrees(&parsed.root, tree) => Ok(text.to_owned()),
                // A leaf that is described beside the text of a function does not describe it.
                Ok(parsed) if tree.parameters.is_empty() && !is_leaf(&parsed.root) => {
                    Ok(text.to_owned())
                }
                _ => {
                    self.overruled = true;
                    self.assembled(tree, depth)
                }
            },
        }
    }

    fn assembled(&mut self, tree: &Tree, depth: usize) -> Result<String, TreeError> {
        let name = tree.name.as_deref().unwrap_or_default();
        match kind(tree) {
            TreeKind::Constant => Ok(quoted(name)),
            _ if name.is_empty() => Err(TreeError::Empty),
            TreeKind::Attribute => Ok(format!("[{name}]")),
            TreeKind::Function => self.function(name, &tree.parameters, depth),
        }
    }

    fn function(
        &mut self,
        name: &str,
        parameters: &[TreeParameter],
        depth: usize,
    ) -> Result<String, TreeError> {
        let mut given = Vec::with_capacity(parameters.len());
        for parameter in parameters {
            let value = parameter.value.as_ref().ok_or(TreeError::Empty)?;
            given.push(Given {
                key: parameter.key.as_deref().unwrap_or_default(),
                sign: sign(value),
                text: self.text(value, depth + 1)?,
            });
        }
        if name == CONCATENATION {
            let operands: Vec<&str> = given.iter().map(|given| given.text.as_str()).collect();
            return Ok(operands.join(" & "));
        }
        if let (Some(operator), [left, right]) = (operator(name), given.as_slice()) {
            return Ok(format!("{} {} {}", left.text, operator.sign(), right.text));
        }
        let slots = slots(catalogue::function(name), given);
        let name = catalogue::function(name).map_or(name, |function| function.name);
        Ok(format!("{name}({})", slots.join(", ")))
    }
}

/// A parameter that a tree gives.
struct Given<'t> {
    key: &'t str,
    /// The comparison, if this is the sign of one.
    sign: Option<Operator>,
    text: String,
}

/// The texts of the parameters, each at its place, empty ones between.
fn slots(function: Option<&'static Function>, given: Vec<Given<'_>>) -> Vec<String> {
    let has_switch_keys = given.iter().any(|given| known_key(given.key) == "key");
    // Three parameters of IIF are a condition and two values, even if the first value is a sign.
    let may_compare = function.is_some_and(|function| function.name != "IIF" || given.len() > 3);
    let mut slots: Vec<String> = Vec::new();
    let mut shift = 0;
    let mut rest = given.into_iter().peekable();
    while let Some(mut parameter) = rest.next() {
        let place = function.and_then(|function| {
            place(function, parameter.key, shift, slots.len(), has_switch_keys)
        });
        let place = place.unwrap_or(slots.len()).max(slots.len());
        let is_condition = function
            .and_then(|function| function.parameter(place))
            .is_some_and(|parameter| parameter.kind == ParameterType::Condition);
        if is_condition
            && may_compare
            && let Some(sign) = rest.peek().and_then(|next| next.sign)
        {
            rest.next();
            let right = rest.next().map(|right| right.text).unwrap_or_default();
            parameter.text = format!("{} {} {right}", parameter.text, sign.sign());
            shift += 2;
        }
        slots.resize(place, String::new());
        slots.push(parameter.text);
    }
    slots
}

/// The name that the catalogue has for a key; other trees call those of `Switch` otherwise.
fn known_key(key: &str) -> &str {
    match key {
        "switchKey" => "key",
        "switchValue" => "value",
        key => key,
    }
}

/// The place that a key asks for, if it is one of the function's.
fn place(
    function: &Function,
    key: &str,
    shift: usize,
    next: usize,
    has_switch_keys: bool,
) -> Option<usize> {
    if function.name == "IIF" {
        let number = IIF_KEYS.iter().position(|name| name.eq_ignore_ascii_case(key))?;
        return Some(if number > 2 && shift == 0 {
            number - 2
        } else {
            number - shift.min(number)
        });
    }
    let is_it = |parameter: &Parameter| parameter.name.eq_ignore_ascii_case(known_key(key));
    let index = function.parameters.iter().position(is_it)?;
    let fixed = function.fixed();
    let repeating = function.parameters.len() - fixed;
    if index < fixed {
        return Some(index);
    }
    let next = next.max(fixed);
    let is_there = |place: usize| (place - fixed) % repeating == index - fixed;
    // Other trees call the keys of Switch values too.
    (is_there(next) || !has_switch_keys).then_some(next).or(Some(next + 1))
}

/// Whether the parts of a node say anything.
fn has_parts(tree: &Tree) -> bool {
    let has_name = tree.name.as_deref().is_some_and(|name| !name.is_empty());
    let is_written = tree.expression.as_deref().is_some_and(|text| !text.trim().is_empty());
    match kind(tree) {
        TreeKind::Function => has_name && (!tree.parameters.is_empty() || !is_written),
        TreeKind::Attribute => has_name && (tree.kind.is_some() || !is_written),
        TreeKind::Constant => tree.name.is_some(),
    }
}

/// What a node is; one that does not say is known by what it has.
fn kind(tree: &Tree) -> TreeKind {
    match tree.kind {
        Some(kind) => kind,
        None if !tree.parameters.is_empty() => TreeKind::Function,
        None => TreeKind::Attribute,
    }
}

fn is_leaf(node: &Node) -> bool {
    !matches!(node.kind, Kind::Call(_) | Kind::Comparison { .. } | Kind::Concatenation(_))
}

/// Whether the parts of a tree say the same as a node that was read from its text.
fn agrees(node: &Node, tree: &Tree) -> bool {
    let name = tree.name.as_deref();
    let all = |nodes: &[Said<'_>]| {
        nodes.len() == tree.parameters.len()
            && nodes.iter().zip(&tree.parameters).all(|(said, parameter)| said.agrees(parameter))
    };
    let is_function = |wanted: &str| {
        kind(tree) == TreeKind::Function
            && name.is_some_and(|name| name.trim().eq_ignore_ascii_case(wanted))
    };
    match &node.kind {
        Kind::Attribute(attribute) => {
            kind(tree) == TreeKind::Attribute && name.map(str::trim) == Some(attribute)
        }
        Kind::Variable(variable) => {
            kind(tree) == TreeKind::Attribute && name.map(str::trim) == Some(&variable.text())
        }
        Kind::Text(text) => is_constant(tree, text),
        Kind::Number { literal, .. } => is_constant(tree, literal),
        Kind::Placeholder(placeholder) => {
            name.is_some_and(|name| name.trim_matches('%') == placeholder)
        }
        Kind::Keyword(keyword) => {
            name.is_some_and(|name| name.eq_ignore_ascii_case(keyword.name()))
        }
        Kind::Call(call) => is_function(call.function.name) && all(&said(call)),
        Kind::Comparison { operator, left, right } => {
            is_function(operator.sign()) && all(&[Said::Node(left), Said::Node(right)])
        }
        Kind::Concatenation(operands) => {
            is_function(CONCATENATION) && all(&operands.iter().map(Said::Node).collect::<Vec<_>>())
        }
    }
}

/// A constant of this value; a tree may also repeat the escapes, or the quotes, of the text.
fn is_constant(tree: &Tree, value: &str) -> bool {
    let name = tree.name.as_deref().unwrap_or_default();
    let quoted = quoted(value);
    kind(tree) == TreeKind::Constant
        && (name == value || name == quoted || format!("\"{name}\"") == quoted)
}

/// What a call says, as a tree lists it.
fn said(call: &Call) -> Vec<Said<'_>> {
    let mut said = Vec::new();
    for (index, argument) in call.arguments.iter().enumerate() {
        match argument {
            Some(Node { kind: Kind::Comparison { operator, left, right }, .. })
                if takes_condition(call, index) =>
            {
                said.extend([Said::Node(left), Said::Sign(*operator), Said::Node(right)]);
            }
            Some(argument) => said.push(Said::Node(argument)),
            None => {}
        }
    }
    said
}

enum Said<'n> {
    Node(&'n Node),
    Sign(Operator),
}

impl Said<'_> {
    fn agrees(&self, parameter: &TreeParameter) -> bool {
        let Some(value) = &parameter.value else { return false };
        match self {
            Said::Sign(operator) => sign(value) == Some(*operator),
            Said::Node(node) => match value.name {
                Some(_) => agrees(node, value),
                // A part that only has text says what its text says.
                None => value.expression.as_deref().is_some_and(|text| {
                    parse::parse(text.trim()).is_ok_and(|parsed| parsed.root == **node)
                }),
            },
        }
    }
}

/// The comparison whose sign a constant is.
fn sign(tree: &Tree) -> Option<Operator> {
    let is_constant = tree.kind.is_none_or(|kind| kind == TreeKind::Constant);
    let name = tree.name.as_deref().or(tree.expression.as_deref())?;
    operator(name.trim().trim_matches('"')).filter(|_| is_constant)
}

fn operator(sign: &str) -> Option<Operator> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual]
        .into_iter()
        .find(|operator| operator.sign() == sign)
}

fn quoted(value: &str) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_quoted(value, &mut text);
    text
}

impl Finding {
    fn overruled() -> Self {
        Finding::warning(
            Span::default(),
            "the source says one thing as a tree and another as text, and the tree counts".into(),
            "remove the parameters from the source, if the text is what is meant",
        )
    }
}
