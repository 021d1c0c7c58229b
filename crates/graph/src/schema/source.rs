//! Where a mapped value comes from: an attribute, a constant or a function (`attributeMappingSource`).
//!
//! Graph writes a source twice, as the text of an expression and as a tree. The text says all that
//! the tree says and more (the tree leaves out empty arguments), so the text counts; a source that
//! has only a tree gets its text from it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null_is_default;

/// How deep the functions of a tree may be nested.
pub const SOURCE_DEPTH_MAX: usize = 64;

/// Where a mapped value comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttributeMappingSource {
    /// Attribute, constant or function.
    #[serde(rename = "type", deserialize_with = "null_is_default")]
    pub kind: SourceType,
    /// The attribute's or function's name, or the bare value of a constant.
    pub name: Option<String>,
    /// The text of the expression, such as `Join(".", [givenName], [surname])`.
    pub expression: Option<String>,
    /// The arguments of a function; empty arguments are left out.
    #[serde(deserialize_with = "null_is_default")]
    pub parameters: Vec<SourceParameter>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One argument of a function (`stringKeyAttributeMappingSourceValuePair`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceParameter {
    /// The parameter's name; it may repeat.
    pub key: Option<String>,
    /// The argument.
    pub value: Option<AttributeMappingSource>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What a source is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceType {
    /// The value of a source attribute.
    #[default]
    Attribute,
    /// Always the same value.
    Constant,
    /// The result of a function.
    Function,
}

impl AttributeMappingSource {
    /// The source as the text of an expression: its own text, or else one made from the tree.
    ///
    /// # Errors
    /// A tree without the names that a text needs, or nested deeper than [`SOURCE_DEPTH_MAX`].
    pub fn text(&self) -> Result<String, SourceError> {
        match self.expression.as_deref().map(str::trim) {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => self.tree_text(SOURCE_DEPTH_MAX),
        }
    }

    /// A source that is the given expression.
    #[must_use]
    pub fn from_text(expression: &str) -> Self {
        let text = expression.trim();
        let attribute = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let (kind, name) = match attribute {
            Some(name) if !name.contains(['[', ']']) => {
                (SourceType::Attribute, Some(name.to_owned()))
            }
            _ => {
                (SourceType::Function, text.split_once('(').map(|(name, _)| name.trim().to_owned()))
            }
        };
        Self { kind, name, expression: Some(text.to_owned()), ..Self::default() }
    }

    fn tree_text(&self, depth_left: usize) -> Result<String, SourceError> {
        let Some(depth_left) = depth_left.checked_sub(1) else { return Err(SourceError::TooDeep) };
        let name = self.name.as_deref().unwrap_or_default();
        match self.kind {
            SourceType::Constant => Ok(quoted(name)),
            _ if name.is_empty() => Err(SourceError::NoName),
            SourceType::Attribute => Ok(format!("[{name}]")),
            SourceType::Function => Ok(format!("{name}({})", self.arguments(name, depth_left)?)),
        }
    }

    fn arguments(&self, function: &str, depth_left: usize) -> Result<String, SourceError> {
        let mut arguments: Vec<String> = Vec::with_capacity(self.parameters.len());
        for parameter in &self.parameters {
            let key = parameter.key.as_deref().unwrap_or_default();
            // The tree leaves out empty arguments, so the key alone says where an argument belongs.
            while arguments.len() < position(function, key) {
                arguments.push(String::new());
            }
            let value = parameter.value.as_ref().ok_or(SourceError::NoName)?;
            arguments.push(match value.expression.as_deref().map(str::trim) {
                Some(text) if !text.is_empty() => text.to_owned(),
                _ => value.tree_text(depth_left)?,
            });
        }
        if let [left, operator, right, rest @ ..] = arguments.as_mut_slice()
            && function.eq_ignore_ascii_case("IIF")
            && self.parameters[1].key.as_deref() == Some("two")
            && !rest.is_empty()
        {
            // The tree spreads the comparison over three arguments, its operator as a constant.
            let comparison = format!("{left}{}{right}", operator.trim_matches('"'));
            arguments.splice(..3, [comparison]);
        }
        let least = if function.eq_ignore_ascii_case("Replace") { REPLACE.len() } else { 0 };
        arguments.resize(arguments.len().max(least), String::new());
        Ok(arguments.join(", "))
    }
}

/// The parameters of `Replace`, the function whose arguments are mostly empty.
const REPLACE: [&str; 7] = [
    "source",
    "Find",
    "RegularExpression",
    "RegularExpressionGroupName",
    "Replacement",
    "ReplacementPropertyName",
    "Template",
];

/// The least position, counted from 0, at which an argument of this name can stand.
fn position(function: &str, key: &str) -> usize {
    match function.to_ascii_lowercase().as_str() {
        "replace" => REPLACE.iter().position(|name| name.eq_ignore_ascii_case(key)).unwrap_or(0),
        // The second argument is the default value, which is often empty.
        "switch" if key != "source" && key != "defaultValue" => 2,
        _ => 0,
    }
}

/// A constant as the expression language writes it.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Why a source has no text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// A part of the tree says neither name nor expression.
    #[error(
        "the source has neither an expression nor a name; give it an expression such as \"[mail]\""
    )]
    NoName,
    /// The tree is nested too deep.
    #[error("the source nests more than {SOURCE_DEPTH_MAX} functions; split the mapping")]
    TooDeep,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &str) {
        let source: AttributeMappingSource = serde_json::from_str(source).unwrap();
        assert_eq!(source.text().map_err(|error| error.to_string()), Ok(expected.to_owned()));
    }

    #[test]
    fn the_text_counts_when_there_is_one() {
        check(r#"{"type":"Attribute","name":"mail","expression":"[mail]"}"#, "[mail]");
    }

    #[test]
    fn a_bare_tree_gets_its_text_from_names() {
        check(r#"{"name":"mail"}"#, "[mail]");
        check(r#"{"type":"Constant","name":"a \"b\" \\c"}"#, r#""a \"b\" \\c""#);
        check(
            r#"{"type":"Function","name":"Join","expression":null,"parameters":[
                {"key":"separator","value":{"type":"Constant","name":"."}},
                {"key":"source","value":{"type":"Attribute","name":"givenName"}},
                {"key":"source","value":{"type":"Function","name":"Trim","parameters":[
                    {"key":"source","value":{"name":"surname"}}]}}]}"#,
            r#"Join(".", [givenName], Trim([surname]))"#,
        );
    }

    #[test]
    fn arguments_that_a_tree_leaves_out_keep_their_places() {
        check(
            r#"{"type":"Function","name":"Replace","parameters":[
                {"key":"source","value":{"name":"preferredLanguage"}},
                {"key":"Find","value":{"type":"Constant","name":"-"}},
                {"key":"Replacement","value":{"type":"Constant","name":"_"}}]}"#,
            r#"Replace([preferredLanguage], "-", , , "_", , )"#,
        );
        check(
            r#"{"type":"Function","name":"Switch","parameters":[
                {"key":"source","value":{"name":"IsSoftDeleted"}},
                {"key":"key","value":{"type":"Constant","name":"False"}},
                {"key":"value","value":{"type":"Constant","name":"True"}}]}"#,
            r#"Switch([IsSoftDeleted], , "False", "True")"#,
        );
    }

    #[test]
    fn a_comparison_is_put_together_again() {
        check(
            r#"{"type":"Function","name":"IIF","parameters":[
                {"key":"one","value":{"name":"country"}},
                {"key":"two","value":{"type":"Constant","name":"="}},
                {"key":"three","value":{"type":"Constant","name":"US"}},
                {"key":"four","value":{"type":"Constant","name":"Yes"}},
                {"key":"five","value":{"type":"Constant","name":"No"}}]}"#,
            r#"IIF([country]="US", "Yes", "No")"#,
        );
    }

    #[test]
    fn a_source_that_says_nothing_is_refused() {
        let empty = AttributeMappingSource {
            kind: SourceType::Function,
            ..AttributeMappingSource::default()
        };
        assert_eq!(empty.text(), Err(SourceError::NoName));
    }
}
