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
