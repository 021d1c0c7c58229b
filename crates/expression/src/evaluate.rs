//! Evaluates a tree for one source object.
//!
//! Functions take their parameters when they need them, so the branches of `IIF`, `Switch` and `Coalesce` that
//! are not chosen cost nothing and cannot fail. Each evaluation runs under a budget of steps and of output.

use std::borrow::Cow;

use crate::catalogue::Function;
use crate::context::Context;
use crate::convert;
use crate::date_format::Part;
use crate::problem::{EvaluationError, Problem};
use crate::random::Random;
use crate::regex::{Match, Pattern, Wanted};
use crate::syntax::{Call, Keyword, Kind, Node, Operator, Span, Variable};
use crate::trace::{self, Recorder, Trace};
use crate::value::Value;
use crate::work::Work;
use jiff::civil::DateTime;

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
    recorder: Option<Recorder>,
}

/// The parameters of the call being evaluated, each computed when it is asked for.
pub(crate) struct Arguments<'e, 'c> {
    pub(crate) evaluation: &'e mut Evaluation<'c>,
    call: &'e Call,
    span: Span,
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
    fn produce(&mut self, bytes: usize, span: Span) -> Result<(), EvaluationError> {
        self.output = self.output.saturating_add(bytes);
        if self.output > OUTPUT_BYTES_MAX {
            return Err(EvaluationError { span, problem: Problem::TooMuchOutput });
        }
        Ok(())
    }
}

impl<'e> Arguments<'e, '_> {
    /// How many slots the call has, trailing empty ones apart.
    pub(crate) fn len(&self) -> usize {
        self.call.arguments.len()
    }

    /// The parameter at `index` as written; none when it was left out.
    pub(crate) fn node(&self, index: usize) -> Option<&'e Node> {
        self.call.arguments.get(index)?.as_ref()
    }

    /// The compiled pattern, when it is a constant.
    pub(crate) fn pattern(&self, index: usize) -> Option<&'e Pattern> {
        self.call.pattern(index)
    }

    /// The date format, when it is a constant.
    pub(crate) fn format(&self, index: usize) -> Option<&'e [Part]> {
        self.call.format(index)
    }

    /// The first match of the pattern that the parameter at `index` is.
    pub(crate) fn search(
        &mut self,
        index: usize,
        pattern: &Pattern,
        text: &str,
    ) -> Result<Option<Match>, EvaluationError> {
        let found = pattern.find(text, 0, Wanted::Groups, &mut self.evaluation.work);
        found.map_err(|error| self.error_at(index, error.into()))
    }

    /// All matches of the pattern that the parameter at `index` is.
    pub(crate) fn searches(
        &mut self,
        index: usize,
        pattern: &Pattern,
        text: &str,
        wanted: Wanted,
    ) -> Result<Vec<Match>, EvaluationError> {
        let found = pattern.matches(text, wanted, &mut self.evaluation.work);
        found.map_err(|error| self.error_at(index, error.into()))
    }

    /// The value of a parameter; null when it was left out.
    pub(crate) fn value(&mut self, index: usize) -> Result<Value, EvaluationError> {
        match self.node(index) {
            Some(node) => self.evaluation.node(node),
            None => Ok(Value::Null),
        }
    }

    /// Notes that a constant was used in its prepared form.
    pub(crate) fn skip(&mut self, index: usize) {
        let (Some(node), Some(recorder)) = (self.node(index), &mut self.evaluation.recorder) else {
            return;
        };
        if let Some(text) = node.constant() {
            recorder.enter();
            recorder.leave(node.span, &Ok(Value::from(text)));
        }
    }

    /// A single value as text; none when there is no value.
    pub(crate) fn text(&mut self, index: usize) -> Result<Option<String>, EvaluationError> {
        match self.value(index)? {
            Value::Text(text) => Ok(Some(text)),
            value if value.is_null() => Ok(None),
            value => convert::text(&value).map(Some).ok_or_else(|| self.several(index, &value)),
        }
    }

    /// A single value as text, which a constant lends; none when there is no value.
    pub(crate) fn lent(&mut self, index: usize) -> Result<Option<Cow<'e, str>>, EvaluationError> {
        let Some(constant) = self.node(index).and_then(Node::constant) else {
            return Ok(self.text(index)?.map(Cow::Owned));
        };
        self.step()?;
        self.skip(index);
        Ok(Some(Cow::Borrowed(constant)))
    }

    /// A whole number, bare or quoted; none when there is no value.
    pub(crate) fn integer(&mut self, index: usize) -> Result<Option<i64>, EvaluationError> {
        match self.value(index)? {
            value if value.is_null_or_empty() => Ok(None),
            value => convert::integer(&value)
                .map(Some)
                .ok_or_else(|| self.wrong(index, "a whole number", &value)),
        }
    }

    /// A date, or a text that reads as one; none when there is no value.
    pub(crate) fn date(&mut self, index: usize) -> Result<Option<DateTime>, EvaluationError> {
        match self.value(index)? {
            value if value.is_null_or_empty() => Ok(None),
            value => {
                convert::date(&value).map(Some).ok_or_else(|| self.wrong(index, "a date", &value))
            }
        }
    }

    /// Whether a condition holds; an absent value does not.
    pub(crate) fn condition(&mut self, index: usize) -> Result<bool, EvaluationError> {
        let value = self.value(index)?;
        convert::condition(&value).ok_or_else(|| self.wrong(index, "true or false", &value))
    }

    /// The elements of a list; a single value is a list of one, no value an empty list.
    pub(crate) fn elements(&mut self, index: usize) -> Result<Vec<Value>, EvaluationError> {
        let elements = match self.value(index)? {
            Value::List(values) => values,
            value if value.is_null() => Vec::new(),
            value => vec![value],
        };
        for _ in &elements {
            self.step()?;
        }
        Ok(elements)
    }

    /// An element of a list as text.
    pub(crate) fn element_text(
        &self,
        index: usize,
        element: &Value,
    ) -> Result<String, EvaluationError> {
        convert::text(element).ok_or_else(|| self.several(index, element))
    }

    /// Counts one step.
    pub(crate) fn step(&mut self) -> Result<(), EvaluationError> {
        self.evaluation.step(self.span)
    }

    /// Counts text before it is made.
    pub(crate) fn produce(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        self.evaluation.produce(bytes, self.span)
    }

    /// Counts a text and makes it the result.
    pub(crate) fn result(&mut self, text: String) -> Result<Value, EvaluationError> {
        self.produce(text.len())?;
        Ok(Value::Text(text))
    }

    /// A problem of the whole call.
    pub(crate) fn error(&self, problem: Problem) -> EvaluationError {
        EvaluationError { span: self.span, problem }
    }

    /// A problem of one parameter.
    pub(crate) fn error_at(&self, index: usize, problem: Problem) -> EvaluationError {
        EvaluationError { span: self.node(index).map_or(self.span, |node| node.span), problem }
    }

    /// The parameter is not what it must be.
    pub(crate) fn wrong(
        &self,
        index: usize,
        expected: &'static str,
        got: &Value,
    ) -> EvaluationError {
        if matches!(got, Value::List(_)) {
            return self.several(index, got);
        }
        let problem = Problem::Unexpected {
            function: self.function().name,
            parameter: self.parameter(index),
            expected,
            got: got.describe(),
        };
        self.error_at(index, problem)
    }

    pub(crate) fn function(&self) -> &'static Function {
        self.call.function
    }

    fn several(&self, index: usize, got: &Value) -> EvaluationError {
        let (function, parameter) = (self.function().name, self.parameter(index));
        self.error_at(index, Problem::Several { function, parameter, got: got.describe() })
    }

    fn parameter(&self, index: usize) -> &'static str {
        self.function().parameter(index).map_or("parameter", |parameter| parameter.name)
    }
}
