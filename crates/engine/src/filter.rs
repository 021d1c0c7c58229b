//! Scoping filters: which source objects may be provisioned, by their attributes.
//!
//! Clauses in a group are joined by AND, groups by OR; a list without groups admits every object.
//! Values compare case-sensitively. An absent or empty value makes every clause false but
//! `IS NULL`. Of a multi-valued attribute **all** values must pass, and there must be one.
//!
//! A schema has three lists of groups, and leaving each means something else ([`List`]). In the
//! list that works while reading, an absent value passes the operators that negate, since the
//! default filters of directories exclude by attributes that hardly any object has.
//! Pure: no clock, no database, no network.

mod clause;
mod compile;
mod operator;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Serialize;

pub use clause::{Clause, VALUE_SHOWN_MAX};
pub use compile::{CLAUSE_COUNT_MAX, CLAUSE_VALUE_COUNT_MAX};
pub use operator::{Arity, OPERATORS, Operator};

use crate::object::SourceObject;

/// A filter that was compiled: no group in it is empty, every clause can be tested.
#[derive(Debug, Clone, Default)]
pub struct ScopingFilter {
    scope: Vec<Group>,
    input: Vec<Group>,
    category: Vec<Group>,
}

/// Clauses that must all hold.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its title, or `group 2`.
    pub name: String,
    clauses: Vec<Clause>,
}

/// The lists of groups that a schema has, by what it means to leave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum List {
    /// `groups`: whoever leaves it is deprovisioned.
    Groups,
    /// `inputFilterGroups`: whoever leaves it is not read any more, and the account stays as it is.
    InputFilterGroups,
    /// `categoryFilterGroups`: whoever leaves it belongs to another object mapping, and the account
    /// stays as it is.
    CategoryFilterGroups,
}

/// The decision, with the evidence an administrator will ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The filter admits the object.
    Passes {
        /// The group of `groups` that does; none when there are no groups.
        by: Option<String>,
    },
    /// It does not.
    Fails {
        /// The list that does not admit the object.
        list: List,
        /// For each of its groups, the first clause that fails.
        refusals: Vec<Refusal>,
    },
}

/// Why one group does not admit the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The group's name.
    pub group: String,
    /// Its first clause that fails.
    pub clause: Tested,
}

/// One clause, tested with one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    /// The clause: `department EQUALS "Sales"`.
    pub clause: String,
    /// Whether it holds.
    pub holds: bool,
    /// The value that it was tested with; none when the object has none.
    pub value: Option<String>,
    /// What is remarkable about the test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A group with all its clauses, tested with one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Examined {
    /// The list it stands in.
    pub list: List,
    /// The group's name.
    pub group: String,
    /// Whether all clauses hold.
    pub holds: bool,
    /// The clauses.
    pub clauses: Vec<Tested>,
}

/// Decides whether the filter admits `object`. Cannot fail: whatever could be wrong with a filter
/// was found when it was compiled, and a value that cannot be compared makes its clause false.
#[must_use]
pub fn evaluate(filter: &ScopingFilter, object: &SourceObject, now: Timestamp) -> Verdict {
    let mut admitted_by = None;
    for (list, groups) in filter.lists() {
        match admit(groups, object, now) {
            Ok(group) => admitted_by = group,
            Err(refusals) => return Verdict::Fails { list, refusals },
        }
    }
    Verdict::Passes { by: admitted_by.map(|group| group.name.clone()) }
}

/// Tests every clause, for an explanation.
#[must_use]
pub fn examine(filter: &ScopingFilter, object: &SourceObject, now: Timestamp) -> Vec<Examined> {
    let lists = filter.lists().into_iter();
    let groups = lists.flat_map(|(list, groups)| groups.iter().map(move |group| (list, group)));
    let examined = groups.map(|(list, group)| {
        let clauses: Vec<Tested> =
            group.clauses.iter().map(|clause| clause.test(object, now)).collect();
        let holds = clauses.iter().all(|clause| clause.holds);
        Examined { list, group: group.name.clone(), holds, clauses }
    });
    examined.collect()
}

/// The first group that admits the object, none if there are no groups; or else for each group
/// the first clause that fails.
fn admit<'f>(
    groups: &'f [Group],
    object: &SourceObject,
    now: Timestamp,
) -> Result<Option<&'f Group>, Vec<Refusal>> {
    let mut refusals = Vec::new();
    for group in groups {
        let mut tested = group.clauses.iter().map(|clause| clause.test(object, now));
        match tested.find(|tested| !tested.holds) {
            None => return Ok(Some(group)),
            Some(clause) => refusals.push(Refusal { group: group.name.clone(), clause }),
        }
    }
    if refusals.is_empty() { Ok(None) } else { Err(refusals) }
}

impl ScopingFilter {
    /// Whether it admits every object without a look.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists().iter().all(|(_, groups)| groups.is_empty())
    }

    /// All clauses.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        let groups = self.lists().into_iter().flat_map(|(_, groups)| groups);
        groups.flat_map(|group| &group.clauses)
    }

    /// The lists in the order in which they are asked: what is not read has no category, and what
    /// is of another category has no scope.
    fn lists(&self) -> [(List, &[Group]); 3] {
        [
            (List::InputFilterGroups, &self.input),
            (List::CategoryFilterGroups, &self.category),
            (List::Groups, &self.scope),
        ]
    }
}

impl List {
    /// The list in the words of the console.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Groups => "scoping filter",
            Self::InputFilterGroups => "input filter",
            Self::CategoryFilterGroups => "category filter",
        }
    }
}

impl Verdict {
    /// Whether the filter admits the object.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Passes { .. })
    }

    /// The verdict in one sentence, for logs and explanations; none where there was nothing to say.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        match self {
            Self::Passes { by } => {
                by.as_ref().map(|group| format!("admitted by \"{group}\" of the scoping filter"))
            }
            Self::Fails { list, refusals } => {
                let each: Vec<String> = refusals.iter().map(Refusal::sentence).collect();
                Some(format!("not admitted by the {}: {}", list.name(), each.join("; ")))
            }
        }
    }
}

impl Refusal {
    fn sentence(&self) -> String {
        let Tested { clause, value, note, .. } = &self.clause;
        let value = value.as_deref().unwrap_or("no value");
        let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        format!("in \"{}\", {clause} does not hold for {value}{note}", self.group)
    }
}
