//! The requests of Microsoft Entra ID, its SCIM validator and its neighbours, each with the answer and the state that it
//! has to lead to.
//!
//! The tables are texts (`*.txt` beside this file), so that a shape is read as it is sent. Each shape starts from the
//! same small organisation ([`ORGANISATION`]) and leaves nothing behind.
//!
//! ```text
//! == a sentence that names the shape
//! needs: store                                  optional: what a simple store does not do
//! first: PATCH /Users/{ada} [{...}]             optional: requests before, in one line each
//! PATCH /Users/{ada} If-Match: W/"0"            the request: method, target, one header
//! [{"op": "Replace", ...}]                      its body, in as many lines as it likes; a list is a PATCH's operations
//! -> 200 invalidValue                           the status, and the scimType if it has one
//! active = false                                a value of the resource afterwards; null: there is none
//! answer: totalResults = 1                      a value of the answer
//! header: content-type = application/scim+json  a header of the answer
//! members: ada, grace                           the members of the group afterwards
//! at: /Groups/{sales}                           which resource is meant, if not the request's
//! found: ada                                    the resources of a list, all of them
//! gone                                          the resource is not there any more
//! same                                          the resource has the version that it had before
//! ```
//!
//! `{ada}` is the id of that resource, `{base}` the service's address.

mod run;
mod shape;

pub(crate) use run::Client;

/// What the service beneath can do beyond keeping resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Keeps names unique and memberships right: a user shows its groups and leaves them when it is deleted.
    Store,
    /// Asks for a token.
    Token,
}

/// The tables, by the file's name.
const TABLES: [(&str, &str); 6] = [
    ("create", include_str!("create.txt")),
    ("query", include_str!("query.txt")),
    ("patch", include_str!("patch.txt")),
    ("lifecycle", include_str!("lifecycle.txt")),
    ("group", include_str!("group.txt")),
    ("discovery", include_str!("discovery.txt")),
];

/// What each shape finds: the name that it has in the tables, where it is created, as what.
const ORGANISATION: [(&str, &str, &str); 5] = [
    (
        "ada",
        "/Users",
        r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
            "userName": "Ada@contoso.com", "externalId": "Ext-Ada", "active": true, "displayName": "Ada Lovelace", "title": "Analyst",
            "name": {"formatted": "Ada Lovelace", "givenName": "Ada", "familyName": "Lovelace"},
            "emails": [{"primary": true, "type": "work", "value": "ada@contoso.com"}, {"type": "home", "value": "ada@home.example"}],
            "phoneNumbers": [{"primary": true, "type": "work", "value": "+1 (425) 555-0100"}, {"type": "mobile", "value": "+14255550101"}],
            "addresses": [{"type": "work", "primary": true, "country": "GB", "locality": "London"}],
            "roles": [{"primary": true, "value": "Reader"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research", "employeeNumber": "7"}}"#,
    ),
    (
        "grace",
        "/Users",
        r#"{"userName": "grace@contoso.com", "active": true, "displayName": "Grace"}"#,
    ),
    (
        "emil",
        "/Users",
        r#"{"userName": "o'neil+emil@contoso.com", "active": true,
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "{grace}"}}}"#,
    ),
    (
        "sales",
        "/Groups",
        r#"{"displayName": "Sales", "externalId": "Ext-Sales", "members": [{"value": "{grace}"}, {"value": "{emil}"}]}"#,
    ),
    ("empty", "/Groups", r#"{"displayName": "Empty"}"#),
];

/// How many shapes there are at least: the promise of the documentation.
const SHAPE_COUNT_MIN: usize = 87;

/// Sends every shape whose needs the service meets; what went otherwise than the tables say.
pub(crate) async fn failures(client: &Client, can: &[Needs]) -> Vec<String> {
    let mut failures = Vec::new();
    let mut count = 0;
    for (table, text) in TABLES {
        for shape in shape::read(table, text) {
            count += 1;
            if shape.needs.iter().all(|need| can.contains(need)) {
                failures.extend(client.check(&shape).await);
            }
        }
    }
    assert!(count >= SHAPE_COUNT_MIN, "{count} shapes");
    failures
}
