//! What can be said about an expression before it runs.
//!
//! Each finding has a place, a sentence and, where one is known, a way out. Errors keep an expression
//! from being used; warnings do not.

use crate::ParseError;
use crate::catalogue::{self, Function, Origin, Parameter, ParameterType, ResultType};
use crate::convert;
use crate::mistake;
use crate::parse;
use crate::problem::Problem;
use crate::regex::PatternError;
use crate::replace;
use crate::string::Culture;
use crate::syntax::{Call, Kind, Node, Span};
use crate::value::{Value, quoted};

/// Something noticed in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether the expression can be used all the same.
    pub severity: Severity,
    /// The place in the text.
    pub span: Span,
    /// What is the matter, in a sentence.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The expression works, but perhaps not as meant.
    Warning,
    /// The expression cannot be used.
    Error,
}

/// Everything that is noticed in the text of an expression, in the order of the text. Where the
/// grammar is broken, that is the only finding.
#[must_use]
pub fn check(text: &str) -> Vec<Finding> {
    match parse::parse(text) {
        Err(error) => vec![error.into()],
        Ok(parsed) => {
            let mut findings = parsed.findings;
            findings.sort_by_key(|finding| finding.span.start);
            findings
        }
    }
}

/// Stands for an unknown function until the whole text was read. It never runs: the finding refuses it.
pub(crate) static UNKNOWN: Function = Function {
    name: "?",
    parameters: &[Parameter {
        name: "value",
        required: false,
        repeating: true,
        kind: ParameterType::Any,
    }],
    result: ResultType::Any,
    origin: Origin::Instep,
    run: |arguments| {
        Err(arguments.error(Problem::UnknownFunction(arguments.function().name.into())))
    },
};

/// Drops the empty slots at the end. After a key of `Switch` one stays: the value of the key was left out.
pub(crate) fn drop_empty_end(function: &Function, arguments: &mut Vec<Option<Node>>) {
    let written = arguments.len();
    while arguments.last().is_some_and(Option::is_none) {
        arguments.pop();
    }
    let repeating = function.parameters.len() - function.fixed();
    if repeating > 1
        && arguments.len() < written
        && !arguments.len().saturating_sub(function.fixed()).is_multiple_of(repeating)
    {
        arguments.push(None);
    }
}

/// Checks every function call of the tree.
pub(crate) fn check_tree(root: &Node, findings: &mut Vec<Finding>) {
    root.walk(&mut |node| match &node.kind {
        Kind::Call(call) if call.function.name != UNKNOWN.name => {
            check_count(call, node.span, findings);
            check_types(call, findings);
            check_replace(call, node.span, findings);
            check_inner(call, findings);
        }
        Kind::Comparison { left, right, .. } => {
            for side in [left, right] {
                refuse_flow_control(side, findings);
            }
        }
        _ => {}
    });
}

/// Every required parameter is there and none is too many.
fn check_count(call: &Call, span: Span, findings: &mut Vec<Finding>) {
    let function = call.function;
    let given = |index: usize| match call.arguments.get(index..) {
        // Of a repeating parameter, any occurrence will do, and a key may have no value.
        Some(rest) if index >= function.fixed() => {
            rest.iter().any(Option::is_some) || (index > function.fixed() && !rest.is_empty())
        }
        Some([first, ..]) => first.is_some(),
        _ => false,
    };
    for (index, parameter) in function.parameters.iter().enumerate() {
        if parameter.required && !given(index) && !lacks_value(call) {
            let message = format!("{} misses its parameter {}", function.name, parameter.name);
            findings.push(Finding::error(span, message, &signature(function)));
        }
    }
    for (index, argument) in call.arguments.iter().enumerate() {
        match (function.parameter(index), argument) {
            (None, Some(argument)) => {
                let most = function.parameters.len();
                let message = format!(
                    "{} takes {most} parameters at most, this is number {}",
                    function.name,
                    index + 1
                );
                findings.push(Finding::error(argument.span, message, &signature(function)));
            }
            // Join skips an absent source, but a key of Switch that is missing would be a guess.
            (Some(parameter), None) if parameter.name == "key" => {
                let message = "Switch has a value without its key".to_owned();
                findings.push(Finding::error(
                    span,
                    message,
                    "write the key \"\" to match an absent value",
                ));
            }
            _ => {}
        }
    }
    if lacks_value(call) {
        let message = format!("the last key of {} has no value", function.name);
        let hint = "keys and values come in pairs after the default value, which may be empty: Switch(source, , key, value)";
        findings.push(Finding::error(span, message, hint));
    }
}

/// Whether the keys and values of the call do not pair.
fn lacks_value(call: &Call) -> bool {
    let fixed = call.function.fixed();
    let repeating = call.function.parameters.len() - fixed;
    repeating > 1
        && call.arguments.len() > fixed
        && !(call.arguments.len() - fixed).is_multiple_of(repeating)
}

/// Constants are what their parameter asks for, and no list stands where a single value belongs.
fn check_types(call: &Call, findings: &mut Vec<Finding>) {
    for (index, argument) in call.arguments.iter().enumerate() {
        let (Some(argument), Some(parameter)) = (argument, call.function.parameter(index)) else {
            continue;
        };
        let wrong = match &argument.kind {
            Kind::Text(text) => wrong_constant(parameter, &Value::Text(text.clone())),
            Kind::Number { value, .. } => wrong_constant(parameter, value),
            Kind::Keyword(keyword) => wrong_constant(parameter, &keyword.name().into()),
            Kind::Call(inner) if inner.function.result == ResultType::List => {
                wrong_list(parameter, inner.function)
            }
            _ => None,
        };
        if let Some((expected, got)) = wrong {
            let name = call.function.name;
            let message = format!("{name} needs {expected} as {}, this is {got}", parameter.name);
            findings.push(Finding::error(argument.span, message, &signature(call.function)));
        }
        if parameter.kind == ParameterType::Variable
            && argument.constant().is_none_or(str::is_empty)
        {
            let message = format!("{} needs a name for each value", call.function.name);
            let hint = format!("write {}([…], \"item\", … [item] …)", call.function.name);
            findings.push(Finding::error(argument.span, message, &hint));
        }
    }
}

/// What the parameter asks for and what the constant is instead, if it is not that.
fn wrong_constant(parameter: &Parameter, value: &Value) -> Option<(String, String)> {
    let (expected, fits) = match parameter.kind {
        ParameterType::Integer => ("a whole number".into(), convert::integer(value).is_some()),
        ParameterType::Position => {
            let fits = convert::integer(value).is_some_and(|number| number > 0);
            ("a number from 1 on".into(), fits)
        }
        ParameterType::DateTime => ("a date".into(), convert::date(value).is_some()),
        ParameterType::Condition | ParameterType::BodyCondition => {
            ("true or false".into(), convert::condition(value).is_some())
        }
        ParameterType::Culture => {
            let fits = Culture::named(&value.to_text()).is_some();
            ("a culture such as tr-TR".into(), fits)
        }
        ParameterType::Choice(choices) => {
            let text = value.to_text();
            let fits = choices.iter().any(|choice| choice.eq_ignore_ascii_case(&text));
            (listed(choices), fits)
        }
        _ => return None,
    };
    (!fits && !value.is_null_or_empty()).then(|| (expected, value.describe()))
}

/// `a, b or c`
fn listed(choices: &[&str]) -> String {
    match choices.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A list where a single value belongs fails for every object.
fn wrong_list(parameter: &Parameter, inner: &Function) -> Option<(String, String)> {
    let takes_list = matches!(
        parameter.kind,
        ParameterType::Any | ParameterType::Body | ParameterType::Variable
    );
    let got = format!("the list that {} gives; take one value of it with Item", inner.name);
    (!takes_list).then(|| ("a single value".into(), got))
}

/// The parameters of `Replace` are one of its five modes.
fn check_replace(call: &Call, span: Span, findings: &mut Vec<Finding>) {
    if call.function.name != replace::NAME {
        return;
    }
    if let Err((message, hint)) = replace::check(call) {
        findings.push(Finding::error(span, message.into(), hint));
    }
}

/// Functions that decide about the whole attribute stand outermost.
fn check_inner(call: &Call, findings: &mut Vec<Finding>) {
    for (index, argument) in call.arguments.iter().enumerate() {
        let Some(argument) = argument else { continue };
        let Kind::Call(inner) = &argument.kind else { continue };
        let name = inner.function.name;
        if name == "SelectUniqueValue" {
            let message = format!("{name} stands inside {}", call.function.name);
            findings.push(Finding::error(argument.span, message, "make it the outermost function"));
        }
        if call.function.parameter(index).is_some_and(|parameter| {
            matches!(parameter.kind, ParameterType::Condition | ParameterType::BodyCondition)
        }) {
            refuse_flow_control(argument, findings);
        } else if name == "IgnoreFlowIfNullOrEmpty"
            && !matches!(call.function.name, "Redact" | "IIF" | "Switch" | "Coalesce")
        {
            let message = format!(
                "{name} stands inside {}, where it only yields no value",
                call.function.name
            );
            findings.push(Finding::warning(
                argument.span,
                message,
                "make it the outermost function",
            ));
        }
    }
}

fn refuse_flow_control(condition: &Node, findings: &mut Vec<Finding>) {
    if matches!(&condition.kind, Kind::Call(call) if call.function.name == "IgnoreFlowIfNullOrEmpty")
    {
        let message = "IgnoreFlowIfNullOrEmpty is no condition".to_owned();
        findings.push(Finding::error(
            condition.span,
            message,
            "test with IsNullOrEmpty, and wrap the whole expression",
        ));
    }
}

/// `Left(string, numChars)`: how the function is written, optional parameters in brackets.
fn signature(function: &Function) -> String {
    let parameters: Vec<String> = function
        .parameters
        .iter()
        .map(|parameter| {
            let more = if parameter.repeating { "…" } else { "" };
            if parameter.required {
                format!("{}{more}", parameter.name)
            } else {
                format!("[{}]{more}", parameter.name)
            }
        })
        .collect();
    format!("write {}({})", function.name, parameters.join(", "))
}

impl From<ParseError> for Finding {
    fn from(error: ParseError) -> Self {
        let ParseError { span, message, hint } = error;
        Finding { severity: Severity::Error, span, message, hint }
    }
}

impl Finding {
    pub(crate) fn unknown_function(name: &str, span: Span) -> Self {
        let hint = match (mistake::elsewhere(name), catalogue::nearest(name)) {
            (Some(known), _) => format!("write {known}"),
            (None, Some(near)) => format!("did you mean {near}?"),
            (None, None) => "see the list of functions".into(),
        };
        Finding::error(span, format!("there is no function {}", quoted(name)), &hint)
    }

    pub(crate) fn other_case(written: &str, name: &str, span: Span) -> Self {
        Finding::warning(
            span,
            format!("{written} is written {name}"),
            "Entra ID wants the exact name",
        )
    }

    pub(crate) fn bad_format(format: &str, why: &str, span: Span) -> Self {
        let message = format!("the date format {} cannot be used: {why}", quoted(format));
        let hint = "write it like \"yyyy-MM-dd\" or \"M/d/yyyy h:mm:ss tt\"";
        Finding::error(span, message, hint)
    }

    pub(crate) fn bad_pattern(error: &PatternError, span: Span) -> Self {
        Finding { severity: Severity::Error, span, message: error.to_string(), hint: None }
    }

    pub(crate) fn error(span: Span, message: String, hint: &str) -> Self {
        Finding { severity: Severity::Error, span, message, hint: Some(hint.to_owned()) }
    }

    pub(crate) fn warning(span: Span, message: String, hint: &str) -> Self {
        Finding { severity: Severity::Warning, span, message, hint: Some(hint.to_owned()) }
    }
}
