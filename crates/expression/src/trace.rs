//! Why this value? Every part of an expression with what it came to for one source object.
//!
//! Parts that the evaluation never needed say so. What [`Redact`](crate::functions) hides stays hidden: the parts
//! inside it, all that their values flow into, and every other use of the attributes that stand inside it.

use std::collections::BTreeSet;
use std::fmt;

use crate::each;
use crate::problem::EvaluationError;
use crate::syntax::{Node, Span};
use crate::value::Value;

/// Most evaluated parts that one trace holds; the body of `Map` counts for each element.
pub const TRACE_PARTS_MAX: usize = 2_000;

/// Most bytes of values that one trace holds, its own result apart.
pub const TRACE_BYTES_MAX: usize = 1 << 18;

/// One part of an expression and what it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The part, as it prints.
    pub text: String,
    /// Its place in the text that was parsed.
    pub span: Span,
    /// What it came to.
    pub outcome: Outcome,
    /// Whether the value must not be shown.
    pub redacted: bool,
    /// The parts directly inside; those of the body of `Map` or `Filter` once for each element.
    pub children: Vec<Trace>,
}

/// What a part of an expression came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// This value.
    Value(Value),
    /// No value, for this reason.
    Failed(EvaluationError),
    /// A value that must not be shown.
    Redacted,
    /// It was not needed.
    NotEvaluated,
    /// A value, which the trace has no more room for.
    LeftOut,
}

/// One evaluation of one part.
#[derive(Debug)]
pub(crate) struct Record {
    span: Span,
    outcome: Outcome,
    parts: Vec<Record>,
}

/// Collects records while an expression is evaluated.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    open: Vec<Vec<Record>>,
    count: usize,
    bytes: usize,
}

impl Recorder {
    pub(crate) fn enter(&mut self) {
        self.open.push(Vec::new());
    }

    pub(crate) fn leave(&mut self, span: Span, result: &Result<Value, EvaluationError>) {
        let parts = self.open.pop().unwrap_or_default();
        self.count += 1;
        if self.count > TRACE_PARTS_MAX {
            return;
        }
        let outcome = match result {
            Err(error) => Outcome::Failed(error.clone()),
            Ok(value) => {
                let size = value.size();
                let fits = self.bytes + size <= TRACE_BYTES_MAX;
                self.bytes += if fits { size } else { 0 };
                if fits { Outcome::Value(value.clone()) } else { Outcome::LeftOut }
            }
        };
        if let Some(around) = self.open.last_mut() {
            around.push(Record { span, outcome, parts });
        }
    }
}

/// The trace of a whole expression.
pub(crate) fn trace(
    root: &Node,
    mut recorder: Recorder,
    result: Result<Value, EvaluationError>,
) -> Trace {
    let parts = recorder.open.pop().unwrap_or_default();
    let record = parts.into_iter().next().map(|record| {
        let outcome = match result {
            Ok(value) => Outcome::Value(value),
            Err(error) => Outcome::Failed(error),
        };
        Record { outcome, ..record }
    });
    build(root, record, &Hidden::of(root), false)
}

/// The static tree with the records laid over it.
fn build(node: &Node, record: Option<Record>, hidden: &Hidden, inside: bool) -> Trace {
    let inside = inside || is_redact(node);
    let redacted = inside || hidden.touches(node);
    let mut trace = Trace {
        text: node.to_string(),
        span: node.span,
        outcome: Outcome::NotEvaluated,
        redacted,
        children: Vec::new(),
    };
    let Some(record) = record else { return trace };
    trace.outcome = match record.outcome {
        Outcome::Value(_) | Outcome::LeftOut if redacted => Outcome::Redacted,
        Outcome::Failed(error) if redacted => Outcome::Failed(error.redacted()),
        outcome => outcome,
    };
    let mut records = record.parts;
    for child in node.children() {
        // What flows into a loop flows into its body under another name.
        let body = node.call().and_then(each::body);
        let inside = inside || (redacted && body.is_some_and(|body| std::ptr::eq(body, child)));
        let (its, others) =
            records.into_iter().partition::<Vec<_>, _>(|record| record.span == child.span);
        records = others;
        if its.is_empty() {
            trace.children.push(build(child, None, hidden, inside));
        }
        for record in its {
            trace.children.push(build(child, Some(record), hidden, inside));
        }
    }
    trace
}

/// What must not be shown: the attributes that stand inside `Redact` somewhere.
struct Hidden {
    attributes: BTreeSet<String>,
}

impl Hidden {
    fn of(root: &Node) -> Self {
        let mut attributes = BTreeSet::new();
        root.walk(&mut |node| {
            if is_redact(node) {
                node.walk(&mut |inner| attributes.extend(inner.attribute().map(str::to_owned)));
            }
        });
        Hidden { attributes }
    }

    /// Whether a redacted value flows into this part.
    fn touches(&self, node: &Node) -> bool {
        let mut touches = false;
        node.walk(&mut |inner| {
            let is_hidden = |name| self.attributes.contains(name);
            touches |= is_redact(inner) || inner.attribute().is_some_and(is_hidden);
        });
        touches
    }
}

fn is_redact(node: &Node) -> bool {
    node.call().is_some_and(|call| call.function.name == "Redact")
}

impl fmt::Display for Trace {
    /// Lines like `Left([mail], 3) = "ada"`, the parts indented below.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines(0, f)
    }
}

impl Trace {
    fn lines(&self, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:1$}{2} = {3}", "", depth * 2, self.text, self.outcome)?;
        self.children.iter().try_for_each(|child| child.lines(depth + 1, f))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Value(Value::Null) => f.write_str("no value"),
            Outcome::Value(Value::Dropped) => f.write_str("left out of this export"),
            Outcome::Value(Value::Text(text)) => write!(f, "\"{text}\""),
            Outcome::Value(value) => value.fmt(f),
            Outcome::Failed(error) => write!(f, "error: {error}"),
            Outcome::Redacted => f.write_str("[Redact]"),
            Outcome::NotEvaluated => f.write_str("not evaluated"),
            Outcome::LeftOut => f.write_str("left out, the trace is full"),
        }
    }
}
