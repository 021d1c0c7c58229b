//! What differs between the attribute lists of directories.

use super::{Differences, pairs, shown, yes_no};
use crate::schema::{AttributeDefinition, DirectoryDefinition, ObjectDefinition, ReferencedObject};

pub(super) fn directories(
    found: &mut Differences,
    old: &[DirectoryDefinition],
    new: &[DirectoryDefinition],
) {
    for (old, new) in pairs(old, new, |directory| shown(directory.name.as_ref())) {
        let name = old.or(new).and_then(|directory| directory.name.as_ref());
        let place = format!("directory \"{}\"", shown(name));
        let whole =
            |directory: &DirectoryDefinition| format!("{} objects", directory.objects.len());
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (old, new) => {
                found.whole(&place, "directory", old.map(whole), new.map(whole));
                continue;
            }
        };
        found.field(&place, "read only", yes_no(old.read_only), yes_no(new.read_only));
        let asked = |directory: &DirectoryDefinition| directory.discoverabilities.to_string();
        found.field(&place, "discoverabilities", asked(old), asked(new));
        found.extra(&place, &old.extra, &new.extra);
        for (old, new) in pairs(&old.objects, &new.objects, |object| shown(object.name.as_ref())) {
            object(found, &place, old, new);
        }
    }
}

fn object(
    found: &mut Differences,
    place: &str,
    old: Option<&ObjectDefinition>,
    new: Option<&ObjectDefinition>,
) {
    let name = shown(old.or(new).and_then(|object| object.name.as_ref()));
    let place = format!("{place}, object \"{name}\"");
    let whole = |object: &ObjectDefinition| format!("{} attributes", object.attributes.len());
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (old, new) => return found.whole(&place, "object", old.map(whole), new.map(whole)),
    };
    found.field(&place, "interfaces", old.supported_apis.join(", "), new.supported_apis.join(", "));
    found.settings(&place, &old.metadata, &new.metadata);
    found.extra(&place, &old.extra, &new.extra);
    let name = |attribute: &AttributeDefinition| shown(attribute.name.as_ref());
    for (old, new) in pairs(&old.attributes, &new.attributes, name) {
        attribute(found, &place, old, new);
    }
}

fn attribute(
    found: &mut Differences,
    place: &str,
    old: Option<&AttributeDefinition>,
    new: Option<&AttributeDefinition>,
) {
    let name = shown(old.or(new).and_then(|attribute| attribute.name.as_ref()));
    let place = format!("{place}, attribute \"{name}\"");
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (old, new) => {
            return found.whole(&place, "definition", old.map(in_words), new.map(in_words));
        }
    };
    found.field(&place, "type", format!("{:?}", old.kind), format!("{:?}", new.kind));
    let mutability = |attribute: &AttributeDefinition| format!("{:?}", attribute.mutability);
    found.field(&place, "mutability", mutability(old), mutability(new));
    found.field(&place, "default value", old.default_value.clone(), new.default_value.clone());
    for ((what, before), (_, after)) in flags(old).into_iter().zip(flags(new)) {
        found.field(&place, what, yes_no(before), yes_no(after));
    }
    let references = |attribute: &AttributeDefinition| {
        attribute.referenced_objects.iter().map(reference).collect::<Vec<_>>().join(", ")
    };
    found.field(&place, "references", references(old), references(new));
    found.settings(
        &format!("{place}, API expressions"),
        &old.api_expressions,
        &new.api_expressions,
    );
    found.settings(&place, &old.metadata, &new.metadata);
    found.extra(&place, &old.extra, &new.extra);
}

fn flags(attribute: &AttributeDefinition) -> [(&'static str, bool); 5] {
    [
        ("primary key", attribute.anchor),
        ("required", attribute.required),
        ("multi-valued", attribute.multivalued),
        ("exact case", attribute.case_exact),
        ("flow of null values", attribute.flow_null_values),
    ]
}

fn reference(referenced: &ReferencedObject) -> String {
    let object = shown(referenced.referenced_object_name.as_ref());
    match &referenced.referenced_property {
        Some(property) => format!("{object}.{property}"),
        None => object,
    }
}

fn in_words(attribute: &AttributeDefinition) -> String {
    let set = flags(attribute).into_iter().filter(|(_, set)| *set).map(|(what, _)| what);
    let words: Vec<String> =
        std::iter::once(format!("{:?}", attribute.kind)).chain(set.map(str::to_owned)).collect();
    words.join(", ")
}
