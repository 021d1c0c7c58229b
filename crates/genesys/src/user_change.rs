//! What a write changed about a user, for the records.
//! Pure: no clock, no database, no network.

use crate::{record::Change, skill::Skill, user::User};

/// The attributes that differ, with their values before and after. A password is never
/// shown, only that one was set.
pub(crate) fn changes(before: &User, after: &User, has_password: bool) -> Vec<Change> {
    let (old, new) = (attributes(before), attributes(after));
    let mut changes: Vec<Change> = old
        .into_iter()
        .zip(new)
        .filter(|((_, old), (_, new))| old != new)
        .map(|((property, old_values), (_, new_values))| Change {
            property: property.to_owned(),
            old_values,
            new_values,
        })
        .collect();
    if has_password {
        changes.push(Change {
            property: "password".to_owned(),
            old_values: Vec::new(),
            new_values: Vec::new(),
        });
    }
    changes
}

/// Each attribute with its values, always in the same order.
fn attributes(user: &User) -> [(&'static str, Vec<String>); 15] {
    let profile = &user.profile;
    let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    let phones = profile.phones.iter().map(|(slot, value)| format!("{}: {value}", slot.word()));
    let ids = profile.external_ids.iter().map(|id| format!("{}: {}", id.authority, id.value));
    let mirrors = user.mirrors.iter().map(|(authority, value)| format!("{authority}: {value}"));
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
