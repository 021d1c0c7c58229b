//! What a profile refers to by name: roles, the division, skills, languages, the manager.

use scim::ScimError;
use store::{Rows, key};

use crate::{
    Organisation,
    organisation::{HOME_DIVISION, TERM, Term, TermKind},
    profile::Profile,
    refusal::Refusal,
    user::State,
};

/// A profile whose names were found.
pub(crate) struct Resolved {
    pub(crate) profile: Profile,
    pub(crate) division: Term,
    pub(crate) roles: Vec<Term>,
}

impl Organisation {
    /// Finds the ids behind the names, or refuses the name that nothing has.
    pub(crate) async fn resolve(
        &self,
        profile: Profile,
        default_role: Option<&str>,
    ) -> Result<Resolved, Refusal> {
        let roles = match &profile.roles {
            Some(names) if !names.is_empty() => names.clone(),
            _ => default_role.iter().map(ToString::to_string).collect(),
        };
        let division = profile.division.as_deref().unwrap_or(HOME_DIVISION);
        let term =
            |kind: TermKind, name: &str| (TERM, vec![kind.word().into(), key::fold(name).into()]);
        let skills = &profile.routing_skills;
        let languages = &profile.routing_languages;
        let mut queries = vec![term(TermKind::Division, division)];
        queries.extend(roles.iter().map(|name| term(TermKind::Role, name)));
        queries.extend(skills.iter().map(|skill| term(TermKind::Skill, &skill.name)));
        queries.extend(languages.iter().map(|skill| term(TermKind::Language, &skill.name)));
        let manager = "SELECT id, display_name FROM person WHERE id = $1 AND state <> 'deleted'";
        queries.extend(profile.manager.iter().map(|id| (manager, vec![id.into()])));
        let mut answers = self.db.snapshot(queries).await?.into_iter();
        let mut next = |attribute: &str, kind: &str, name: &str| {
            found(answers.next().as_ref(), attribute, kind, name)
        };
        let division = next("division", "division", division)?;
        let mut granted: Vec<Term> = Vec::with_capacity(roles.len());
        for name in &roles {
            let role = next("roles", "role", name)?;
            if !granted.contains(&role) {
                granted.push(role);
            }
        }
        for skill in skills {
            next("routingSkills", "skill", &skill.name)?;
        }
        for language in languages {
            next("routingLanguages", "language", &language.name)?;
        }
        if let Some(id) = &profile.manager {
            next("manager", "user with the id", id)?;
        }
        Ok(Resolved { profile, division, roles: granted })
    }
}

impl Resolved {
    /// The profile with names as the organisation spells them.
    pub(crate) fn stored(&self) -> Profile {
        Profile {
            active: Some(state(&self.profile) == State::Active),
            roles: Some(self.roles.iter().map(|role| role.name.clone()).collect()),
            division: Some(self.division.name.clone()),
            external_id: None,
            ..self.profile.clone()
        }
    }
}

/// The state that a profile asks for; active unless it says otherwise.
pub(crate) fn state(profile: &Profile) -> State {
    if profile.active.unwrap_or(true) { State::Active } else { State::Inactive }
}

/// The term that was asked for, or the refusal that names it.
fn found(answer: Option<&Rows>, attribute: &str, kind: &str, name: &str) -> Result<Term, Refusal> {
    match answer.and_then(Rows::first) {
        Some(row) => Ok(Term::from_row(row)?),
        None => Err(ScimError::invalid_value(format!(
            "{attribute} names \"{name}\", but there is no {kind} of that name in the organisation: create it there, or send another one"
        ))
        .into()),
    }
}
