//! What the tests of this crate start from: a small rule for users, objects and links in one line.

use serde_json::{Map, Value as Json, json};

use crate::configuration::{Configuration, Rule};
use crate::filter::{List, ScopingFilter};
use crate::id::{ScimId, SourceId};
use crate::mapping::{MappingContext, Values};
use crate::object::{ObjectKind, Presence, SourceObject};
use crate::scope::{AppRole, Entitlement, Policy, ScopeSetting};
use crate::source::SourceAttributes;

/// Target attribute, type and flags (`*` several values, `!` required, `=` case counts), expression, precedence.
type Line<'l> = (&'l str, &'l str, &'l str, i32);

/// The mappings most tests use.
pub(crate) const USER: [Line<'_>; 7] = [
    ("userName", "String!", "[userPrincipalName]", 1),
    ("active", "Boolean", r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#, 0),
    ("displayName", "String", "[displayName]", 0),
    ("title", "String=", "[jobTitle]", 0),
    (r#"emails[type eq "work"].value"#, "String", "[mail]", 0),
    ("roles", "String*", "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])", 0),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        "Reference",
        "[manager]",
        0,
    ),
];

/// A schema with one object mapping.
pub(crate) fn schema(kind: &str, flow: &str, lines: &[Line<'_>]) -> Json {
    let attribute = |(name, kind, _, _): &Line<'_>| {
        json!({
            "name": name, "type": kind.trim_end_matches(['*', '!', '=']), "multivalued": kind.ends_with('*'),
            "required": kind.ends_with('!'), "caseExact": kind.ends_with('='),
        })
    };
    let mapping = |(name, _, expression, precedence): &Line<'_>| {
        json!({
            "targetAttributeName": name, "matchingPriority": precedence,
            "source": {"type": "Function", "expression": expression},
        })
    };
    json!({
        "directories": [{"name": "target", "objects": [{"name": "T", "attributes":
            lines.iter().map(attribute).collect::<Vec<_>>()}]}],
        "synchronizationRules": [{"targetDirectoryName": "target", "objectMappings": [{
            "enabled": true, "sourceObjectName": kind, "targetObjectName": "T", "flowTypes": flow,
            "attributeMappings": lines.iter().map(mapping).collect::<Vec<_>>()}]}],
    })
}

/// The compiled rule of [`USER`].
pub(crate) fn user_rule(flow: &str) -> Rule {
    rule(ObjectKind::User, flow, &USER)
}

/// A compiled rule.
pub(crate) fn rule(kind: ObjectKind, flow: &str, lines: &[Line<'_>]) -> Rule {
    let schema = serde_json::from_value(schema(kind.as_str(), flow, lines)).unwrap();
    let (configuration, findings) = Configuration::compile(&schema);
    let configuration = configuration.unwrap_or_else(|| panic!("{findings:?}"));
    configuration.rule(kind).unwrap().clone()
}

/// A user; `attributes` overrides what Ada has.
#[expect(clippy::needless_pass_by_value, reason = "reads better in a test")]
pub(crate) fn ada(attributes: Json) -> SourceObject {
    let mut all = json!({
        "userPrincipalName": "ada@example.com", "displayName": "Ada", "jobTitle": "Agent", "mail": "ada@example.com",
    });
    let all = all.as_object_mut().unwrap();
    all.extend(attributes.as_object().unwrap().clone());
    SourceObject {
        id: SourceId::from("ada"),
        kind: ObjectKind::User,
        display_name: "Ada".to_owned(),
        enabled: true,
        presence: Presence::Present,
        attributes: all.clone(),
        manager: None,
        manager_attributes: Map::new(),
        groups: Vec::new(),
    }
}

/// An assignment with a role, directly.
pub(crate) fn assigned(role: &str) -> Vec<Entitlement> {
    let role =
        AppRole { id: role.to_owned(), value: role.to_owned(), display_name: role.to_owned() };
    vec![Entitlement { role: Some(role), through: Vec::new() }]
}

/// What Ada's account was sent when it was created.
pub(crate) fn sent() -> Values {
    let sent = json!({
        "userName": "ada@example.com", "active": true, "displayName": "Ada", "title": "Agent",
        "emails[type eq \"work\"].value": "ada@example.com",
        "roles": [{"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": "employee", "value": "employee"}],
    });
    serde_json::from_value(sent).unwrap()
}

/// A context in which only `grace` has an account.
pub(crate) fn context(resolve: &dyn Fn(&SourceId) -> Option<ScimId>) -> MappingContext<'_> {
    MappingContext {
        now: jiff::Timestamp::UNIX_EPOCH,
        tables: None,
        default_domain: None,
        seed: 1,
        resolve,
    }
}

/// Resolves `grace` to `g-1` and nobody else.
pub(crate) fn grace(id: &SourceId) -> Option<ScimId> {
    (id.as_str() == "grace").then(|| ScimId::from("g-1"))
}

/// A policy without a filter.
pub(crate) fn policy(setting: ScopeSetting) -> Policy<'static> {
    Policy { setting, filter: None, ignores_leaving: false, now: jiff::Timestamp::UNIX_EPOCH }
}

/// A filter whose list admits the department Sales.
pub(crate) fn sales_only(list: List) -> ScopingFilter {
    let clause = json!({"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Sales"]}});
    let list = serde_json::to_value(list).unwrap();
    let filter = json!({list.as_str().unwrap(): [{"name": "Sales", "clauses": [clause]}]});
    let filter = serde_json::from_value(filter).unwrap();
    ScopingFilter::compile(&filter, &SourceAttributes::default(), "User mapping").0.unwrap()
}
