//! How the log tells what was done: changes, steps and faults of an entry, in words.

use engine::change::Change;
use engine::configuration::{Mapping, Rule};
use engine::explain::REDACTED;
use engine::membership::Member;
use serde_json::Value as Json;

use crate::entry::{EntryStep, LISTED_MAX, ModifiedProperty, Status, shown};
use crate::fault::Fault;
use crate::group::Members;
use crate::object::Applied;

/// Lists what became of the members among the changes.
pub(crate) fn list_members(members: &Members, changes: &mut Vec<ModifiedProperty>) {
    let named = |member: &Member| format!("{} ({})", member.display_name, member.target);
    let property = |old_value, new_value| ModifiedProperty {
        display_name: "members".to_owned(),
        old_value,
        new_value,
    };
    let added = members.added.iter().map(|member| property(None, Some(named(member))));
    let removed = members.removed.iter().map(|member| property(Some(named(member)), None));
    let room = LISTED_MAX.saturating_sub(changes.len());
    changes.extend(added.chain(removed).take(room));
}

/// The members that have no account yet, in one step.
pub(crate) fn waiting_members(members: &Members) -> Option<EntryStep> {
    let count = members.without_account;
    let description = format!(
        "{count} of the group's members have no open account made or linked by this job; each is added as soon as there is one"
    );
    (count > 0)
        .then(|| step("EntryExportUpdate", "referenceResolution", Status::Skipped, description))
}

/// What went wrong with the members, in one sentence.
pub(crate) fn members_fault(members: &Members) -> Option<Fault> {
    if let Some(fault) = &members.fault {
        return Some(fault.clone());
    }
    let (first, fault) = members.refused.first()?;
    let reason = format!(
        "{} of the members were refused, the others are in; \"{}\": {}",
        members.refused_count, first.display_name, fault.reason
    );
    Some(Fault { code: "UnableToResolveReferenceAttributeValue", reason })
}

/// A change as the log lists it. Values of a mapping with `Redact` are not shown.
pub(crate) fn modified(change: &Change, rule: Option<&Rule>) -> ModifiedProperty {
    let mapping = rule.and_then(|rule| rule.mapping(&change.attribute));
    let is_redacted = mapping.is_some_and(Mapping::is_redacted);
    let value = |value: &Json| if is_redacted { REDACTED.to_owned() } else { shown(value) };
    ModifiedProperty {
        display_name: change.attribute.clone(),
        old_value: change.old.as_ref().map(value),
        new_value: change.new.as_ref().map(value),
    }
}

pub(crate) fn export_step(applied: &Applied, name: &str) -> EntryStep {
    let (step_name, did) = match applied.action {
        "create" => ("EntryExportAdd", "created"),
        "disable" => ("EntryExportUpdate", "disabled"),
        _ if applied.linked => ("EntryExportUpdate", "found in the target and linked"),
        _ => ("EntryExportUpdate", "updated"),
    };
    let description = format!("\"{name}\" {did}, resource \"{}\"", applied.target);
    step(step_name, "export", Status::Success, description)
}

pub(crate) fn step(name: &str, kind: &str, status: Status, description: String) -> EntryStep {
    EntryStep {
        name: name.to_owned(),
        provisioning_step_type: kind.to_owned(),
        status: status.as_str().to_owned(),
        description,
        details: serde_json::Map::new(),
    }
}
