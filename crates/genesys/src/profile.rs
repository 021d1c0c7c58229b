//! What a client may write about a user, read from the resource it sent and checked
//! by the vendor's rules. Names of roles and divisions and the manager's id are
//! taken as texts here; whether they exist is asked later.
//! Pure: no clock, no database, no network.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil};
use scim::{Resource, ScimError, resource::value_of, schema::urn};
use serde_json::Value;

use crate::{
    external_id::{self, ExternalId, MIRROR_PREFIX},
    phone::{PhoneType, number},
    schema::GENESYS_USER,
    settings::Named,
    skill::{Skill, skills},
};

/// The longest text of one attribute, in characters.
pub(crate) const TEXT_LENGTH_MAX: usize = 1024;

/// One number in each slot.
pub(crate) type Phones = BTreeMap<PhoneType, String>;

/// What a client may write about a user. `None` and empty lists mean: no value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// The login, unique in any case.
    pub user_name: String,
    /// The name for people.
    pub display_name: String,
    /// Whether the user may sign in; `None` if the resource does not say.
    pub active: Option<bool>,
    /// A new password. It is checked and forgotten: nobody signs in here with one.
    pub password: Option<String>,
    /// What the person does.
    pub title: Option<String>,
    /// The address beside the login's.
    pub work_email: Option<String>,
    /// One number in each slot.
    pub phones: Phones,
    /// Names of roles; `None` if the resource does not say.
    pub roles: Option<Vec<String>>,
    /// The name of the division.
    pub division: Option<String>,
    /// The department.
    pub department: Option<String>,
    /// The employer's number of the person.
    pub employee_number: Option<String>,
    /// When the person was hired.
    pub date_hire: Option<civil::Date>,
    /// The id of the manager.
    pub manager: Option<String>,
    /// What the client itself calls the user.
    pub external_id: Option<String>,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// Skills by which calls are routed.
    pub routing_skills: Vec<Skill>,
    /// Languages by which calls are routed.
    pub routing_languages: Vec<Skill>,
}

impl Profile {
    /// Reads a resource. Attributes that the vendor does not have are ignored, and so
    /// are read-only ones; elements of a list without the sub-attribute that makes them
    /// count are ignored too.
    ///
    /// # Errors
    /// `invalidValue`, which names the attribute and the rule. `bad_phone` says what
    /// becomes of a telephone number that is none; those that are `stored` stay as they are,
    /// since the rule they were taken under may have been another one.
    pub fn read(resource: &Resource, bad_phone: Named, stored: &Phones) -> Result<Self, ScimError> {
        let nothing = Resource::new();
        let extension =
            |urn| value_of(resource, urn).and_then(Value::as_object).unwrap_or(&nothing);
        let (enterprise, genesys) = (extension(urn::ENTERPRISE_USER), extension(GENESYS_USER));
        Ok(Self {
            user_name: required(resource, "userName")?,
            display_name: required(resource, "displayName")?,
            active: boolean(resource, "active")?,
            password: exact_text(resource, "password")?,
            title: text(resource, "title")?,
            work_email: work_email(resource)?,
            phones: phones(resource, bad_phone, stored)?,
            roles: roles(resource)?,
            division: text(enterprise, "division")?,
            department: text(enterprise, "department")?,
            employee_number: text(enterprise, "employeeNumber")?,
            date_hire: date(enterprise, "dateHire")?,
            manager: manager(enterprise)?,
            external_id: exact_text(resource, "externalId")?,
            external_ids: external_ids(genesys)?,
            routing_skills: skills(genesys, "routingSkills")?,
            routing_languages: skills(genesys, "routingLanguages")?,
        })
    }
}

/// The text of an attribute without the blanks around it; an empty one counts as no value.
/// Numbers are taken as their digits, since sources hold employee numbers as such.
pub(crate) fn text(values: &Resource, name: &str) -> Result<Option<String>, ScimError> {
    Ok(exact_text(values, name)?.map(|text| text.trim().to_owned()))
}

/// The same with its blanks: what identifies is found again by exactly what was sent.
pub(crate) fn exact_text(values: &Resource, name: &str) -> Result<Option<String>, ScimError> {
    let text = match value_of(values, name) {
        None => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(other) => return Err(misfit(name, "a text", other)),
    };
    if is_too_long(&text) {
        let detail = format!("{name} has more than {TEXT_LENGTH_MAX} characters: shorten it");
        return Err(ScimError::invalid_value(detail));
    }
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// Whether a text is longer than that of an attribute may be.
pub(crate) fn is_too_long(text: &str) -> bool {
    text.chars().count() > TEXT_LENGTH_MAX
}

/// The elements of a multi-valued attribute; a single value is one element.
pub(crate) fn elements<'r>(values: &'r Resource, name: &str) -> &'r [Value] {
    match value_of(values, name) {
        None => &[],
        Some(Value::Array(elements)) => elements,
        Some(single) => std::slice::from_ref(single),
    }
}

/// The refusal of a value of the wrong kind.
pub(crate) fn misfit(name: &str, expected: &str, value: &Value) -> ScimError {
    ScimError::invalid_value(format!("{name} must be {expected}, not {}", shown(value)))
}

/// The value as a refusal shows it: not longer than a line.
fn shown(value: &Value) -> String {
    const SHOWN_LENGTH_MAX: usize = 80;
    let text = match value {
        Value::String(text) => format!("\"{text}\""),
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN_LENGTH_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn required(resource: &Resource, name: &str) -> Result<String, ScimError> {
    text(resource, name)?.ok_or_else(|| {
        ScimError::invalid_value(format!("{name} is required: send a text that is not empty"))
    })
}

fn boolean(resource: &Resource, name: &str) -> Result<Option<bool>, ScimError> {
    match value_of(resource, name) {
        None => Ok(None),
        Some(Value::Bool(truth)) => Ok(Some(*truth)),
        // Entra sends booleans as texts unless its SCIM compliance flag is set.
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(other) => Err(misfit(name, "true or false", other)),
    }
}

/// The work address. The one of type "other" mirrors userName, so what a client
/// sends for it is ignored.
fn work_email(resource: &Resource) -> Result<Option<String>, ScimError> {
    let mut work = None;
    for element in elements(resource, "emails") {
        let Value::Object(email) = element else {
            return Err(misfit("emails", "a list of objects", element));
        };
        let (Some(kind), Some(value)) = (text(email, "type")?, text(email, "value")?) else {
            continue;
        };
        match kind.to_ascii_lowercase().as_str() {
            "other" => {}
            "work" if value.contains('@') && !value.contains(char::is_whitespace) => {
                work = Some(value);
            }
            "work" => {
                return Err(misfit(
                    "emails[type eq \"work\"].value",
                    "an email address",
                    &value.into(),
                ));
            }
            _ => return Err(misfit("emails.type", "\"work\" or \"other\"", &kind.into())),
        }
    }
    Ok(work)
}

fn phones(resource: &Resource, bad_phone: Named, stored: &Phones) -> Result<Phones, ScimError> {
    let mut phones = Phones::new();
    for element in elements(resource, "phoneNumbers") {
        let Value::Object(phone) = element else {
            return Err(misfit("phoneNumbers", "a list of objects", element));
        };
        let (Some(kind), Some(value)) = (text(phone, "type")?, text(phone, "value")?) else {
            continue;
        };
        let Some(slot) = PhoneType::from_word(&kind) else {
            let known = PhoneType::ALL.map(PhoneType::word).join(", ");
            return Err(misfit("phoneNumbers.type", &format!("one of {known}"), &kind.into()));
        };
        let is_stored = stored.get(&slot) == Some(&value);
        let number = if is_stored { Some(value.clone()) } else { number(&value) };
        match (number, bad_phone) {
            (Some(number), _) => drop(phones.insert(slot, number)),
            (None, Named::Ignored) => {}
            (None, Named::Refused) => {
                let name = format!("phoneNumbers[type eq \"{}\"].value", slot.word());
                let expected = "E.164 such as +13175550100, or tel:+13175550100;ext=105";
                return Err(misfit(&name, expected, &value.into()));
            }
        }
    }
    Ok(phones)
}

fn roles(resource: &Resource) -> Result<Option<Vec<String>>, ScimError> {
    if value_of(resource, "roles").is_none() {
        return Ok(None);
    }
    let mut roles = Vec::new();
    for element in elements(resource, "roles") {
        let name = match element {
            Value::Object(role) => text(role, "value")?,
            Value::String(name) => Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
            other => return Err(misfit("roles", "a list of objects", other)),
        };
        roles.extend(name.filter(|name| !roles.contains(name)));
    }
    Ok(Some(roles))
}

/// ISO 8601: a date, a day of a week, or a time whose date is taken as it is written; all with
/// separators or without.
fn date(enterprise: &Resource, name: &str) -> Result<Option<civil::Date>, ScimError> {
    let Some(text) = text(enterprise, name)? else { return Ok(None) };
    let in_week = || text.parse::<civil::ISOWeekDate>().map(civil::ISOWeekDate::date);
    let date = text.parse::<civil::Date>().or_else(|_| in_week()).or_else(|error| {
        // A time with a zone must be a time that exists.
        text.parse::<Timestamp>().map_err(|_| error)?;
        let date = text.split(['T', 't', ' ']).next().unwrap_or_default();
        date.parse::<civil::Date>()
    });
    date.map(Some).map_err(|_| misfit(name, "a date such as 2024-01-31", &text.into()))
}

fn manager(enterprise: &Resource) -> Result<Option<String>, ScimError> {
    match value_of(enterprise, "manager") {
        Some(Value::Object(manager)) => text(manager, "value"),
        _ => text(enterprise, "manager"),
    }
}

/// By authority, as they are stored: another order is no change. Of two identifiers of one
/// authority the later counts. The mirror of externalId is
/// immutable, and ignored here: clients send back what they have read.
fn external_ids(genesys: &Resource) -> Result<Vec<ExternalId>, ScimError> {
    let mut ids: Vec<ExternalId> = Vec::new();
    for element in elements(genesys, "externalIds") {
        let Value::Object(id) = element else {
            return Err(misfit("externalIds", "a list of objects", element));
        };
        let (Some(authority), Some(value)) =
            (exact_text(id, "authority")?, exact_text(id, "value")?)
        else {
            continue;
        };
        if authority.starts_with(MIRROR_PREFIX) {
            continue;
        }
        match ids.iter_mut().find(|known| known.authority == authority) {
            Some(known) => known.value = value,
            None => ids.push(ExternalId { authority, value }),
        }
    }
    external_id::sort(&mut ids);
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(more: Value) -> Result<Profile, ScimError> {
        let mut user = json!({"userName": "ada@example.com", "displayName": "Ada"});
        user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Profile::read(user.as_object().unwrap(), Named::Refused, &Phones::new())
    }

    #[track_caller]
    fn refused(more: Value) -> String {
        read(more).unwrap_err().detail
    }

    #[test]
    fn every_attribute_of_the_template_is_read() {
        let profile = read(json!({
            "active": "False", "title": "Agent", "externalId": 7,
            "emails": [{"type": "work", "value": "ada@work.example.com"}, {"type": "other", "value": "x@y.z"}],
            "phoneNumbers": [{"type": "work", "value": "+13175550100"}, {"type": "Mobile", "value": "tel:+1317;ext=5"}],
            "roles": [{"value": "employee", "primary": false}, {"value": "Supervisor"}, {"value": "employee"}],
            "name": {"givenName": "Ada"},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                "division": "EMEA", "department": "R&D", "employeeNumber": "7",
                "dateHire": "2024-01-31T23:30:00-05:00", "manager": {"value": "m"}},
            "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User": {
                "externalIds": [{"authority": "microsoftteams", "value": "t"},
                                {"authority": "x-pc:scimv2:v1:c", "value": "no"}]}}))
        .unwrap();
        insta::assert_debug_snapshot!(profile, @r###"
        Profile {
            user_name: "ada@example.com",
            display_name: "Ada",
            active: Some(
                false,
            ),
            password: None,
            title: Some(
                "Agent",
            ),
            work_email: Some(
                "ada@work.example.com",
            ),
            phones: {
                Work: "+13175550100",
                Mobile: "tel:+1317;ext=5",
            },
            roles: Some(
                [
                    "employee",
                    "Supervisor",
                ],
            ),
            division: Some(
                "EMEA",
            ),
            department: Some(
                "R&D",
            ),
            employee_number: Some(
                "7",
            ),
            date_hire: Some(
                2024-01-31,
            ),
            manager: Some(
                "m",
            ),
            external_id: Some(
                "7",
            ),
            external_ids: [
                ExternalId {
                    authority: "microsoftteams",
                    value: "t",
                },
            ],
            routing_skills: [],
            routing_languages: [],
        }
        "###);
    }

    #[test]
    fn a_date_may_be_written_in_the_forms_of_iso_8601() {
        let date = |text: &str| {
            let read = read(json!({urn::ENTERPRISE_USER: {"dateHire": text}}));
            read.map_or("refused".to_owned(), |read| read.date_hire.unwrap().to_string())
        };
        for text in [
            "2024-01-31",
            "20240131",
            "2024-01-31T23:30:00-05:00",
            "20240131T000000Z",
            "20240131T233000-0500",
            "2024-W05-3",
            "2024-01-31T00:00:00Z",
            "2024-01-31T08:00:00",
        ] {
            assert_eq!(date(text), "2024-01-31", "{text}");
        }
        for text in ["2024-02-30", "2024-02-30T00:00:00Z", "31.01.2024"] {
            assert_eq!(date(text), "refused", "{text}");
        }
    }

    #[test]
    fn what_identifies_keeps_its_blanks() {
        let profile = read(json!({"externalId": " 5x ", "title": " Boss ",
            GENESYS_USER: {"externalIds": [{"authority": " a", "value": "b "}]}}))
        .unwrap();
        assert_eq!(profile.external_id.as_deref(), Some(" 5x "));
        assert_eq!(profile.title.as_deref(), Some("Boss"));
        let id = ExternalId { authority: " a".to_owned(), value: "b ".to_owned() };
        assert_eq!(profile.external_ids, [id]);
        assert_eq!(read(json!({"externalId": " "})).unwrap().external_id, None);
    }

    #[test]
    fn absent_roles_and_no_roles_are_not_alike() {
        assert_eq!(read(json!({})).unwrap().roles, None);
        assert_eq!(read(json!({"roles": []})).unwrap().roles, Some(vec![]));
    }

    #[test]
    fn elements_without_type_or_value_do_not_count() {
        let profile = read(json!({"phoneNumbers": [{"value": "nonsense"}, {"type": "work"}],
            "emails": [{"value": "nonsense"}], "roles": [{"display": "x"}]}))
        .unwrap();
        assert_eq!(
            (profile.phones.len(), profile.work_email, profile.roles),
            (0, None, Some(vec![]))
        );
    }

    #[test]
    fn a_manager_may_be_a_bare_id_and_an_empty_text_clears() {
        let manager = |value: Value| {
            read(json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": value}}))
                .unwrap()
                .manager
        };
        assert_eq!(manager(json!("m")).as_deref(), Some("m"));
        assert_eq!(manager(json!("")), None);
        assert_eq!(manager(json!({"value": null})), None);
    }

    #[test]
    fn a_refusal_names_the_attribute_and_the_rule() {
        insta::assert_snapshot!(refused(json!({"userName": " "})), @"userName is required: send a text that is not empty");
        insta::assert_snapshot!(refused(json!({"active": 1})), @"active must be true or false, not 1");
        insta::assert_snapshot!(refused(json!({"title": {}})), @"title must be a text, not {}");
        insta::assert_snapshot!(refused(json!({"phoneNumbers": [{"type": "work2", "value": "+1 (317) 555"}]})), @r#"phoneNumbers[type eq "work2"].value must be E.164 such as +13175550100, or tel:+13175550100;ext=105, not "+1 (317) 555""#);
        insta::assert_snapshot!(refused(json!({"phoneNumbers": [{"type": "fax", "value": "+1317"}]})), @r#"phoneNumbers.type must be one of work, work2, work3, work4, home, mobile, other, microsoftteams, zoomphone, eightbyeight, ringcentral, not "fax""#);
        insta::assert_snapshot!(refused(json!({"emails": [{"type": "home", "value": "a@b"}]})), @r#"emails.type must be "work" or "other", not "home""#);
        insta::assert_snapshot!(refused(json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"dateHire": "soon"}})), @r#"dateHire must be a date such as 2024-01-31, not "soon""#);
    }
}
