//! The syntax tree of an expression, with the place of each part, and how it prints.
//!
//! Printing is stable: one blank after each comma, empty parameters at the end left out, names as in the
//! catalogue. Parsing what was printed gives an equal tree; places do not count for equality.

use std::fmt;
use std::ops::Range;

use crate::catalogue::Function;
use crate::date_format::Part;
use crate::regex::Pattern;
use crate::replace;
use crate::value::Value;

/// A place in the text of an expression: bytes from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

/// One part of an expression and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// `[displayName]`
    Attribute(String),
    /// `"text"`
    Text(String),
    /// `42`, `-1.5` or `&HF7`, as written, and its value.
    Number { literal: String, value: Value },
    /// `%DomainFQDN%`, without the signs.
    Placeholder(String),
    /// `[item]` or `[item.value]` where `Map` or `Filter` names the element `item`.
    Variable(Variable),
    /// A word with a meaning of its own, such as `vbTextCompare`.
    Keyword(Keyword),
    /// `Join(" ", [givenName], [surname])`
    Call(Call),
    /// `[country] = "FR"`
    Comparison { operator: Operator, left: Box<Node>, right: Box<Node> },
    /// `"t-" & [alias]`: two operands or more.
    Concatenation(Vec<Node>),
}

/// A function with its parameters; an empty slot is `None`.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Vec<Option<Node>>,
    /// Constant parameters that were compiled when the expression was read, with their places.
    pub(crate) prepared: Vec<(usize, Prepared)>,
}

/// A constant parameter in the form that evaluation uses.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    /// A regular expression.
    Pattern(Pattern),
    /// A date format.
    Format(Vec<Part>),
}

/// An element of a list, inside the body of `Map` or `Filter`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The name that the function gives to its elements.
    pub(crate) name: String,
    /// The part of a complex element that is meant.
    pub(crate) member: Option<String>,
    /// How many bodies of other functions lie between.
    pub(crate) depth: usize,
}

/// A word that stands without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
    IgnoreCase,
    Exact,
    CaseInsensitive,
    CaseSensitive,
    Unicode,
    Ascii,
    Utf8,
    /// The attribute leaves this export.
    IgnoreAttributeFlow,
    /// The object leaves this export.
    IgnoreObjectFlow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Span {
    /// The bytes as a range, to cut them from the text.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl Node {
    /// The parts directly below this one.
    pub(crate) fn children(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Call(call) => call.arguments.iter().flatten().collect(),
            Kind::Comparison { left, right, .. } => vec![left, right],
            Kind::Concatenation(operands) => operands.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Calls `visit` for this part and all below it; the depth is bounded by the parser.
    pub(crate) fn walk<'n>(&'n self, visit: &mut impl FnMut(&'n Node)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// The call, if this is one.
    pub(crate) fn call(&self) -> Option<&Call> {
        match &self.kind {
            Kind::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The name of the source attribute that this part reads, in brackets or, in `Replace`, in quotes.
    pub(crate) fn attribute(&self) -> Option<&str> {
        match &self.kind {
            Kind::Attribute(name) => Some(name),
            Kind::Call(call) => replace::named_attribute(call),
            _ => None,
        }
    }

    /// The text, if this is a text constant.
    pub(crate) fn constant(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Variable {
    /// As it is written, without the brackets.
    pub(crate) fn text(&self) -> String {
        match &self.member {
            Some(member) => format!("{}.{member}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Keyword {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Keyword::IgnoreCase => "vbTextCompare",
            Keyword::Exact => "vbBinaryCompare",
            Keyword::CaseInsensitive => "CaseInsensitive",
            Keyword::CaseSensitive => "CaseSensitive",
            Keyword::Unicode => "Unicode",
            Keyword::Ascii => "ASCII",
            Keyword::Utf8 => "UTF8",
            Keyword::IgnoreAttributeFlow => "IgnoreAttributeFlow",
            Keyword::IgnoreObjectFlow => "IgnoreObjectFlow",
        }
    }

    /// The keyword of that name, in whatever case it was written.
    pub(crate) fn named(name: &str) -> Option<Self> {
        use Keyword::{
            Ascii, CaseInsensitive, CaseSensitive, Exact, IgnoreAttributeFlow, IgnoreCase,
            IgnoreObjectFlow, Unicode, Utf8,
        };
        [
            IgnoreCase,
            Exact,
            CaseInsensitive,
            CaseSensitive,
            Unicode,
            Ascii,
            Utf8,
            IgnoreAttributeFlow,
            IgnoreObjectFlow,
        ]
        .into_iter()
        .find(|keyword| keyword.name().eq_ignore_ascii_case(name))
    }
}

impl Operator {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::NotEqual => "<>",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
        }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Kind::Attribute(a), Kind::Attribute(b))
            | (Kind::Text(a), Kind::Text(b))
            | (Kind::Placeholder(a), Kind::Placeholder(b))
            | (Kind::Number { literal: a, .. }, Kind::Number { literal: b, .. }) => a == b,
            (Kind::Variable(a), Kind::Variable(b)) => a == b,
            (Kind::Keyword(a), Kind::Keyword(b)) => a == b,
            (Kind::Call(a), Kind::Call(b)) => {
                a.function.name == b.function.name && a.arguments == b.arguments
            }
            (
                Kind::Comparison { operator, left, right },
                Kind::Comparison { operator: other, left: other_left, right: other_right },
            ) => operator == other && left == other_left && right == other_right,
            (Kind::Concatenation(a), Kind::Concatenation(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Attribute(name) => write!(f, "[{name}]"),
            Kind::Text(text) => write_quoted(text, f),
            Kind::Number { literal, .. } => f.write_str(literal),
            Kind::Placeholder(name) => write!(f, "%{name}%"),
            Kind::Variable(variable) => write!(f, "[{}]", variable.text()),
            Kind::Keyword(keyword) => f.write_str(keyword.name()),
            Kind::Call(call) => call.fmt(f),
            Kind::Comparison { operator, left, right } => {
                write!(f, "{left} {} {right}", operator.sign())
            }
            Kind::Concatenation(operands) => {
                for (index, operand) in operands.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { " & " })?;
                    operand.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.function.name)?;
        for (index, argument) in self.slots().into_iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            if let Some(argument) = argument {
                argument.fmt(f)?;
            }
        }
        f.write_str(")")
    }
}

impl Call {
    /// The constant parameter at a place, compiled as a pattern.
    pub(crate) fn pattern(&self, index: usize) -> Option<&Pattern> {
        self.prepared.iter().find_map(|(place, prepared)| match prepared {
            Prepared::Pattern(pattern) if *place == index => Some(pattern),
            _ => None,
        })
    }

    /// The constant parameter at a place, read as a date format.
    pub(crate) fn format(&self, index: usize) -> Option<&[Part]> {
        self.prepared.iter().find_map(|(place, prepared)| match prepared {
            Prepared::Format(parts) if *place == index => Some(parts.as_slice()),
            _ => None,
        })
    }

    /// The parameters as they are written. `Replace` and `IIF` show their empty ones at the end too, since that is
    /// how Entra writes and reads them.
    pub(crate) fn slots(&self) -> Vec<Option<&Node>> {
        let mut slots: Vec<_> = self.arguments.iter().map(Option::as_ref).collect();
        if matches!(self.function.name, "Replace" | "IIF") {
            slots.resize(slots.len().max(self.function.parameters.len()), None);
        }
        slots
    }
}

/// A text in quotes, with the escapes that reading takes away again.
pub(crate) fn write_quoted(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    for part in text.split_inclusive(['"', '\\']) {
        match part.strip_suffix(['"', '\\']) {
            Some(plain) => write!(out, "{plain}\\{}", &part[plain.len()..])?,
            None => out.write_str(part)?,
        }
    }
    out.write_char('"')
}
