//! PATCH: any JSON is applied whole or not at all, and what a difference makes of a
//! resource is the other resource.

use scim::patch::{self, PatchRequest};
use scim::{Resource, schema};

/// Checks one body.
pub fn check(data: &[u8]) {
    let Ok(body) = scim::json::parse(data, data.len()) else { return };
    let Ok((request, _)) = PatchRequest::from_json(&body) else { return };
    let schema = schema::standard::users();
    let before = user();
    let mut after = before.clone();
    match patch::apply(&mut after, &request, &schema) {
        Err(_) => assert_eq!(after, before, "a refused request changed something"),
        Ok(applied) => {
            assert_eq!(applied.changed, after != before, "whether it changed");
            let _ = scim::validation::validate(&after, &schema);
            let difference = patch::diff(&before, &after, &schema);
            let mut reached = before;
            patch::apply(&mut reached, &difference, &schema).expect("a difference applies");
            let rest = patch::diff(&reached, &after, &schema);
            assert!(rest.operations.is_empty(), "{rest:?} is left of {difference:?}");
        }
    }
}

/// Somebody with values of every shape.
pub(crate) fn user() -> Resource {
    let user = serde_json::from_str(include_str!("../user.json"));
    user.expect("the user is an object")
}
