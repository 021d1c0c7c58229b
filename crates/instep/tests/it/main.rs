//! The command line as people and scripts use it: the built binary, real files, a real SCIM service.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod applications;
mod bad_input;
mod console;
mod demo;
mod explaining;
mod genesys;
mod objects;
mod peers;
mod schemas;
mod scim;
mod serving;
mod trying;

/// Users as Microsoft Graph exports them.
const USERS: &str = r#"{
  "value": [
    {"id": "u1", "userPrincipalName": "ada@example.com", "displayName": "Ada Lovelace", "mail": "ada@example.com",
     "accountEnabled": true, "department": "Research", "jobTitle": "Analyst", "manager": {"id": "u2"}},
    {"id": "u2", "userPrincipalName": "grace@example.com", "displayName": "Grace Hopper", "accountEnabled": true},
    {"id": "u3", "userPrincipalName": "sukru@example.com", "displayName": "Şükrü Öz", "accountEnabled": false}
  ]
}"#;

/// Groups as Microsoft Graph exports them.
const GROUPS: &str = r##"{
  "value": [
    {"id": "g1", "displayName": "Sales", "members": [
      {"@odata.type": "#microsoft.graph.user", "id": "u1"}, {"@odata.type": "#microsoft.graph.user", "id": "u3"}]}
  ]
}"##;

/// An application as Microsoft Graph exports it.
const APPLICATION: &str = r#"{
  "id": "a1", "displayName": "CRM",
  "appRoles": [{"id": "11111111-1111-4111-8111-111111111111", "value": "agent", "displayName": "Agent", "isEnabled": true}],
  "appRoleAssignedTo": [{"principalId": "g1", "appRoleId": "11111111-1111-4111-8111-111111111111"}]
}"#;
