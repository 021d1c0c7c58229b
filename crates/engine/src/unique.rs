//! Unique values: candidates that are tried in order until the target has nobody with one.
//!
//! `SelectUniqueValue` names them. They matter only when an account is created; each is a question
//! to the target, asked after it is known that the object has no account yet.

use serde_json::Value as Json;

use crate::configuration::Rule;
use crate::matching::Query;
use crate::plan::Aim;
use crate::reason::Failure;

/// The candidates for one attribute that were not tried yet, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// The target attribute.
    pub attribute: String,
    /// The values; never empty.
    pub values: Vec<Json>,
}

/// The next question that has to be answered before an account can be created: has anybody this
/// value? None when nothing is open.
#[must_use]
pub fn question(rule: &Rule, aim: &Aim) -> Option<Query> {
    let Aim::Join(desired) = aim else { return None };
    let candidates = desired.candidates.first()?;
    let mapping = rule.mapping(&candidates.attribute)?;
    let value = text(candidates.values.first()?);
    let attribute = candidates.attribute.clone();
    Some(Query { attribute, path: mapping.target.path.clone(), value })
}

/// Takes the answer to [`question`].
///
/// # Errors
/// The last candidate is taken too.
pub fn answered(aim: &mut Aim, is_taken: bool) -> Result<(), Failure> {
    let Aim::Join(desired) = aim else { return Ok(()) };
    let Some(candidates) = desired.candidates.first_mut() else { return Ok(()) };
    let tried = candidates.values.remove(0);
    if !is_taken {
        let Candidates { attribute, .. } = desired.candidates.remove(0);
        desired.on_create.insert(attribute, tried);
    } else if candidates.values.is_empty() {
        let attribute = candidates.attribute.clone();
        return Err(Failure::NoUniqueValue { attribute, value: text(&tried) });
    }
    Ok(())
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::rule;
    use crate::mapping::Desired;
    use crate::object::ObjectKind;

    /// What is asked when these values are taken, and what comes of it.
    fn ask(taken: &[&str]) -> (Vec<String>, Result<Aim, Failure>) {
        let expression = r#"SelectUniqueValue([mailNickname], Append([mailNickname], "2"))"#;
        let rule = rule(
            ObjectKind::User,
            "Add,Update",
            &[("userName", "String!", "[mail]", 1), ("nickName", "String", expression, 0)],
        );
        let values = vec![json!("ada"), json!("ada2")];
        let candidates = vec![Candidates { attribute: "nickName".to_owned(), values }];
        let mut aim = Aim::Join(Desired { candidates, ..Desired::default() });
        let mut asked = Vec::new();
        while let Some(query) = question(&rule, &aim) {
            asked.push(query.value.clone());
            if let Err(failure) = answered(&mut aim, taken.contains(&query.value.as_str())) {
                return (asked, Err(failure));
            }
        }
        (asked, Ok(aim))
    }

    #[track_caller]
    fn check(taken: &[&str], asked: &[&str], chosen: &str) {
        let (actual, aim) = ask(taken);
        assert_eq!(actual, asked);
        let Ok(Aim::Join(desired)) = aim else { panic!("one is free") };
        assert_eq!(desired.for_creation().get("nickName"), Some(&json!(chosen)));
    }

    #[test]
    fn the_first_candidate_that_nobody_has_is_taken() {
        check(&[], &["ada"], "ada");
        check(&["ada"], &["ada", "ada2"], "ada2");
    }

    #[test]
    fn when_all_are_taken_the_object_fails_with_what_to_do() {
        let (_, aim) = ask(&["ada", "ada2"]);
        insta::assert_snapshot!(aim.unwrap_err(), @r#"every candidate for attribute "nickName" is taken in the target, the last was "ada2"; add another rule to SelectUniqueValue, or free one of the values there"#);
    }
}
