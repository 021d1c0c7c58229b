//! The functions that expressions may call: names, parameters and code, as data.
//!
//! Each family of functions keeps its part of the table beside its code. The same table checks
//! expressions before they run and answers "which functions are there?".

use crate::arguments::Arguments;
use crate::problem::EvaluationError;
use crate::value::Value;
use crate::{
    compare, conditional, context, conversion, date, each, list, lookup, number, random, replace,
    role, string, words,
};

/// A function of the expression language.
#[derive(Debug)]
pub struct Function {
    /// The name as documented.
    pub name: &'static str,
    /// The parameters in their order.
    pub parameters: &'static [Parameter],
    /// What its results are.
    pub result: ResultType,
    /// Where it comes from.
    pub origin: Origin,
    /// Computes the result.
    pub(crate) run: Run,
}

/// The code of a function.
pub(crate) type Run = fn(&mut Arguments<'_, '_>) -> Result<Value, EvaluationError>;

/// Where a function comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Entra ID has it too.
    Entra,
    /// It is Instep's own; Entra ID does not know it.
    Instep,
}

/// What the results of a function are; each may be null too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultType {
    /// That depends on the parameters.
    Any,
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A date in UTC.
    DateTime,
    /// Several values.
    List,
    /// It has none: the function always fails.
    Nothing,
}

/// A parameter of a function.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// The name that the tree of a mapping uses as the key, such as `source`.
    pub name: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it may be given several times; a group of repeating parameters ends the list.
    pub repeating: bool,
    /// What it must be.
    pub kind: ParameterType,
}

/// What a parameter must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// Any value, lists and dates too.
    Any,
    /// A single value, read as text.
    Text,
    /// A whole number, bare or quoted.
    Integer,
    /// A place, counted from 1.
    Position,
    /// A date, or a text that reads as one.
    DateTime,
    /// True or false, or a comparison.
    Condition,
    /// A .NET regular expression.
    Pattern,
    /// A .NET date format.
    DateFormat,
    /// The name of a culture, such as `tr-TR`.
    Culture,
    /// One of these words, in any case, in quotes or bare.
    Choice(&'static [&'static str]),
    /// The name of a table of the job.
    Table,
    /// The name that stands for each element, in quotes.
    Variable,
    /// An expression that is computed for each element.
    Body,
    /// A condition that is tested for each element.
    BodyCondition,
}

/// All functions, by family.
static FAMILIES: [&[Function]; 14] = [
    &conditional::FUNCTIONS,
    &string::FUNCTIONS,
    &compare::FUNCTIONS,
    &words::FUNCTIONS,
    &conversion::FUNCTIONS,
    &list::FUNCTIONS,
    &each::FUNCTIONS,
    &lookup::FUNCTIONS,
    &number::FUNCTIONS,
    &date::FUNCTIONS,
    &context::FUNCTIONS,
    &random::FUNCTIONS,
    &replace::FUNCTIONS,
    &role::FUNCTIONS,
];

/// All functions of the language.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The function of that name, in whatever case it was written.
#[must_use]
pub fn function(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name.eq_ignore_ascii_case(name))
}

/// The function whose name is nearest to what was written, if any is near.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    nearest_of(name, functions().map(|function| function.name))
}

/// The name among these that is nearest to what was written, letter case apart, if any is near.
pub(crate) fn nearest_of<'n>(
    written: &str,
    names: impl Iterator<Item = &'n str>,
) -> Option<&'n str> {
    let written: String = written.chars().take(NAME_CHARS_MAX).collect::<String>().to_lowercase();
    let near = (written.chars().count() / 3).max(1);
    names
        .filter(|name| name.len() <= NAME_CHARS_MAX)
        .map(|name| (strsim::osa_distance(&written, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= near)
        .min()
        .map(|(_, name)| name)
}

/// Most characters of a name that is compared with others.
const NAME_CHARS_MAX: usize = 200;

impl Function {
    /// How many parameters stand before the repeating ones.
    pub(crate) fn fixed(&self) -> usize {
        self.parameters.iter().filter(|parameter| !parameter.repeating).count()
    }

    /// The description of the parameter at this place, counted from 0.
    #[must_use]
    pub fn parameter(&self, index: usize) -> Option<&'static Parameter> {
        let repeating = self.parameters.len() - self.fixed();
        match index.checked_sub(self.fixed()) {
            Some(beyond) if repeating > 0 => self.parameters.get(self.fixed() + beyond % repeating),
            _ => self.parameters.get(index),
        }
    }
}

/// A function that Entra ID has.
pub(crate) const fn entra(
    name: &'static str,
    parameters: &'static [Parameter],
    result: ResultType,
    run: Run,
) -> Function {
    Function { name, parameters, result, origin: Origin::Entra, run }
}

/// A function that is Instep's own.
pub(crate) const fn ours(
    name: &'static str,
    parameters: &'static [Parameter],
    result: ResultType,
    run: Run,
) -> Function {
    Function { name, parameters, result, origin: Origin::Instep, run }
}

/// A parameter that must be given.
pub(crate) const fn required(name: &'static str, kind: ParameterType) -> Parameter {
    Parameter { name, required: true, repeating: false, kind }
}

/// A parameter that may be left out.
pub(crate) const fn optional(name: &'static str, kind: ParameterType) -> Parameter {
    Parameter { name, required: false, repeating: false, kind }
}

/// A parameter that must be given once and may be given again.
pub(crate) const fn repeating(name: &'static str, kind: ParameterType) -> Parameter {
    Parameter { name, required: true, repeating: true, kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_name_stands_once() {
        let names: BTreeSet<_> =
            functions().map(|function| function.name.to_ascii_lowercase()).collect();
        assert_eq!(names.len(), functions().count());
    }

    #[test]
    fn repeating_parameters_end_the_list() {
        for function in functions() {
            assert!(
                function.parameters[function.fixed()..].iter().all(|parameter| parameter.repeating)
            );
        }
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour() {
        let cases = [
            ("Swich", Some("Switch")),
            ("tolowercase", None),
            ("NormaliseDiacritics", Some("NormalizeDiacritics")),
        ];
        for (name, expected) in cases {
            assert_eq!(nearest(name), expected, "{name}");
        }
    }

    #[test]
    fn keys_and_values_of_switch_alternate() {
        let switch = function("SWITCH").unwrap();
        let names: Vec<_> = (0..6).map(|index| switch.parameter(index).unwrap().name).collect();
        assert_eq!(names, ["source", "defaultValue", "key", "value", "key", "value"]);
        assert!(function("Len").unwrap().parameter(1).is_none());
    }
}
