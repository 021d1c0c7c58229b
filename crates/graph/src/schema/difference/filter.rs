//! What differs between scoping filters.

use super::{Differences, pairs, shown};
use crate::schema::{Filter, FilterClause, FilterGroup};

pub(super) fn scope(
    found: &mut Differences,
    place: &str,
    old: Option<&Filter>,
    new: Option<&Filter>,
) {
    let nothing = Filter::default();
    let (old, new) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
    groups(found, place, "scoping filter", &old.groups, &new.groups);
    groups(found, place, "input filter", &old.input_filter_groups, &new.input_filter_groups);
    groups(
        found,
        place,
        "category filter",
        &old.category_filter_groups,
        &new.category_filter_groups,
    );
    found.extra(&format!("{place}, scoping filter"), &old.extra, &new.extra);
}

fn groups(
    found: &mut Differences,
    place: &str,
    list: &str,
    old: &[FilterGroup],
    new: &[FilterGroup],
) {
    let joined = |group: &FilterGroup| {
        let clauses: Vec<String> = group.clauses.iter().map(in_words).collect();
        if clauses.is_empty() { "no clause".to_owned() } else { clauses.join(" and ") }
    };
    for (old, new) in pairs(old, new, |group| shown(group.name.as_ref())) {
        let name = old.or(new).and_then(|group| group.name.as_ref());
        let place = format!("{place}, {list}, group \"{}\"", shown(name));
        match (old, new) {
            (Some(old), Some(new)) => {
                clauses(found, &place, &old.clauses, &new.clauses);
                found.extra(&place, &old.extra, &new.extra);
            }
            (old, new) => found.whole(&place, "group", old.map(joined), new.map(joined)),
        }
    }
}

/// A clause has no name, so one that changed is told as one that went and one that came.
fn clauses(found: &mut Differences, place: &str, old: &[FilterClause], new: &[FilterClause]) {
    for (old, new) in pairs(old, new, in_words) {
        match (old, new) {
            (Some(old), Some(new)) => found.extra(place, &old.extra, &new.extra),
            (old, new) => found.whole(place, "clause", old.map(in_words), new.map(in_words)),
        }
    }
}

/// A clause as people say it: `department EQUALS "Sales"`.
fn in_words(clause: &FilterClause) -> String {
    let mut words = shown(clause.source_operand_name.as_ref());
    words.push(' ');
    words.push_str(&shown(clause.operator_name.as_ref()));
    let values = clause.target_operand.iter().flat_map(|operand| &operand.values);
    let values: Vec<String> = values.map(|value| format!("\"{value}\"")).collect();
    if !values.is_empty() {
        words.push(' ');
        words.push_str(&values.join(", "));
    }
    words
}
