//! The demo's organisation, mapped byte for byte: the digests beside this file were computed by a
//! program that shares nothing with this one but the description of the mappings.

use std::collections::{BTreeMap, BTreeSet};

use engine::configuration::{Configuration, Rule};
use engine::id::{ScimId, SourceId};
use engine::mapping::MappingContext;
use engine::object::{ObjectKind, Presence, SourceObject};
use engine::plan::{self, Case, Known, Operation, Planned, Step, TargetPromise};
use engine::scope::{self, AppRole, Entitlement, Policy, ScopeSetting};
use graph::export::{ApplicationRecord, Export, Record};
use graph::names;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

/// Id of the user and digest of the account, a line each.
const DIGESTS: &str = include_str!("brightwater.digests");

/// The digest of all lines when everyone is provisioned.
const EVERYONE: (usize, &str) = (973, "44e931880f1d1c94");

const TEMPLATE: &str = include_str!("../../../target/gallery/genesys-cloud-for-azure.json");

/// What the demo maps beside the template.
const MAPPINGS: [(&str, &str); 5] = [
    (
        r#"phoneNumbers[type eq "work"].value"#,
        r#"Replace(Replace([telephoneNumber], , "[()\\s-]+", , "", , ), , "^(?<number>\\+\\d+)x(?<extension>\\d+)$", , "tel:${number};ext=${extension}", , )"#,
    ),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division",
        "[extensionAttribute1]",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds[authority eq "microsoftteams"].value"#,
        "[extensionAttribute2]",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds[authority eq "ringcentral"].value"#,
        "[extensionAttribute3]",
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds[authority eq "zoomphone"].value"#,
        "[extensionAttribute4]",
    ),
];

#[test]
fn everyone_assigned_gets_the_account_that_was_computed_elsewhere() {
    let actual = Organisation::read().digests(ScopeSetting::Assigned);
    let expected: Vec<&str> = DIGESTS.lines().collect();
    assert_eq!(actual.len(), expected.len());
    for (actual, expected) in actual.iter().zip(expected) {
        assert_eq!(actual, expected);
    }
}

#[test]
fn everyone_at_all_gets_the_account_that_was_computed_elsewhere() {
    let lines = Organisation::read().digests(ScopeSetting::All);
    assert_eq!((lines.len(), digest(&lines.join("\n")).as_str()), EVERYONE);
}

struct Organisation {
    rule: Rule,
    users: Vec<SourceObject>,
    entitlements: BTreeMap<String, Vec<Entitlement>>,
}

impl Organisation {
    fn read() -> Self {
        let Export::Users(users) =
            graph::export::read(include_str!("../../../instep/demo/users.json")).unwrap()
        else {
            panic!("the file holds users")
        };
        let Export::Groups(groups) =
            graph::export::read(include_str!("../../../instep/demo/groups.json")).unwrap()
        else {
            panic!("the file holds groups")
        };
        let Export::Application(application) =
            graph::export::read(include_str!("../../../instep/demo/application.json")).unwrap()
        else {
            panic!("the file holds an application")
        };
        let mut users: Vec<SourceObject> = users.records.into_iter().map(source_object).collect();
        users.sort_by(|a, b| a.id.cmp(&b.id));
        Self { rule: rule(), users, entitlements: entitlements(&application, &groups.records) }
    }

    /// A line for each account that is created.
    fn digests(&self, setting: ScopeSetting) -> Vec<String> {
        let now = Timestamp::UNIX_EPOCH;
        let policy =
            Policy { setting, filter: Some(&self.rule.filter), ignores_leaving: false, now };
        let verdict = |user| scope::evaluate(&policy, user, self.entitlements(user));
        let open: BTreeSet<&SourceId> = self
            .users
            .iter()
            .filter(|user| !verdict(user).is_soft_deleted())
            .map(|user| &user.id)
            .collect();
        let resolve = |id: &SourceId| open.contains(id).then(|| ScimId(format!("account-of-{id}")));
        let context =
            MappingContext { now, default_domain: None, tables: None, seed: 0, resolve: &resolve };
        let mut lines = Vec::new();
        for user in &self.users {
            let verdict = verdict(user);
            let case = Case {
                rule: Some(&self.rule),
                object: user,
                entitlements: self.entitlements(user),
                verdict: &verdict,
                known: Known::Unlinked,
                promise: TargetPromise { refuses_twins: true },
            };
            let Step::Done(Planned { operation, .. }) = plan::begin(&case, &context).unwrap()
            else {
                panic!("nothing has to be asked")
            };
            if let Operation::Create(create) = operation {
                let account = sorted(&Json::Object(create.resource));
                lines.push(format!("{} {}", user.id, digest(&account.to_string())));
            }
        }
        lines
    }

    fn entitlements(&self, user: &SourceObject) -> &[Entitlement] {
        self.entitlements.get(user.id.as_str()).map_or(&[], Vec::as_slice)
    }
}

fn rule() -> Rule {
    let mut template: Json = serde_json::from_str(TEMPLATE).unwrap();
    let mappings = template["schema"]["synchronizationRules"][0]["objectMappings"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .find(|mapping| mapping["sourceObjectName"] == "User")
        .map(|mapping| mapping["attributeMappings"].as_array_mut().unwrap())
        .unwrap();
    for (target, expression) in MAPPINGS {
        mappings.retain(|mapping| mapping["targetAttributeName"] != target);
        mappings.push(json!({
            "targetAttributeName": target,
            "source": {"type": "Function", "expression": expression},
        }));
    }
    let schema = serde_json::from_value(template["schema"].take()).unwrap();
    let (configuration, findings) = Configuration::compile(&schema);
    assert!(findings.is_empty(), "{findings:?}");
    configuration.unwrap().rule(ObjectKind::User).unwrap().clone()
}

fn source_object(record: Record) -> SourceObject {
    let text = |name: &str| {
        record.attributes.get(name).and_then(|value| value.as_ref()?.as_str()).map(str::to_owned)
    };
    let display_name = text(names::DISPLAY_NAME).unwrap_or_default();
    let given = record.attributes.into_iter();
    let attributes: Map<String, Json> =
        given.filter_map(|(name, value)| Some((name, value?))).collect();
    let enabled = attributes.get(names::ACCOUNT_ENABLED) != Some(&Json::Bool(false));
    SourceObject {
        id: SourceId(record.id),
        kind: ObjectKind::User,
        display_name,
        enabled,
        presence: Presence::Present,
        attributes,
        manager: record.manager.flatten().map(SourceId),
        manager_attributes: Map::new(),
        groups: Vec::new(),
    }
}

/// Direct assignments, and those of the groups that somebody is an immediate member of.
fn entitlements(
    application: &ApplicationRecord,
    groups: &[Record],
) -> BTreeMap<String, Vec<Entitlement>> {
    let roles: Vec<AppRole> = application
        .roles
        .iter()
        .flatten()
        .map(|role| AppRole {
            id: role.id.clone(),
            value: role.value.clone(),
            display_name: role.display_name.clone(),
        })
        .collect();
    let mut entitlements: BTreeMap<String, Vec<Entitlement>> = BTreeMap::new();
    for assignment in application.assignments.iter().flatten() {
        let role = roles.iter().find(|role| role.id == assignment.role_id).cloned();
        let mut entitle = |user: &str, through: Vec<String>| {
            let entitlement = Entitlement { role: role.clone(), through };
            entitlements.entry(user.to_owned()).or_default().push(entitlement);
        };
        match groups.iter().find(|group| group.id == assignment.principal_id) {
            None => entitle(&assignment.principal_id, Vec::new()),
            Some(group) => {
                for member in group.members.iter().flatten() {
                    entitle(&member.id, vec![group.id.clone()]);
                }
            }
        }
    }
    entitlements
}

/// The same document with the keys of each object in alphabetical order.
fn sorted(document: &Json) -> Json {
    match document {
        Json::Object(members) => {
            let members: BTreeMap<&String, Json> =
                members.iter().map(|(key, value)| (key, sorted(value))).collect();
            Json::Object(members.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        Json::Array(elements) => elements.iter().map(sorted).collect(),
        leaf => leaf.clone(),
    }
}

/// FNV-1a of 64 bits.
fn digest(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}
