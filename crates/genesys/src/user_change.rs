//! What a write changed about a user, for the records.
//! Pure: no clock, no database, no network.

use crate::{
    external_id::shown_authority, record::Change, settings::Suffix, skill::Skill, user::User,
};

/// The attributes that differ, with their values before and after; all of them of a user who
/// was not there before. A password is never shown, only that one was set; `suffix` says what
/// authorities of clients show.
pub(crate) fn changes(
    before: Option<&User>,
    after: &User,
    has_password: bool,
    suffix: Suffix,
) -> Vec<Change> {
    let new = attributes(after, suffix);
    let old = match before {
        Some(before) => attributes(before, suffix),
        None => new.clone().map(|(name, _)| (name, Vec::new())),
    };
    let mut changes: Vec<Change> = old
        .into_iter()
        .zip(new)
        .filter_map(|((property, old), (_, new))| Change::of(property, old, new))
        .collect();
    if has_password {
        changes.push(Change::hidden("password"));
    }
    changes
}

/// Each attribute with its values, always in the same order.
fn attributes(user: &User, suffix: Suffix) -> [(&'static str, Vec<String>); 16] {
    let profile = &user.profile;
    let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    let phones = profile.phones.iter().map(|(slot, value)| format!("{}: {value}", slot.word()));
    let ids = profile.external_ids.iter().map(|id| format!("{}: {}", id.authority, id.value));
    let mirrors = user.mirrors.iter();
    let mirrors =
        mirrors.map(|(stored, value)| format!("{}: {value}", shown_authority(suffix, stored)));
    let skills = |skills: &[Skill]| {
        skills.iter().map(|skill| format!("{}: {}", skill.name, skill.proficiency)).collect()
    };
    [
        ("state", vec![user.state.word().to_owned()]),
        ("userName", vec![profile.user_name.clone()]),
        ("displayName", vec![profile.display_name.clone()]),
        ("title", one(&profile.title)),
        ("email", one(&profile.work_email)),
        ("phoneNumbers", phones.collect()),
        ("groups", user.groups.clone()),
        ("roles", profile.roles.clone().unwrap_or_default()),
        ("division", one(&profile.division)),
        ("department", one(&profile.department)),
        ("employeeNumber", one(&profile.employee_number)),
        ("dateHire", profile.date_hire.iter().map(ToString::to_string).collect()),
        ("manager", one(&profile.manager)),
        ("externalIds", ids.chain(mirrors).collect()),
        ("routingSkills", skills(&profile.routing_skills)),
        ("routingLanguages", skills(&profile.routing_languages)),
    ]
}
