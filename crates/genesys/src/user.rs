//! A user as it is stored, and as it is shown.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil};
use scim::{Resource, schema::urn};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{Row, StoreError};

use crate::{
    external_id::{ExternalId, MIRROR_PREFIX},
    phone::PhoneType,
    profile::Profile,
    schema::GENESYS_USER,
    skill::Skill,
};

/// A user of the organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The GUID.
    pub id: String,
    /// Whether the user may sign in, may not, or is deleted.
    pub state: State,
    /// What clients wrote, with names as the organisation spells them.
    pub profile: Profile,
    /// The id of the division that the profile names.
    pub division_id: String,
    /// What each OAuth client calls the user, by authority.
    pub mirrors: BTreeMap<String, String>,
    /// The ids of the groups that the user is a direct member of.
    pub groups: Vec<String>,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// The last change.
    pub modified: Timestamp,
}

/// The vendor's three states of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// May sign in.
    Active,
    /// May not sign in; keeps roles and memberships.
    Inactive,
    /// Gone from every list; the record remains for whoever gets the name again.
    Deleted,
}

/// What is stored as JSON, since nobody searches for it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Details {
    title: Option<String>,
    department: Option<String>,
    date_hire: Option<civil::Date>,
    phones: BTreeMap<PhoneType, String>,
    routing_skills: Vec<Skill>,
    routing_languages: Vec<Skill>,
}

impl User {
    /// The resource as a client sees it whose `externalId` has the authority `mirror`; ""
    /// shows none. The server adds `schemas`, locations and `$ref`.
    #[must_use]
    pub fn resource(&self, mirror: &str) -> Resource {
        self.resource_for(mirror, mirror)
    }

    /// The same for a client that sees its authority as `shown`.
    pub(crate) fn resource_for(&self, mirror: &str, shown: &str) -> Resource {
        let profile = &self.profile;
        let mut user = Resource::new();
        user.insert("id".into(), json!(self.id));
        user.insert("active".into(), json!(self.state == State::Active));
        user.insert("userName".into(), json!(profile.user_name));
        user.insert("displayName".into(), json!(profile.display_name));
        put(&mut user, "title", profile.title.as_ref());
        user.insert("emails".into(), self.emails());
        put_list(&mut user, "phoneNumbers", self.phone_numbers());
        put(&mut user, "externalId", self.mirrors.get(mirror));
        put_list(&mut user, "groups", self.group_references());
        let roles = profile.roles.iter().flatten();
        put_list(&mut user, "roles", roles.map(|name| json!({"value": name})).collect());
        user.insert(urn::ENTERPRISE_USER.into(), Value::Object(self.enterprise()));
        let genesys = self.genesys(mirror, shown);
        if !genesys.is_empty() {
            user.insert(GENESYS_USER.into(), Value::Object(genesys));
        }
        user.insert("meta".into(), meta(self.version, self.modified));
        user
    }

    /// Reads a row of the statements in [`crate::users`].
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let details: Details = row.json(8)?;
        let text = |column| Ok::<_, StoreError>(row.optional_text(column)?.map(str::to_owned));
        let state = State::from_word(row.text(1)?);
        let external: Map<String, Value> = row.json(12)?;
        let external = external
            .into_iter()
            .map(|(authority, value)| (authority, value.as_str().unwrap_or_default().to_owned()));
        let (mirrors, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            external.partition(|(authority, _)| authority.starts_with(MIRROR_PREFIX));
        let external_ids =
            others.into_iter().map(|(authority, value)| ExternalId { authority, value }).collect();
        Ok(Self {
            id: row.text(0)?.to_owned(),
            state,
            profile: Profile {
                user_name: row.text(2)?.to_owned(),
                display_name: row.text(3)?.to_owned(),
                active: Some(state == State::Active),
                title: details.title,
                work_email: text(6)?,
                phones: details.phones,
                roles: Some(distinct(row.json(11)?)),
                division: text(4)?,
                department: details.department,
                employee_number: text(7)?,
                date_hire: details.date_hire,
                manager: text(5)?,
                external_id: None,
                password: None,
                external_ids,
                routing_skills: details.routing_skills,
                routing_languages: details.routing_languages,
            },
            mirrors,
            groups: row.json(13)?,
            division_id: row.text(14)?.to_owned(),
            version: row.integer(9)?,
            modified: row.timestamp(10)?,
        })
    }

    fn emails(&self) -> Value {
        let main = json!({"value": self.profile.user_name, "type": "other", "primary": true});
        let work = self.profile.work_email.as_ref();
        let work = work.map(|value| json!({"value": value, "type": "work", "primary": false}));
        std::iter::once(main).chain(work).collect()
    }

    fn phone_numbers(&self) -> Vec<Value> {
        let phones = self.profile.phones.iter().enumerate();
        phones
            .map(|(place, (slot, value))| json!({"value": value, "type": slot.word(), "primary": place == 0}))
            .collect()
    }

    fn group_references(&self) -> Vec<Value> {
        self.groups.iter().map(|id| json!({"type": "Group", "value": id})).collect()
    }

    fn enterprise(&self) -> Map<String, Value> {
        let profile = &self.profile;
        let mut enterprise = Map::new();
        put(&mut enterprise, "division", profile.division.as_ref());
        put(&mut enterprise, "department", profile.department.as_ref());
        put(&mut enterprise, "employeeNumber", profile.employee_number.as_ref());
        put(&mut enterprise, "dateHire", profile.date_hire.map(|date| date.to_string()).as_ref());
        if let Some(id) = &profile.manager {
            enterprise.insert("manager".into(), json!({"value": id}));
        }
        enterprise
    }

    fn genesys(&self, mirror: &str, shown: &str) -> Map<String, Value> {
        let profile = &self.profile;
        let listed = |skills: &[Skill]| skills.iter().map(|skill| json!(skill)).collect();
        let mirror = self.mirrors.get(mirror);
        let mirror = mirror.map(|value| json!({"authority": shown, "value": value}));
        let ids = mirror.into_iter().chain(profile.external_ids.iter().map(|id| json!(id)));
        let mut genesys = Map::new();
        put_list(&mut genesys, "routingSkills", listed(&profile.routing_skills));
        put_list(&mut genesys, "routingLanguages", listed(&profile.routing_languages));
        put_list(&mut genesys, "externalIds", ids.collect());
        genesys
    }
}

impl Details {
    pub(crate) fn of(profile: &Profile) -> Self {
        Self {
            title: profile.title.clone(),
            department: profile.department.clone(),
            date_hire: profile.date_hire,
            phones: profile.phones.clone(),
            routing_skills: profile.routing_skills.clone(),
            routing_languages: profile.routing_languages.clone(),
        }
    }
}

impl State {
    /// The word, in the data file and on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }

    pub(crate) fn from_word(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "inactive" => Self::Inactive,
            _ => Self::Deleted,
        }
    }
}

/// A role that was given for several divisions is one role.
fn distinct(names: Vec<String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

/// The `meta` of a user or a group, as far as it is stored: the vendor has no `created`,
/// and a number as the version.
pub(crate) fn meta(version: i64, modified: Timestamp) -> Value {
    json!({
        "lastModified": modified.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "version": version.to_string(),
    })
}

fn put(values: &mut Map<String, Value>, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        values.insert(name.to_owned(), Value::from(value.as_str()));
    }
}

fn put_list(values: &mut Map<String, Value>, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        values.insert(name.to_owned(), Value::Array(list));
    }
}
