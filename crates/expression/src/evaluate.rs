//! Evaluates a tree for one source object.
//!
//! Functions take their parameters when they need them, so the branches of `IIF`, `Switch` and `Coalesce` that
//! are not chosen cost nothing and cannot fail. Each evaluation runs under a budget of steps and of output.

use crate::arguments::Arguments;
use crate::context::Context;
use crate::convert;
use crate::problem::{EvaluationError, Problem};
use crate::random::Random;
use crate::syntax::{Keyword, Kind, Node, Operator, Span, Variable};
use crate::trace::{self, Recorder, Trace};
use crate::value::Value;
use crate::work::Work;

/// Most steps of one evaluation: a sub-expression, a list element and a match of a pattern are one each.
pub const STEPS_MAX: usize = 100_000;

/// Most bytes of text that the functions of one evaluation may make, together.
pub const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// One evaluation under way.
pub(crate) struct Evaluation<'c> {
    pub(crate) context: &'c Context<'c>,
    pub(crate) random: Random,
    pub(crate) work: Work,
    /// The elements that the bodies under way are about, the innermost last.
    pub(crate) bindings: Vec<Value>,
    steps: usize,
    output: usize,
    pub(crate) recorder: Option<Recorder>,
}

/// Computes the value of `root`.
pub(crate) fn evaluate(root: &Node, context: &Context<'_>) -> Result<Value, EvaluationError> {
    Evaluation::new(context).node(root)
}

/// Computes the value of `root` and records what each part came to.
pub(crate) fn trace(root: &Node, context: &Context<'_>) -> Trace {
    let mut evaluation = Evaluation::new(context);
    let mut recorder = Recorder::default();
    recorder.enter();
    evaluation.recorder = Some(recorder);
    let result = evaluation.node(root);
    trace::trace(root, evaluation.recorder.unwrap_or_default(), result)
}

impl<'c> Evaluation<'c> {
    pub(crate) fn new(context: &'c Context<'c>) -> Self {
        let random = Random::new(context.seed);
        Evaluation {
            context,
            random,
            work: Work::new(),
            bindings: Vec::new(),
            steps: 0,
            output: 0,
            recorder: None,
        }
    }

    /// The value of one part of the tree. Recursion is bounded by the depth that the parser admits.
    pub(crate) fn node(&mut self, node: &Node) -> Result<Value, EvaluationError> {
        let Some(recorder) = &mut self.recorder else { return self.compute(node) };
        recorder.enter();
        let result = self.compute(node);
        if let Some(recorder) = &mut self.recorder {
            recorder.leave(node.span, &result);
        }
        result
    }

    fn compute(&mut self, node: &Node) -> Result<Value, EvaluationError> {
        self.step(node.span)?;
        match &node.kind {
            Kind::Attribute(name) => {
                let value = self.context.attributes.attribute(name);
                self.copied(value, node.span)
            }
            Kind::Variable(variable) => {
                let value = self.variable(variable);
                self.copied(value, node.span)
            }
            Kind::Text(text) => Ok(Value::Text(text.clone())),
            Kind::Number { value, .. } => Ok(value.clone()),
            Kind::Keyword(Keyword::IgnoreAttributeFlow) => Ok(Value::Dropped),
            Kind::Keyword(Keyword::IgnoreObjectFlow) => {
                Err(EvaluationError { span: node.span, problem: Problem::ObjectIgnored })
            }
            Kind::Keyword(keyword) => Ok(Value::Text(keyword.name().into())),
            Kind::Placeholder(name) => self.placeholder(name, node.span),
            Kind::Call(call) => {
                let mut arguments = Arguments { evaluation: self, call, span: node.span };
                (call.function.run)(&mut arguments)
            }
            Kind::Comparison { operator, left, right } => {
                self.comparison(*operator, left, right, node.span).map(Value::Boolean)
            }
            Kind::Concatenation(operands) => self.concatenation(operands),
        }
    }

    /// The element that a variable stands for, or the part of it that is meant.
    fn variable(&self, variable: &Variable) -> Value {
        let element = self.bindings.iter().rev().nth(variable.depth);
        match (element, &variable.member) {
            (Some(element), None) => element.clone(),
            (Some(Value::Object(members)), Some(name)) => members
                .iter()
                .find(|(key, _)| key == name)
                .map_or(Value::Null, |(_, value)| value.clone()),
            _ => Value::Null,
        }
    }

    /// A value that was taken from the source object, its size counted.
    fn copied(&mut self, value: Value, span: Span) -> Result<Value, EvaluationError> {
        match self.work.copy(value.size()) {
            Ok(()) => Ok(value),
            Err(error) => Err(EvaluationError { span, problem: error.into() }),
        }
    }

    fn placeholder(&mut self, name: &str, span: Span) -> Result<Value, EvaluationError> {
        match self.context.attributes.attribute(&format!("%{name}%")) {
            Value::Null => {
                Err(EvaluationError { span, problem: Problem::NoPlaceholder(name.to_owned()) })
            }
            value => Ok(value),
        }
    }

    fn comparison(
        &mut self,
        operator: Operator,
        left: &Node,
        right: &Node,
        span: Span,
    ) -> Result<bool, EvaluationError> {
        let (left, right) = (self.node(left)?, self.node(right)?);
        convert::compare(operator, &left, &right).ok_or_else(|| EvaluationError {
            span,
            problem: Problem::NotComparable { left: left.describe(), right: right.describe() },
        })
    }

    /// `a & b`: absent operands are empty; if all are absent, so is the result.
    fn concatenation(&mut self, operands: &[Node]) -> Result<Value, EvaluationError> {
        let mut joined = None;
        for operand in operands {
            let value = self.node(operand)?;
            if value.is_null() {
                continue;
            }
            let Some(text) = convert::text(&value) else {
                let problem =
                    Problem::Several { function: "&", parameter: "operand", got: value.describe() };
                return Err(EvaluationError { span: operand.span, problem });
            };
            self.produce(text.len(), operand.span)?;
            joined.get_or_insert_with(String::new).push_str(&text);
        }
        Ok(joined.map_or(Value::Null, Value::Text))
    }

    /// Counts one step.
    pub(crate) fn step(&mut self, span: Span) -> Result<(), EvaluationError> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(EvaluationError { span, problem: Problem::TooManySteps });
        }
        Ok(())
    }

    /// Counts text before it is made.
    pub(crate) fn produce(&mut self, bytes: usize, span: Span) -> Result<(), EvaluationError> {
        self.output = self.output.saturating_add(bytes);
        if self.output > OUTPUT_BYTES_MAX {
            return Err(EvaluationError { span, problem: Problem::TooMuchOutput });
        }
        Ok(())
    }
}
