//! Arguments that several commands share: attribute values, and references to users and groups.

use std::collections::BTreeMap;

use clap::Args;
use directory::{Directory, DirectoryError, Object, ObjectKind};
use serde_json::Value as Json;

use crate::failure::Failure;

/// How values are written, for the help of every command that takes them.
macro_rules! values_help {
    () => {
        "Values:\n  name=value  a text; booleans are true or false; \"name=\" clears, like --clear name\n  \
         name:=json  any value, lists too: otherMails:='[\"a@example.com\",\"b@example.com\"]'"
    };
}
pub(crate) use values_help;

/// Attribute values by name; `None` clears.
pub(crate) type Values = BTreeMap<String, Option<Json>>;

/// A user or a group.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Principal {
    /// The user: id, userPrincipalName or unique display name
    #[arg(long, value_name = "REF")]
    user: Option<String>,
    /// The group: id or unique display name
    #[arg(long, value_name = "REF")]
    group: Option<String>,
}

impl Principal {
    /// The object that is meant.
    ///
    /// # Errors
    /// There is none, or several.
    pub(crate) async fn find(&self, directory: &Directory) -> Result<Object, Failure> {
        let found = match (&self.user, &self.group) {
            (Some(user), _) => directory.find(user, Some(ObjectKind::User)).await,
            (None, Some(group)) => directory.find(group, Some(ObjectKind::Group)).await,
            (None, None) => return Err(Failure::usage("name a --user or a --group")),
        };
        Ok(found?)
    }
}

/// Reads `name=value` and `name:=json` arguments, and the names to clear.
///
/// # Errors
/// An argument of another form, JSON that is none, a name given twice.
pub(crate) fn read(values: &[String], clear: &[String]) -> Result<Values, Failure> {
    let mut read = Values::new();
    let cleared = clear.iter().map(|name| Ok((name.clone(), None)));
    for pair in values.iter().map(|text| one(text)).chain(cleared) {
        let (name, value) = pair?;
        if read.contains_key(&name) {
            return Err(Failure::usage(format!(
                "the attribute \"{name}\" is given twice; give it once"
            )));
        }
        read.insert(name, value);
    }
    Ok(read)
}

fn one(text: &str) -> Result<(String, Option<Json>), Failure> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(Failure::usage(format!(
            "\"{text}\" is no value; write name=value, or name:=json"
        )));
    };
    let (name, is_json) = match name.strip_suffix(':') {
        Some(name) => (name.trim(), true),
        None => (name.trim(), false),
    };
    if name.is_empty() {
        return Err(Failure::usage(format!("\"{text}\" has no attribute name before \"=\"")));
    }
    let value = match (is_json, value) {
        (false, "") => None,
        (false, text) => Some(Json::from(text)),
        (true, json) => match serde_json::from_str(json) {
            Ok(Json::Null) => None,
            Ok(value) => Some(value),
            Err(error) => {
                return Err(Failure::usage(format!(
                    "the value of \"{name}\" is not JSON ({error}): {json}"
                )));
            }
        },
    };
    Ok((name.to_owned(), value))
}

/// The id of the user or group that is meant; an id that only the log remembers is one too.
///
/// # Errors
/// There is none, or several.
pub(crate) async fn any_object(
    directory: &Directory,
    reference: &str,
) -> Result<String, DirectoryError> {
    match directory.find(reference, None).await {
        Ok(object) => Ok(object.id),
        Err(DirectoryError::NotFound { .. }) if is_id(reference) => Ok(reference.to_owned()),
        Err(error) => Err(error),
    }
}

/// Whether a reference has the form of the ids that directories give.
fn is_id(reference: &str) -> bool {
    reference.len() == 36 && reference.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(values: &[&str], expected: &Json) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        assert_eq!(serde_json::to_value(read(&values, &[]).unwrap()).unwrap(), *expected);
    }

    #[track_caller]
    fn refused(values: &[&str], clear: &[&str]) -> String {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        read(&owned(values), &owned(clear)).unwrap_err().sentence
    }

    #[test]
    fn a_text_stands_behind_the_first_equals_sign() {
        check(
            &["jobTitle=Head of R&D", "note=a=b"],
            &json!({"jobTitle": "Head of R&D", "note": "a=b"}),
        );
    }

    #[test]
    fn an_empty_value_clears() {
        check(&["mobile=", "fax:=null"], &json!({"mobile": null, "fax": null}));
    }

    #[test]
    fn lists_and_booleans_are_written_in_json() {
        check(
            &[r#"otherMails:=["a","b"]"#, "accountEnabled:=false"],
            &json!({"otherMails": ["a", "b"], "accountEnabled": false}),
        );
    }

    #[test]
    fn what_is_no_value_is_refused_with_the_form() {
        insta::assert_snapshot!(refused(&["jobTitle"], &[]), @r#""jobTitle" is no value; write name=value, or name:=json"#);
        insta::assert_snapshot!(refused(&["=x"], &[]), @r#""=x" has no attribute name before "=""#);
        insta::assert_snapshot!(refused(&["a:=[1"], &[]), @r#"the value of "a" is not JSON (EOF while parsing a list at line 1 column 2): [1"#);
        insta::assert_snapshot!(refused(&["a=1"], &["a"]), @r#"the attribute "a" is given twice; give it once"#);
    }
}
