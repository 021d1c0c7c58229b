//! What a profile refers to by name: roles, the division, skills, languages, the manager.

use scim::ScimError;
use store::{Query, Rows, StoreError, key};

use crate::{
    Organisation,
    profile::Profile,
    refusal::Refusal,
    settings::Named,
    skill::Skill,
    term::{DEFAULT_ROLE, HOME_DIVISION, TERM, Term, TermKind},
    user::State,
};

/// A profile whose names were found.
pub(crate) struct Resolved {
    pub(crate) profile: Profile,
    pub(crate) division: Term,
    pub(crate) roles: Vec<Term>,
}

/// The answers to the questions for names, in the order in which they were asked.
struct Answers(std::vec::IntoIter<Rows>);

const MANAGER: &str =
    "SELECT id, display_name, NULL FROM person WHERE id = $1 AND state <> 'deleted'";

impl Organisation {
    /// Finds the ids behind the names, or refuses the name that nothing has. `former` are the
    /// roles that the user has had; `None`: there was no such user.
    pub(crate) async fn resolve(
        &self,
        mut profile: Profile,
        former: Option<&[String]>,
    ) -> Result<Resolved, Refusal> {
        let roles = self.roles_of(&profile, former);
        let queries = questions(&profile, &roles);
        let answers =
            if queries.is_empty() { Vec::new() } else { self.db.snapshot(queries).await? };
        let mut answers = Answers(answers.into_iter());
        let settings = &self.settings;
        let division = match &profile.division {
            None => None,
            Some(name) => answers.next(settings.unknown_division, "division", "division", name)?,
        };
        let division = division.unwrap_or_else(|| self.home_division());
        let mut granted: Vec<Term> = Vec::with_capacity(roles.len());
        for name in &roles {
            let role = answers.next(settings.unknown_role, "roles", "role", name)?;
            granted.extend(role.filter(|role| !granted.contains(role)));
        }
        let unknown = settings.unknown_skill;
        answers.known(unknown, "routingSkills", "skill", &mut profile.routing_skills)?;
        answers.known(unknown, "routingLanguages", "language", &mut profile.routing_languages)?;
        if let Some(id) = profile.manager.take() {
            let unknown = settings.unknown_manager;
            profile.manager =
                answers.next(unknown, "manager", "user", &id)?.map(|manager| manager.id);
        }
        Ok(Resolved { profile, division, roles: granted })
    }

    /// The names of the roles that a profile asks for, the default one included.
    fn roles_of(&self, profile: &Profile, former: Option<&[String]>) -> Vec<String> {
        let mut roles = profile.roles.clone().unwrap_or_default();
        let has_default =
            |roles: &[String]| roles.iter().any(|name| key::fold(name) == key::fold(DEFAULT_ROLE));
        let is_default = former.is_none() && roles.is_empty() && self.settings.default_role;
        // Whoever lost the role by a deletion does not get it back.
        let is_kept = self.settings.default_role_kept && former.is_none_or(has_default);
        if is_default || is_kept && !has_default(&roles) {
            roles.insert(0, DEFAULT_ROLE.to_owned());
        }
        roles
    }

    fn home_division(&self) -> Term {
        Term {
            id: self.home_division_id.to_string(),
            name: HOME_DIVISION.to_owned(),
            description: None,
        }
    }
}

fn questions(profile: &Profile, roles: &[String]) -> Vec<Query> {
    let term =
        |kind: TermKind, name: &str| (TERM, vec![kind.word().into(), key::fold(name).into()]);
    let mut queries: Vec<Query> = Vec::new();
    queries.extend(profile.division.iter().map(|name| term(TermKind::Division, name)));
    queries.extend(roles.iter().map(|name| term(TermKind::Role, name)));
    let skills = profile.routing_skills.iter();
    queries.extend(skills.map(|skill| term(TermKind::Skill, &skill.name)));
    let languages = profile.routing_languages.iter();
    queries.extend(languages.map(|skill| term(TermKind::Language, &skill.name)));
    queries.extend(profile.manager.iter().map(|id| (MANAGER, vec![id.into()])));
    queries
}

impl Answers {
    /// What was found; without it a refusal, or nothing if that is ignored.
    fn next(
        &mut self,
        unknown: Named,
        attribute: &str,
        kind: &str,
        name: &str,
    ) -> Result<Option<Term>, Refusal> {
        let rows = self.0.next().ok_or(StoreError::Closed)?;
        match (rows.first(), unknown) {
            (Some(row), _) => Ok(Some(Term::from_row(row)?)),
            (None, Named::Ignored) => Ok(None),
            (None, Named::Refused) => Err(missing(attribute, kind, name).into()),
        }
    }

    /// Leaves the skills that exist under exactly this name.
    fn known(
        &mut self,
        unknown: Named,
        attribute: &str,
        kind: &str,
        skills: &mut Vec<Skill>,
    ) -> Result<(), Refusal> {
        let mut known = Vec::with_capacity(skills.len());
        for skill in std::mem::take(skills) {
            match self.next(unknown, attribute, kind, &skill.name)? {
                Some(term) if term.name == skill.name => known.push(skill),
                Some(_) if unknown == Named::Refused => {
                    return Err(missing(attribute, kind, &skill.name).into());
                }
                _ => {}
            }
        }
        *skills = known;
        Ok(())
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
            password: None,
            ..self.profile.clone()
        }
    }
}

/// The state that a profile asks for; a new user is active unless it says otherwise.
pub(crate) fn state(profile: &Profile) -> State {
    if profile.active.unwrap_or(true) { State::Active } else { State::Inactive }
}

fn missing(attribute: &str, kind: &str, name: &str) -> ScimError {
    let by = if kind == "user" { "id" } else { "name" };
    ScimError::invalid_value(format!(
        "{attribute} names \"{name}\", but there is no {kind} of that {by} in the organisation: create it there, or send another one"
    ))
}
