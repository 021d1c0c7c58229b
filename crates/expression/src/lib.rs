//! The expression language of attribute mappings: parse, check, print, evaluate.
//!
//! ```
//! use std::collections::BTreeMap;
//! use expression::{Context, Expression, Value};
//!
//! let expression = Expression::parse(r#"Join(" ", [givenName], [surname])"#)?;
//! let person = BTreeMap::from([("givenName".to_owned(), Value::from("Ada"))]);
//! let context = Context { attributes: &person, now: jiff::Timestamp::UNIX_EPOCH, default_domain: None, tables: None, seed: 0 };
//! assert_eq!(expression.evaluate(&context)?, Value::from("Ada"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Pure: time and randomness come in the [`Context`]; the same input gives the same answer. Every
//! evaluation ends within the budgets named here, whatever the expression and the attributes are.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod arguments;
mod catalogue;
mod check;
mod compare;
mod conditional;
mod context;
mod conversion;
mod convert;
mod date;
mod date_format;
mod date_read;
mod diacritics;
mod dotnet;
mod dotnet_class;
mod dotnet_group;
mod each;
mod evaluate;
mod format;
mod instant;
mod list;
mod lookup;
mod mistake;
mod number;
mod parse;
mod problem;
mod random;
mod regex;
mod replace;
mod replacement;
mod result;
mod role;
mod string;
mod surroundings;
mod syntax;
mod token;
mod trace;
pub mod tree;
mod tree_read;
mod value;
mod words;
mod work;

use std::collections::BTreeSet;
use std::fmt;

pub use catalogue::{Function, Origin, Parameter, ParameterType, ResultType, function, functions};
pub use check::{Finding, Severity, check};
pub use context::{Attributes, Context, Tables};
pub use evaluate::{OUTPUT_BYTES_MAX, STEPS_MAX};
pub use parse::{DEPTH_MAX, LENGTH_MAX, PATTERNS_MAX};
pub use problem::{EvaluationError, Problem};
pub use regex::{
    BACKTRACKS_MAX, MATCHES_MAX, PATTERN_ATOMS_MAX, PATTERN_CHARS_MAX, Pattern, PatternError,
    SUBJECT_BYTES_MAX,
};
pub use surroundings::{Surroundings, TargetKind, TargetType, check_with};
pub use syntax::Span;
pub use trace::{Outcome, TRACE_BYTES_MAX, TRACE_PARTS_MAX, Trace};
pub use value::Value;
pub use work::WORK_MAX;

use syntax::{Kind, Node};
use tree::Tree;
pub use tree_read::TreeError;

/// An expression that was parsed and checked. It prints in one stable form, and what was printed
/// parses to an equal expression.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Node,
    warnings: Vec<Finding>,
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", hint.as_ref().map_or(String::new(), |hint| format!(": {hint}")))]
pub struct ParseError {
    /// The place in the text.
    pub span: Span,
    /// What is the matter, in a sentence.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Expression {
    /// Reads and checks the text of an expression.
    ///
    /// # Errors
    /// The first error in the text; [`check()`] lists them all.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let parsed = parse::parse(text)?;
        let is_error = |finding: &Finding| finding.severity == Severity::Error;
        let (errors, warnings): (Vec<_>, Vec<_>) = parsed.findings.into_iter().partition(is_error);
        match errors.into_iter().min_by_key(|finding| finding.span.start) {
            Some(Finding { span, message, hint, .. }) => Err(ParseError { span, message, hint }),
            None => Ok(Expression { root: parsed.root, warnings }),
        }
    }

    /// Reads and checks an expression that is given as the tree of a mapping. Where the parts of the tree and its
    /// text differ, the parts count, with a warning.
    ///
    /// # Errors
    /// The tree says nothing, is nested too deep, or what it says is no expression.
    pub fn from_tree(tree: &Tree) -> Result<Self, TreeError> {
        tree_read::read(tree)
    }

    /// The tree of the expression, as Graph shows it beside the text.
    #[must_use]
    pub fn to_tree(&self) -> Tree {
        tree::tree(&self.root)
    }

    /// The expression over lines of `width` characters. What is laid out so parses to an equal expression.
    #[must_use]
    pub fn format(&self, width: usize) -> String {
        format::format(&self.root, width)
    }

    /// What was noticed but does not hinder the use of the expression.
    #[must_use]
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// The names of the source attributes that the expression reads.
    #[must_use]
    pub fn attributes(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.root.walk(&mut |node| names.extend(node.attribute().map(str::to_owned)));
        names
    }

    /// The names of the functions that the expression calls.
    #[must_use]
    pub fn functions(&self) -> BTreeSet<&'static str> {
        let mut names = BTreeSet::new();
        self.root.walk(&mut |node| {
            if let Kind::Call(call) = &node.kind {
                names.insert(call.function.name);
            }
        });
        names
    }

    /// Whether the value must not be shown in logs: `Redact` stands somewhere in the expression.
    #[must_use]
    pub fn is_redacted(&self) -> bool {
        self.functions().contains("Redact")
    }

    /// Computes the value for one source object.
    ///
    /// # Errors
    /// A value is not what a function needs, a budget is used up, or `Error` was called. The object
    /// fails, not the job. `SelectUniqueValue` has no value of its own: see [`Expression::candidates`].
    pub fn evaluate(&self, context: &Context<'_>) -> Result<Value, EvaluationError> {
        self.guarded(&self.root, context)
    }

    /// Evaluates a part; its error keeps the values to itself where `Redact` is used.
    fn guarded(&self, part: &Node, context: &Context<'_>) -> Result<Value, EvaluationError> {
        evaluate::evaluate(part, context)
            .map_err(|error| if self.is_redacted() { error.redacted() } else { error })
    }

    /// Computes the value for one source object and tells what each part came to.
    #[must_use]
    pub fn trace(&self, context: &Context<'_>) -> Trace {
        evaluate::trace(&self.root, context)
    }

    /// The values to try, first to last, until the target has no other resource with one of them: those of
    /// `SelectUniqueValue`, or the single value of any other expression.
    ///
    /// # Errors
    /// As for [`Expression::evaluate`]; one failing candidate fails all.
    pub fn candidates(&self, context: &Context<'_>) -> Result<Vec<Value>, EvaluationError> {
        match &self.root.kind {
            Kind::Call(call) if call.function.name == "SelectUniqueValue" => {
                call.arguments.iter().flatten().map(|rule| self.guarded(rule, context)).collect()
            }
            _ => Ok(vec![self.evaluate(context)?]),
        }
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}
