//! Finding the account that an object already has in the target.
//!
//! Matching attributes are asked one after the other in the order of their precedence, until one
//! gives a hit. A candidate counts only if the value it shows equals the one asked for: a service
//! may ignore the filter and answer with everybody.

use scim::Resource;
use scim::path::Path;
use scim::resource;

use crate::configuration::Rule;
use crate::id::{ScimId, SourceId};
use crate::mapping::{Values, same};
use crate::reason::Failure;

/// One question to the target: who has this value?
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The target attribute's name.
    pub attribute: String,
    /// The attribute's path.
    pub path: Path,
    /// The value asked for.
    pub value: String,
}

/// What a query's answer means.
#[derive(Debug, Clone, PartialEq)]
pub enum Match {
    /// Nobody has the value; ask the next query.
    None,
    /// This account.
    One(Resource, ScimId),
}

/// The queries for an object, in order. Empty when no matching attribute has a value.
#[must_use]
pub fn queries(rule: &Rule, values: &Values) -> Vec<Query> {
    let with_value = rule.matching().into_iter().filter_map(|mapping| {
        let value = values.get(&mapping.target.name)?;
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let attribute = mapping.target.name.clone();
        (!value.is_empty()).then(|| Query { attribute, path: mapping.target.path.clone(), value })
    });
    with_value.collect()
}

/// Judges the candidates that the target returned for `query`.
///
/// # Errors
/// Several accounts have the value.
pub fn judge(rule: &Rule, query: &Query, candidates: &[Resource]) -> Result<Match, Failure> {
    let Some(mapping) = rule.mapping(&query.attribute) else { return Ok(Match::None) };
    let wanted = query.value.clone().into();
    let has_value = |candidate: &&Resource| {
        resource::get(candidate, &query.path)
            .is_some_and(|value| same(&mapping.target, value, &wanted))
    };
    let mut matching: Vec<(&Resource, ScimId)> = candidates
        .iter()
        .filter(has_value)
        .filter_map(|candidate| Some((candidate, id(candidate)?)))
        .collect();
    matching.sort_by(|a, b| a.1.cmp(&b.1));
    matching.dedup_by(|a, b| a.1 == b.1);
    match matching.as_slice() {
        [] => Ok(Match::None),
        [(candidate, id)] => Ok(Match::One((*candidate).clone(), id.clone())),
        several => Err(Failure::DuplicateTargets {
            attribute: query.attribute.clone(),
            value: query.value.clone(),
            candidates: several.iter().map(|(_, id)| id.clone()).collect(),
        }),
    }
}

/// Decides whether `asking` may be linked to the account `id`, which `owner` has already, if
/// anybody. An account belongs to one source object; another one never takes it over.
///
/// # Errors
/// It belongs to somebody else.
pub fn claim(
    query: &Query,
    id: &ScimId,
    owner: Option<&SourceId>,
    asking: &SourceId,
) -> Result<(), Failure> {
    match owner {
        Some(owner) if owner != asking => Err(Failure::TargetAlreadyLinked {
            attribute: query.attribute.clone(),
            value: query.value.clone(),
            target: id.clone(),
            owner: owner.clone(),
        }),
        _ => Ok(()),
    }
}

/// The id of a resource.
#[must_use]
pub fn id(resource: &Resource) -> Option<ScimId> {
    let (_, id) = resource.iter().find(|(name, _)| name.eq_ignore_ascii_case("id"))?;
    match id {
        serde_json::Value::String(text) if !text.is_empty() => Some(ScimId(text.clone())),
        serde_json::Value::Number(number) => Some(ScimId(number.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fixture::user_rule;

    #[track_caller]
    fn check(candidates: &[Json], expected: Result<Option<&str>, &str>) {
        let rule = user_rule("Add,Update,Delete");
        let path = Path::attribute("userName");
        let query =
            Query { attribute: "userName".to_owned(), path, value: "ada@example.com".to_owned() };
        let candidates: Vec<Resource> =
            candidates.iter().map(|candidate| candidate.as_object().unwrap().clone()).collect();
        let actual = judge(&rule, &query, &candidates);
        let actual = actual.as_ref().map_err(Failure::code).map(|found| match found {
            Match::None => None,
            Match::One(_, id) => Some(id.as_str()),
        });
        assert_eq!(actual, expected);
    }

    #[test]
    fn a_candidate_counts_only_if_it_shows_the_value_asked_for() {
        check(&[], Ok(None));
        check(&[json!({"id": "1", "userName": "bob@example.com"})], Ok(None));
        check(&[json!({"id": "1"})], Ok(None));
        let both = [
            json!({"id": "1", "userName": "bob@example.com"}),
            json!({"id": "2", "userName": "ADA@example.com"}),
        ];
        check(&both, Ok(Some("2")));
    }

    #[test]
    fn a_numeric_id_is_an_id() {
        check(&[json!({"id": 7, "username": "ada@example.com"})], Ok(Some("7")));
    }

    #[test]
    fn many_candidates_are_an_error() {
        let two = [
            json!({"id": "1", "userName": "ada@example.com"}),
            json!({"id": "2", "userName": "ada@example.com"}),
        ];
        check(&two, Err("DuplicateTargetEntries"));
    }

    #[test]
    fn an_account_that_belongs_to_somebody_else_is_never_adopted() {
        let path = Path::attribute("userName");
        let query =
            Query { attribute: "userName".to_owned(), path, value: "ada@example.com".to_owned() };
        let (ada, bob) = (SourceId::from("ada"), SourceId::from("bob"));
        assert_eq!(claim(&query, &ScimId::from("1"), Some(&ada), &ada), Ok(()));
        let failure = claim(&query, &ScimId::from("1"), Some(&bob), &ada).unwrap_err();
        insta::assert_snapshot!(failure, @r#"the account with userName "ada@example.com" (id "1") already belongs to source object "bob"; give one of the two another userName"#);
    }
}
