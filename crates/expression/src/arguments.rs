//! The parameters of a function as its code asks for them: computed when they are needed, coerced to what they must
//! be, and refused with the name of the parameter when they are not that.

use std::borrow::Cow;

use jiff::civil::DateTime;

use crate::catalogue::Function;
use crate::convert;
use crate::date_format::Part;
use crate::evaluate::Evaluation;
use crate::problem::{EvaluationError, Problem};
use crate::regex::{Match, Pattern, Wanted};
use crate::syntax::{Call, Node, Span};
use crate::value::Value;

/// The parameters of the call being evaluated, each computed when it is asked for.
pub(crate) struct Arguments<'e, 'c> {
    pub(crate) evaluation: &'e mut Evaluation<'c>,
    pub(crate) call: &'e Call,
    pub(crate) span: Span,
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
