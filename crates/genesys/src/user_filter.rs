//! Which filters on users the vendor takes: `eq` on a few attributes, joined by `and`.
//! Pure: no clock, no database, no network.

use scim::{Filter, Path, ScimError, filter::Comparison, schema::urn};
use serde_json::Value;
use store::key;

use crate::{
    schema::GENESYS_USER,
    user::{State, User},
};

/// What a list of users is narrowed to; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Those in this state. A list without any filter shows active users.
    pub state: Option<State>,
    /// Whether deleted users are among them.
    pub with_deleted: bool,
    /// The id.
    pub id: Option<String>,
    /// The folded userName.
    pub name_key: Option<String>,
    /// The manager's id.
    pub manager: Option<String>,
    /// The folded address, of either type.
    pub email_key: Option<String>,
    /// The folded name of the division.
    pub division_key: Option<String>,
    /// The employer's number.
    pub employee_number: Option<String>,
    /// An authority, and how it calls the user.
    pub external_id: Option<(String, String)>,
}

impl Search {
    /// Reads the filter of a list; without one, only active users are shown. A filter
    /// on anything but `active` finds inactive users too: clients look for the account
    /// that they are about to enable again.
    ///
    /// # Errors
    /// `invalidFilter`, which says what is supported. `mirror` is the authority of what
    /// the client calls `externalId`.
    pub fn new(filter: Option<&Filter>, mirror: &str) -> Result<Self, ScimError> {
        let Some(filter) = filter else {
            return Ok(Self { state: Some(State::Active), ..Self::default() });
        };
        let mut search = Self::default();
        let parts = match filter {
            Filter::And(parts) => parts.as_slice(),
            single => std::slice::from_ref(single),
        };
        for part in parts {
            search.narrow(part, mirror)?;
        }
        Ok(search)
    }

    fn narrow(&mut self, part: &Filter, mirror: &str) -> Result<(), ScimError> {
        match part {
            Filter::Compare { path, comparison: Comparison::Equal, value } => {
                self.narrow_by_value(path, value, mirror)
            }
            Filter::ValuePath { path, filter } if is(path, GENESYS_USER, "externalIds") => {
                let Some((authority, value)) = authority_and_value(filter) else {
                    return Err(unsupported(part));
                };
                set(&mut self.external_id, (authority, value), part)
            }
            _ => Err(unsupported(part)),
        }
    }

    fn narrow_by_value(
        &mut self,
        path: &Path,
        value: &Value,
        mirror: &str,
    ) -> Result<(), ScimError> {
        let part = &Filter::eq(path, value.clone());
        let Some(text) = text(value) else { return Err(unsupported(part)) };
        if is(path, urn::USER, "id") {
            set(&mut self.id, text, part)
        } else if is(path, urn::USER, "userName") {
            set(&mut self.name_key, key::fold(&text), part)
        } else if is(path, urn::USER, "email") || is(path, urn::USER, "emails") {
            set(&mut self.email_key, key::fold(&text), part)
        } else if is(path, urn::USER, "externalId") {
            set(&mut self.external_id, (mirror.to_owned(), text), part)
        } else if is(path, urn::ENTERPRISE_USER, "manager") {
            set(&mut self.manager, text, part)
        } else if is(path, urn::ENTERPRISE_USER, "division") {
            set(&mut self.division_key, key::fold(&text), part)
        } else if is(path, urn::ENTERPRISE_USER, "employeeNumber") {
            set(&mut self.employee_number, text, part)
        } else if is(path, urn::USER, "active") {
            let active = text.to_ascii_lowercase().parse().map_err(|_| unsupported(part))?;
            let state = if active { State::Active } else { State::Inactive };
            set(&mut self.state, state, part)
        } else {
            Err(unsupported(part))
        }
    }
}

impl Search {
    /// Whether the search means this user; the statements of [`crate::users`] say the same.
    pub(crate) fn matches(&self, user: &User) -> bool {
        let profile = &user.profile;
        let folded = |text: &Option<String>| text.as_deref().map(key::fold);
        let is =
            |wanted: &Option<String>, value: Option<String>| wanted.is_none() || *wanted == value;
        let name_key = key::fold(&profile.user_name);
        let has_email = self.email_key.as_ref().is_none_or(|email| {
            *email == name_key || folded(&profile.work_email).as_ref() == Some(email)
        });
        let has_external_id = self.external_id.as_ref().is_none_or(|(authority, value)| {
            let ids = profile.external_ids.iter();
            ids.clone().any(|id| id.authority == *authority && id.value == *value)
                || user.mirrors.get(authority) == Some(value)
        });
        (self.with_deleted || user.state != State::Deleted)
            && self.state.is_none_or(|state| state == user.state)
            && is(&self.id, Some(user.id.clone()))
            && is(&self.name_key, Some(name_key.clone()))
            && is(&self.manager, profile.manager.clone())
            && is(&self.division_key, folded(&profile.division))
            && is(&self.employee_number, profile.employee_number.clone())
            && has_email
            && has_external_id
    }
}

/// Whether the path names this attribute, with its URN or without.
pub(crate) fn is(path: &Path, schema: &str, attribute: &str) -> bool {
    let in_schema = path.schema.as_deref().is_none_or(|urn| urn.eq_ignore_ascii_case(schema));
    let whole = path.filter.is_none()
        && path.sub_attribute.as_deref().is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
    in_schema && whole && path.attribute.eq_ignore_ascii_case(attribute)
}

fn authority_and_value(filter: &Filter) -> Option<(String, String)> {
    let constants = filter.constants()?;
    let of = |name: &str| {
        let found = constants.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        text(found.1)
    };
    (constants.len() == 2).then_some(())?;
    Some((of("authority")?, of("value")?))
}

/// The text that is meant: values may come unquoted, as numbers or booleans.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

pub(crate) fn set<T>(place: &mut Option<T>, value: T, part: &Filter) -> Result<(), ScimError> {
    if place.replace(value).is_some() {
        return Err(ScimError::invalid_filter(format!(
            "the filter asks twice for the attribute of \"{part}\": ask once"
        )));
    }
    Ok(())
}

fn unsupported(part: &Filter) -> ScimError {
    ScimError::invalid_filter(format!(
        "the filter \"{part}\" is not supported: use eq on id, userName, email, manager, division, externalId, \
         employeeNumber, active or externalIds[authority eq … and value eq …], joined by and"
    ))
}

#[cfg(test)]
mod tests {
    use scim::filter::Dialect;

    use super::*;

    fn read(text: &str) -> Result<Search, ScimError> {
        let filter = Filter::parse_with(text, Dialect { unquoted_values: true }).unwrap();
        Search::new(Some(&filter), "x-pc:scimv2:v1:c")
    }

    #[track_caller]
    fn check(text: &str, expected: Search) {
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn each_documented_filter_is_taken_quoted_or_not() {
        let some = |text: &str| Some(text.to_owned());
        check(
            "userName eq \"Ada@Example.com\"",
            Search { name_key: some("ada@example.com"), ..Search::default() },
        );
        check(
            "username eq ada@example.com",
            Search { name_key: some("ada@example.com"), ..Search::default() },
        );
        check("id eq \"1\"", Search { id: some("1"), ..Search::default() });
        check("manager eq m", Search { manager: some("m"), ..Search::default() });
        check("email eq a@b", Search { email_key: some("a@b"), ..Search::default() });
        check("division eq Home", Search { division_key: some("home"), ..Search::default() });
        check("active eq false", Search { state: Some(State::Inactive), ..Search::default() });
        check(
            "employeeNumber eq 987",
            Search { employee_number: some("987"), ..Search::default() },
        );
        let external = Some(("x-pc:scimv2:v1:c".to_owned(), "167844".to_owned()));
        check("externalId eq 167844", Search { external_id: external, ..Search::default() });
        let external = Some(("X".to_owned(), "Y".to_owned()));
        check(
            "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds[authority eq \"X\" and value eq \"Y\"]",
            Search { external_id: external, ..Search::default() },
        );
    }

    #[test]
    fn conditions_are_joined_by_and() {
        check(
            "userName eq \"a\" and active eq true",
            Search {
                name_key: Some("a".to_owned()),
                state: Some(State::Active),
                ..Search::default()
            },
        );
    }

    #[test]
    fn without_a_filter_only_active_users_are_meant() {
        assert_eq!(Search::new(None, "c").unwrap().state, Some(State::Active));
    }

    #[test]
    fn anything_else_is_refused_with_what_is_supported() {
        insta::assert_snapshot!(read("title eq \"x\"").unwrap_err().detail, @r#"the filter "title eq "x"" is not supported: use eq on id, userName, email, manager, division, externalId, employeeNumber, active or externalIds[authority eq … and value eq …], joined by and"#);
        insta::assert_snapshot!(read("id eq 1 and id eq 2").unwrap_err().detail, @r#"the filter asks twice for the attribute of "id eq "2"": ask once"#);
        for text in [
            "userName sw \"a\"",
            "id eq 1 or id eq 2",
            "not (id eq 1)",
            "active eq maybe",
            "userName pr",
            "emails[type eq \"work\"].value eq \"x\"",
        ] {
            assert_eq!(read(text).unwrap_err().status, 400, "{text}");
        }
    }
}
