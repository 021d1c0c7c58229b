//! A query: the parameters of a GET, or the same sent by POST to `.search`
//! (RFC 7644 §3.4.2 and §3.4.3, RFC 9865 §3).
//!
//! Texts are kept as they came: [`crate::Filter`], [`crate::sort::Sort`] and
//! [`crate::Projection`] read them with what they know of the schema and the dialect.

use serde_json::{Map, Value, json};

use super::{ScimError, number_at, text_at, urn};
use crate::resource::{elements, value_of};

/// What a client wants to find and how it wants to see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchRequest {
    /// The attributes to show besides those that always show; empty for all.
    pub attributes: Vec<String>,
    /// The attributes to leave out.
    pub excluded_attributes: Vec<String>,
    /// Which resources.
    pub filter: Option<String>,
    /// The path of the attribute to sort by.
    pub sort_by: Option<String>,
    /// Whether the greatest value comes first.
    pub descending: bool,
    /// The position of the first resource, from 1; smaller ones mean 1 (RFC 7644 §3.4.2.4).
    pub start_index: Option<i64>,
    /// The most resources in the answer; below 0 means 0.
    pub count: Option<i64>,
    /// Where to go on; empty for the first page by cursor. `None`: not by cursor.
    pub cursor: Option<String>,
}

impl SearchRequest {
    /// Reads the message. `schemas` may be absent, numbers may be texts, names may be one
    /// text with commas.
    ///
    /// # Errors
    /// `invalidSyntax` for what is no object, `invalidValue` that names a parameter of
    /// another kind.
    pub fn from_json(message: &Value) -> Result<Self, ScimError> {
        let Some(message) = message.as_object() else {
            return Err(ScimError::invalid_syntax(
                "the body of a search is no object: send \"schemas\" and for example \"filter\"",
            ));
        };
        Ok(Self {
            attributes: names(message, "attributes")?,
            excluded_attributes: names(message, "excludedAttributes")?,
            filter: text(message, "filter")?.filter(|text| !text.trim().is_empty()),
            sort_by: text(message, "sortBy")?.filter(|text| !text.trim().is_empty()),
            descending: match text(message, "sortOrder")? {
                None => false,
                Some(order) => is_descending(&order)?,
            },
            start_index: number(message, "startIndex")?,
            count: number(message, "count")?,
            cursor: text(message, "cursor")?,
        })
    }

    /// Reads the parameters of a URL, decoded. Those that are not of a query are left alone;
    /// of a name that occurs several times, the last counts.
    ///
    /// # Errors
    /// `invalidValue` that names a parameter of another kind.
    pub fn from_parameters<'p>(
        parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, ScimError> {
        let message = parameters.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        Self::from_json(&Value::Object(message.collect()))
    }

    /// The message.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut message = json!({"schemas": [urn::SEARCH_REQUEST]});
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                message[name] = value;
            }
        };
        let list = |names: &[String]| Some(json!(names)).filter(|_| !names.is_empty());
        put("attributes", list(&self.attributes));
        put("excludedAttributes", list(&self.excluded_attributes));
        put("filter", self.filter.as_deref().map(Value::from));
        put("sortBy", self.sort_by.as_deref().map(Value::from));
        put("sortOrder", self.descending.then(|| "descending".into()));
        put("startIndex", self.start_index.map(Value::from));
        put("count", self.count.map(Value::from));
        put("cursor", self.cursor.as_deref().map(Value::from));
        message
    }
}

/// Reads `sortOrder`.
fn is_descending(order: &str) -> Result<bool, ScimError> {
    match order.trim() {
        "" => Ok(false),
        order if order.eq_ignore_ascii_case("ascending") => Ok(false),
        order if order.eq_ignore_ascii_case("descending") => Ok(true),
        _ => Err(ScimError::invalid_value(
            "the parameter \"sortOrder\" is neither \"ascending\" nor \"descending\"",
        )),
    }
}

/// A list of names, or one text with commas.
fn names(message: &Map<String, Value>, name: &str) -> Result<Vec<String>, ScimError> {
    let Some(list) = value_of(message, name) else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for element in elements(list) {
        let Some(text) = element.as_str() else {
            return Err(misfit(name, "a list of attribute names"));
        };
        names.extend(
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
        );
    }
    Ok(names)
}

fn text(message: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    match (value_of(message, name), text_at(message, name)) {
        (Some(_), None) => Err(misfit(name, "a text")),
        (_, text) => Ok(text),
    }
}

fn number(message: &Map<String, Value>, name: &str) -> Result<Option<i64>, ScimError> {
    let is_empty = text_at(message, name).is_some_and(|text| text.trim().is_empty());
    match (value_of(message, name), number_at(message, name)) {
        (Some(_), None) if !is_empty => Err(misfit(name, "a whole number")),
        (_, number) => Ok(number),
    }
}

fn misfit(name: &str, wanted: &str) -> ScimError {
    ScimError::invalid_value(format!("the parameter \"{name}\" is not {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: Value, expected: SearchRequest) {
        assert_eq!(SearchRequest::from_json(&message).unwrap(), expected);
        assert_eq!(SearchRequest::from_json(&expected.to_json()).unwrap(), expected);
    }

    #[track_caller]
    fn check_error(message: Value) -> String {
        SearchRequest::from_json(&message).unwrap_err().to_string()
    }

    #[test]
    fn every_parameter_is_read_and_written() {
        check(
            json!({"schemas": [urn::SEARCH_REQUEST], "attributes": ["a", "b"], "excludedAttributes": ["c"], "filter": "a pr",
                "sortBy": "a", "sortOrder": "descending", "startIndex": 2, "count": 5, "cursor": ""}),
            SearchRequest {
                attributes: vec!["a".to_owned(), "b".to_owned()],
                excluded_attributes: vec!["c".to_owned()],
                filter: Some("a pr".to_owned()),
                sort_by: Some("a".to_owned()),
                descending: true,
                start_index: Some(2),
                count: Some(5),
                cursor: Some(String::new()),
            },
        );
    }

    #[test]
    fn a_query_is_read_leniently() {
        check(
            json!({"ATTRIBUTES": "a, b,", "count": "0", "startIndex": "", "sortOrder": "Ascending", "filter": " ", "sortBy": null}),
            SearchRequest {
                attributes: vec!["a".to_owned(), "b".to_owned()],
                count: Some(0),
                ..SearchRequest::default()
            },
        );
    }

    #[test]
    fn the_parameters_of_a_url_are_the_same_query() {
        let parameters =
            [("filter", "a pr"), ("count", "-5"), ("other", "x"), ("attributes", "a,b")];
        let query = SearchRequest::from_parameters(parameters).unwrap();
        assert_eq!((query.filter.as_deref(), query.count), (Some("a pr"), Some(-5)));
        assert_eq!(query.attributes, ["a", "b"]);
    }

    #[test]
    fn a_parameter_of_another_kind_is_named() {
        insta::assert_snapshot!(check_error(json!([])), @r#"the body of a search is no object: send "schemas" and for example "filter" (400 invalidSyntax)"#);
        insta::assert_snapshot!(check_error(json!({"count": "many"})), @r#"the parameter "count" is not a whole number (400 invalidValue)"#);
        insta::assert_snapshot!(check_error(json!({"filter": 1})), @r#"the parameter "filter" is not a text (400 invalidValue)"#);
        insta::assert_snapshot!(check_error(json!({"attributes": [1]})), @r#"the parameter "attributes" is not a list of attribute names (400 invalidValue)"#);
        insta::assert_snapshot!(check_error(json!({"sortOrder": "up"})), @r#"the parameter "sortOrder" is neither "ascending" nor "descending" (400 invalidValue)"#);
    }
}
