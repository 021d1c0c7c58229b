//! What differs between object mappings and between attribute mappings.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Differences, filter, pairs, shown, yes_no};
use crate::schema::{AttributeFlowType, AttributeMapping, AttributeMappingSource, ObjectMapping};

pub(super) fn object_mappings(
    found: &mut Differences,
    old: &[ObjectMapping],
    new: &[ObjectMapping],
) {
    // Usually there is one mapping for each kind of source object; where there are several, the
    // target object tells them apart.
    let mut several = BTreeSet::new();
    for list in [old, new] {
        let mut seen = BTreeSet::new();
        several.extend(list.iter().map(source).filter(|name| !seen.insert(name.clone())));
    }
    let name = |mapping: &ObjectMapping| {
        let name = source(mapping);
        if several.contains(&name) {
            name + "\0" + &shown(mapping.target_object_name.as_ref())
        } else {
            name
        }
    };
    for (old, new) in pairs(old, new, name) {
        object_mapping(found, old, new);
    }
}

fn source(mapping: &ObjectMapping) -> String {
    shown(mapping.source_object_name.as_ref()).to_lowercase()
}

fn object_mapping(
    found: &mut Differences,
    old: Option<&ObjectMapping>,
    new: Option<&ObjectMapping>,
) {
    let place = old.or(new).map(place).unwrap_or_default();
    let whole = |mapping: &ObjectMapping| {
        format!(
            "to {}, {} attribute mappings{}",
            shown(mapping.target_object_name.as_ref()),
            mapping.attribute_mappings.len(),
            if mapping.enabled { "" } else { ", disabled" }
        )
    };
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (old, new) => return found.whole(&place, "mapping", old.map(whole), new.map(whole)),
    };
    let enabled =
        |mapping: &ObjectMapping| if mapping.enabled { "enabled" } else { "disabled" }.to_owned();
    found.field(&place, "mapping", enabled(old), enabled(new));
    found.field(&place, "name", old.name.clone(), new.name.clone());
    let spelling = |mapping: &ObjectMapping| mapping.source_object_name.clone();
    found.field(&place, "source object", spelling(old), spelling(new));
    let target = |mapping: &ObjectMapping| mapping.target_object_name.clone();
    found.field(&place, "target object", target(old), target(new));
    let operations = |mapping: &ObjectMapping| {
        let flow = mapping.flow_types;
        [("creation", flow.add), ("update", flow.update), ("deletion", flow.delete)]
    };
    for ((operation, before), (_, after)) in operations(old).into_iter().zip(operations(new)) {
        let allowed = |allowed: bool| if allowed { "allowed" } else { "not allowed" }.to_owned();
        found.field(&place, operation, allowed(before), allowed(after));
    }
    filter::scope(found, &place, old.scope.as_ref(), new.scope.as_ref());
    found.settings(&place, &old.metadata, &new.metadata);
    found.extra(&place, &old.extra, &new.extra);
    let name =
        |mapping: &AttributeMapping| shown(mapping.target_attribute_name.as_ref()).to_lowercase();
    for (old, new) in pairs(&old.attribute_mappings, &new.attribute_mappings, name) {
        attribute_mapping(found, &place, old, new);
    }
}

fn attribute_mapping(
    found: &mut Differences,
    place: &str,
    old: Option<&AttributeMapping>,
    new: Option<&AttributeMapping>,
) {
    let target = old.or(new).and_then(|mapping| mapping.target_attribute_name.as_ref());
    let place = format!("{place}, target attribute \"{}\"", shown(target));
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (old, new) => return found.whole(&place, "mapping", old.map(in_words), new.map(in_words)),
    };
    let name = |mapping: &AttributeMapping| mapping.target_attribute_name.clone();
    found.field(&place, "spelling of the target", name(old), name(new));
    expression(found, &place, old.source.as_ref(), new.source.as_ref());
    found.field(&place, "default value", old.default_value.clone(), new.default_value.clone());
    let precedence = |mapping: &AttributeMapping| {
        (mapping.matching_priority != 0).then(|| mapping.matching_priority.to_string())
    };
    found.field(&place, "matching precedence", precedence(old), precedence(new));
    found.field(
        &place,
        "flow type",
        format!("{:?}", old.flow_type),
        format!("{:?}", new.flow_type),
    );
    found.field(
        &place,
        "flow behaviour",
        format!("{:?}", old.flow_behavior),
        format!("{:?}", new.flow_behavior),
    );
    found.field(
        &place,
        "export of missing references",
        yes_no(old.export_missing_references),
        yes_no(new.export_missing_references),
    );
    found.extra(&place, &old.extra, &new.extra);
}

fn expression(
    found: &mut Differences,
    place: &str,
    old: Option<&AttributeMappingSource>,
    new: Option<&AttributeMappingSource>,
) {
    let text = |source: &AttributeMappingSource| {
        source.text().unwrap_or_else(|_| "nothing that can be read".to_owned())
    };
    let (before, after) = (old.map(text), new.map(text));
    // The text counts: a tree that says the same, more or less completely, is no difference.
    found.field(place, "expression", before, after);
    if let (Some(old), Some(new)) = (old, new) {
        found.extra(place, &old.extra, &new.extra);
    }
}

/// A whole attribute mapping in words.
fn in_words(mapping: &AttributeMapping) -> String {
    let mut words = match &mapping.source {
        Some(source) => source.text().unwrap_or_default(),
        None => "no source".to_owned(),
    };
    if let Some(default) = &mapping.default_value {
        let _ = write!(words, ", default value {default:?}");
    }
    if mapping.matching_priority != 0 {
        let _ = write!(words, ", matching precedence {}", mapping.matching_priority);
    }
    if mapping.flow_type != AttributeFlowType::Always {
        let _ = write!(words, ", {:?}", mapping.flow_type);
    }
    words
}

/// What an object mapping is called: by its source object, which is what people look for.
fn place(mapping: &ObjectMapping) -> String {
    match mapping.source_object_name.as_deref() {
        Some(name) if !name.is_empty() => format!("{name} mapping"),
        _ => format!("mapping \"{}\"", shown(mapping.name.as_ref())),
    }
}
