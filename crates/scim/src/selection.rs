//! Selection: what of a filter an index of single values can answer.
//!
//! An index knows for each attribute which resources have which values, but not which
//! values stand together in one element, and not what is missing. A [`Selection`] holds
//! every resource that the filter matches, and others perhaps; if it is exact, none. A
//! store looks it up and asks [`Filter::matches`] of what it finds, unless it is exact.
//!
//! This holds for resources that a schema admits: values have the type of their attribute.

use jiff::Timestamp;
use serde_json::{Number, Value};

use crate::filter::{Comparison, Filter, number};
use crate::fold::fold;
use crate::instant;
use crate::path::Path;
use crate::resource::boolean;
use crate::schema::{Attribute, AttributeType, ResourceSchema, Target};

/// The resources to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// At least all that match.
    pub selection: Selection,
    /// Whether it is just those that match.
    pub exact: bool,
}

/// A question to an index.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// Every resource.
    All,
    /// No resource.
    Nothing,
    /// Those with a value that compares so.
    Match(Lookup),
    /// Those in all of them; two or more.
    And(Vec<Selection>),
    /// Those in at least one of them; two or more.
    Or(Vec<Selection>),
}

/// A question for one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The attribute or sub-attribute in lower case, with the URN of its extension:
    /// `username`, `emails.value`, `urn:ietf:…:user:manager.value`.
    pub path: String,
    /// Which values.
    pub test: Test,
}

/// Which values of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Any that is not empty.
    Present,
    /// Texts that compare so; by code points. Never [`Comparison::NotEqual`].
    Text {
        /// How.
        comparison: Comparison,
        /// With what; folded by [`crate::fold`] unless `case_exact`.
        value: String,
        /// Whether the values of the attribute are to be compared as they are.
        case_exact: bool,
    },
    /// Numbers that compare so; by size.
    Number {
        /// How: equal, greater, less.
        comparison: Comparison,
        /// With what.
        value: Number,
    },
    /// Points in time that compare so.
    Instant {
        /// How: equal, greater, less.
        comparison: Comparison,
        /// With what.
        value: Timestamp,
    },
    /// This truth value.
    Boolean(bool),
}

/// Finds what of `filter` an index can answer that `knows` some lookups.
#[must_use]
pub fn select(
    filter: &Filter,
    schema: &ResourceSchema,
    knows: &dyn Fn(&Lookup) -> bool,
) -> Selected {
    Translation { schema, knows }.resource(filter, true)
}

struct Translation<'t> {
    schema: &'t ResourceSchema,
    knows: &'t dyn Fn(&Lookup) -> bool,
}

impl Translation<'_> {
    /// A condition on a resource; `holds` is false below an odd number of `not`.
    fn resource(&self, filter: &Filter, holds: bool) -> Selected {
        match filter {
            Filter::Not(inner) => self.resource(inner, !holds),
            Filter::And(parts) | Filter::Or(parts) => {
                let parts = parts.iter().map(|part| self.resource(part, holds));
                let every = matches!(filter, Filter::And(_)) == holds;
                if every { all_of(parts) } else { any_of(parts) }
            }
            // What is missing has no entry in an index.
            _ if !holds => Selected::everything(),
            // Nor has what is absent, although it is null and differs from everything.
            Filter::Compare { comparison, value, .. } if admits_absence(*comparison, value) => {
                Selected::everything()
            }
            Filter::Compare { path, comparison, value } => {
                self.at(path, |leaf| self.compared(leaf, *comparison, value))
            }
            Filter::Present(path) => self.at(path, |leaf| self.known(leaf, Test::Present)),
            Filter::ValuePath { path, filter } => match self.schema.resolve(path) {
                Some(target) => self.element(filter, target),
                None => Selected::everything(),
            },
        }
    }

    /// What `path` leads to. Brackets in it are a condition of their own, on perhaps
    /// another element than the one that is compared.
    fn at(&self, path: &Path, leaf: impl FnOnce(&Leaf<'_>) -> Selected) -> Selected {
        let Some(target) = self.schema.resolve(path) else { return Selected::everything() };
        let Some(selected) = Leaf::of(target).map(|target| leaf(&target)) else {
            return Selected::everything();
        };
        match &path.filter {
            None => selected,
            Some(filter) => {
                let element = self.element(filter, Target { sub_attribute: None, ..target });
                Selected { exact: false, ..all_of([selected, element].into_iter()) }
            }
        }
    }

    /// A condition on one element of an attribute.
    fn element(&self, filter: &Filter, target: Target<'_>) -> Selected {
        let attribute = target.attribute;
        let leaf = |path: &Path| {
            let attribute = attribute.filter(|_| path.sub_attribute.is_none())?;
            match attribute.sub_attribute(&path.attribute) {
                Some(part) => Leaf::of(Target { sub_attribute: Some(part), ..target }),
                None => None,
            }
        };
        match filter {
            Filter::And(parts) => {
                let all = all_of(parts.iter().map(|part| self.element(part, target)));
                // The parts may hold for different elements.
                Selected { exact: all.selection == Selection::Nothing, ..all }
            }
            Filter::Or(parts) => any_of(parts.iter().map(|part| self.element(part, target))),
            Filter::Compare { comparison, value, .. } if admits_absence(*comparison, value) => {
                Selected::everything()
            }
            Filter::Compare { path, comparison, value } => leaf(path)
                .map_or_else(Selected::everything, |leaf| self.compared(&leaf, *comparison, value)),
            Filter::Present(path) => leaf(path)
                .map_or_else(Selected::everything, |leaf| self.known(&leaf, Test::Present)),
            Filter::Not(_) | Filter::ValuePath { .. } => Selected::everything(),
        }
    }

    fn compared(&self, leaf: &Leaf<'_>, comparison: Comparison, literal: &Value) -> Selected {
        if literal.is_null() {
            return match comparison {
                Comparison::NotEqual => self.known(leaf, Test::Present),
                _ => Selected::nothing(),
            };
        }
        // A complex value is compared by its "value".
        let value = leaf.definition.sub_attribute("value").map(|part| leaf.part(part));
        let leaf = value.as_ref().unwrap_or(leaf);
        if leaf.is_primary() && boolean(literal) == Some(false) {
            return Selected::everything(); // it is assumed where there is none (RFC 7643 §2.4)
        }
        match test(leaf.definition, comparison, literal) {
            Found::Test(test) => self.known(leaf, test),
            Found::Never => Selected::nothing(),
            Found::Unclear => Selected::everything(),
        }
    }

    fn known(&self, leaf: &Leaf<'_>, test: Test) -> Selected {
        let lookup = Lookup { path: leaf.path(), test };
        if (self.knows)(&lookup) {
            Selected { selection: Selection::Match(lookup), exact: true }
        } else {
            Selected::everything()
        }
    }
}

/// Whether a comparison holds where there is no value.
fn admits_absence(comparison: Comparison, literal: &Value) -> bool {
    match comparison {
        Comparison::Equal => literal.is_null(),
        Comparison::NotEqual => !literal.is_null(),
        _ => false,
    }
}

/// What an attribute's values are asked for.
enum Found {
    Test(Test),
    /// No value can compare so.
    Never,
    /// An index of values does not tell.
    Unclear,
}

fn test(definition: &Attribute, comparison: Comparison, literal: &Value) -> Found {
    let of_texts = comparison.is_of_texts();
    match definition.attribute_type {
        AttributeType::Complex => Found::Unclear,
        AttributeType::Boolean => match boolean(literal) {
            Some(value) if comparison == Comparison::Equal => Found::Test(Test::Boolean(value)),
            _ => Found::Never,
        },
        AttributeType::Integer | AttributeType::Decimal => match number(literal) {
            Some(value) if !of_texts => Found::Test(Test::Number { comparison, value }),
            _ => Found::Never,
        },
        AttributeType::DateTime => match literal.as_str().and_then(instant::read) {
            Some(value) if !of_texts => Found::Test(Test::Instant { comparison, value }),
            _ => Found::Unclear,
        },
        AttributeType::String | AttributeType::Reference | AttributeType::Binary => {
            let text = match literal {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let case_exact = definition.case_exact;
            let value = if case_exact { text } else { fold(&text).into_owned() };
            Found::Test(Test::Text { comparison, value, case_exact })
        }
    }
}

/// An attribute or sub-attribute of a schema.
struct Leaf<'s> {
    extension: Option<&'s str>,
    attribute: &'s str,
    part: Option<&'s str>,
    definition: &'s Attribute,
}

impl<'s> Leaf<'s> {
    /// `None` for a whole extension.
    fn of(target: Target<'s>) -> Option<Self> {
        let attribute = target.attribute?;
        Some(Self {
            extension: target.extension.map(|schema| schema.id.as_str()),
            attribute: &attribute.name,
            part: target.sub_attribute.map(|part| part.name.as_str()),
            definition: target.sub_attribute.unwrap_or(attribute),
        })
    }

    fn part(&self, definition: &'s Attribute) -> Self {
        Self { part: Some(&definition.name), definition, ..*self }
    }

    fn is_primary(&self) -> bool {
        self.part.is_some_and(|part| part.eq_ignore_ascii_case("primary"))
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for (text, separator) in
            [(self.extension, ":"), (Some(self.attribute), "."), (self.part, "")]
        {
            path.extend(text.into_iter().flat_map(str::chars).map(|c| c.to_ascii_lowercase()));
            if text.is_some() {
                path.push_str(separator);
            }
        }
        path.truncate(path.trim_end_matches('.').len());
        path
    }
}

impl Selected {
    fn everything() -> Self {
        Self { selection: Selection::All, exact: false }
    }

    fn nothing() -> Self {
        Self { selection: Selection::Nothing, exact: true }
    }
}

fn all_of(parts: impl Iterator<Item = Selected>) -> Selected {
    let mut exact = true;
    let mut selections = Vec::new();
    for part in parts {
        exact &= part.exact;
        match part.selection {
            Selection::Nothing => return Selected::nothing(),
            Selection::All => {}
            Selection::And(more) => selections.extend(more),
            other => selections.push(other),
        }
    }
    let selection = match selections.len() {
        0 => Selection::All,
        1 => selections.remove(0),
        _ => Selection::And(selections),
    };
    Selected { selection, exact }
}

fn any_of(parts: impl Iterator<Item = Selected>) -> Selected {
    let mut exact = true;
    let mut selections = Vec::new();
    for part in parts {
        exact &= part.exact;
        match part.selection {
            Selection::All => return Selected::everything(),
            Selection::Nothing => {}
            Selection::Or(more) => selections.extend(more),
            other => selections.push(other),
        }
    }
    let selection = match selections.len() {
        0 => Selection::Nothing,
        1 => selections.remove(0),
        _ => Selection::Or(selections),
    };
    Selected { selection, exact }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::standard;

    fn shown(selection: &Selection) -> String {
        let joined = |parts: &[Selection], with: &str| {
            format!("({})", parts.iter().map(shown).collect::<Vec<_>>().join(with))
        };
        match selection {
            Selection::All => "all".to_owned(),
            Selection::Nothing => "nothing".to_owned(),
            Selection::And(parts) => joined(parts, " and "),
            Selection::Or(parts) => joined(parts, " or "),
            Selection::Match(Lookup { path, test }) => match test {
                Test::Present => format!("{path} pr"),
                Test::Text { comparison, value, .. } => {
                    format!("{path} {} \"{value}\"", comparison.operator())
                }
                Test::Number { comparison, value } => {
                    format!("{path} {} {value}", comparison.operator())
                }
                Test::Instant { comparison, value } => {
                    format!("{path} {} {value}", comparison.operator())
                }
                Test::Boolean(value) => format!("{path} eq {value}"),
            },
        }
    }

    /// For an index of everything but titles. What is not exact ends in "?".
    #[track_caller]
    fn check(filter: &str, expected: &str) {
        let filter = Filter::parse(filter).unwrap();
        let selected = select(&filter, &standard::users(), &|lookup| lookup.path != "title");
        let doubt = if selected.exact { "" } else { "?" };
        assert_eq!(format!("{}{doubt}", shown(&selected.selection)), expected);
    }

    #[test]
    fn comparisons_become_lookups_with_folded_values() {
        check("userName eq \"Ada\"", "username eq \"ada\"");
        check("externalId eq \"Ada\"", "externalid eq \"Ada\"");
        check(
            "userName sw \"A\" and name.familyName gt \"L\"",
            "(username sw \"a\" and name.familyname gt \"l\")",
        );
        check("urn:ietf:params:scim:schemas:core:2.0:User:userName pr", "username pr");
        check(
            "manager eq \"7\"",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.value eq \"7\"",
        );
        check("emails co \"X\" or id eq 5", "(emails.value co \"x\" or id eq \"5\")");
    }

    #[test]
    fn literals_take_the_type_of_the_attribute() {
        check("active eq \"True\"", "active eq true");
        check("active eq 5 or active co \"t\"", "nothing");
        check(
            "meta.created gt \"2024-03-01T10:00:00+01:00\"",
            "meta.created gt 2024-03-01T09:00:00Z",
        );
        check("meta.created sw \"2024\"", "all?");
        check(
            "userName ne null and not (not (active eq true))",
            "(username pr and active eq true)",
        );
    }

    #[test]
    fn what_an_index_does_not_tell_is_left_to_the_filter() {
        check("userName ne \"ada\"", "all?");
        check("not (userName eq \"ada\")", "all?");
        check("title eq \"x\" and userName eq \"ada\"", "username eq \"ada\"?");
        check("title eq \"x\" or userName eq \"ada\"", "all?");
        check("not (userName ne \"a\" or active eq true)", "all?");
        check("colour eq \"red\"", "all?");
        check("userName eq null", "all?");
    }

    #[test]
    fn one_condition_in_brackets_is_exact_and_several_are_not() {
        check("emails[type eq \"work\"]", "emails.type eq \"work\"");
        check(
            "emails[type eq \"work\" or value pr]",
            "(emails.type eq \"work\" or emails.value pr)",
        );
        check(
            "emails[type eq \"work\" and value eq \"a\"]",
            "(emails.type eq \"work\" and emails.value eq \"a\")?",
        );
        check(
            "emails[type eq \"work\"].value eq \"a\"",
            "(emails.value eq \"a\" and emails.type eq \"work\")?",
        );
        check("emails[not (type eq \"work\")]", "all?");
        check("emails[primary eq true]", "emails.primary eq true");
        check("emails[primary eq false] or emails.primary eq \"False\"", "all?");
    }
}
