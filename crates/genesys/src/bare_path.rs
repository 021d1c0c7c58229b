//! Paths of a PATCH that name an attribute of an extension without the extension's URN.
//!
//! At the vendor such a path does not work, so a client that sends one learns of it here.
//! What really becomes of it there is not known; a setting chooses.
//! Pure: no clock, no database, no network.

use std::borrow::Cow;

use scim::{
    Path, ResourceSchema, ScimError,
    patch::{Operation, PatchRequest},
};
use serde_json::Value;

use crate::settings::BarePath;

/// The request as far as it is done.
///
/// # Errors
/// `invalidPath`, which names the path in full.
pub(crate) fn admitted<'r>(
    request: &'r PatchRequest,
    schema: &ResourceSchema,
    rule: BarePath,
) -> Result<Cow<'r, PatchRequest>, ScimError> {
    let bare = match rule {
        BarePath::Taken => None,
        _ => request.operations.iter().find_map(|operation| first(operation, schema)),
    };
    match bare {
        None => Ok(Cow::Borrowed(request)),
        Some(_) if rule == BarePath::Ignored => Ok(Cow::Owned(without(request, schema))),
        Some((path, urn)) => Err(ScimError::invalid_path(format!(
            "\"{path}\" is an attribute of an extension: write it as \"{urn}:{path}\""
        ))),
    }
}

/// The first bare path of an operation, and the URN that belongs in front of it.
fn first<'s>(operation: &Operation, schema: &'s ResourceSchema) -> Option<(String, &'s str)> {
    match (&operation.path, &operation.value) {
        (Some(path), _) => Some((path.to_string(), extension(path, schema)?)),
        (None, Some(Value::Object(values))) => values
            .keys()
            .find_map(|name| Some((name.clone(), extension(&Path::parse(name).ok()?, schema)?))),
        (None, _) => None,
    }
}

/// The request without what bare paths name.
fn without(request: &PatchRequest, schema: &ResourceSchema) -> PatchRequest {
    let is_bare = |path: Result<Path, _>| path.is_ok_and(|path| extension(&path, schema).is_some());
    let mut request = request.clone();
    request.operations.retain_mut(|operation| {
        if let (None, Some(Value::Object(values))) = (&operation.path, &mut operation.value) {
            values.retain(|name, _| !is_bare(Path::parse(name)));
        }
        operation.path.as_ref().is_none_or(|path| extension(path, schema).is_none())
    });
    request
}

/// The URN of the extension whose attribute the path names without saying so.
fn extension<'s>(path: &Path, schema: &'s ResourceSchema) -> Option<&'s str> {
    let is_own = path.schema.is_some() || schema.top_attribute(&path.attribute).is_some();
    let mut extensions = schema.extensions.iter().filter(|_| !is_own);
    let found = extensions.find(|known| known.attribute(&path.attribute).is_some())?;
    Some(&found.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema;

    const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";

    fn request(operation: Value) -> PatchRequest {
        let message = json!({"schemas": [scim::message::urn::PATCH_OP], "Operations": [operation]});
        PatchRequest::from_json(&message).unwrap().0
    }

    #[track_caller]
    fn check(operation: Value, expected: &str) {
        let request = request(operation);
        let verdict = match admitted(&request, &schema::USER, BarePath::Refused) {
            Ok(_) => "taken".to_owned(),
            Err(error) => error.detail,
        };
        assert_eq!(verdict, expected);
        let taken = admitted(&request, &schema::USER, BarePath::Taken).unwrap();
        assert_eq!(*taken, request);
    }

    #[test]
    fn a_path_without_its_urn_is_refused_with_the_path_in_full() {
        check(
            json!({"op": "replace", "path": "externalIds[authority eq \"a\"].value", "value": "x"}),
            &format!(
                "\"externalIds[authority eq \"a\"].value\" is an attribute of an extension: \
                 write it as \"{GENESYS}:externalIds[authority eq \"a\"].value\""
            ),
        );
        check(
            json!({"op": "add", "value": {"title": "x", "department": "y"}}),
            "\"department\" is an attribute of an extension: \
             write it as \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department\"",
        );
    }

    #[test]
    fn full_paths_and_own_attributes_are_taken() {
        check(json!({"op": "remove", "path": format!("{GENESYS}:externalIds")}), "taken");
        check(json!({"op": "remove", "path": "externalId"}), "taken");
        check(json!({"op": "add", "path": "shoeSize", "value": 1}), "taken");
        check(json!({"op": "add", "value": {GENESYS: {"externalIds": []}}}), "taken");
        check(json!({"op": "add", "value": {format!("{GENESYS}:externalIds"): []}}), "taken");
    }

    #[test]
    fn what_is_ignored_leaves_the_rest() {
        let left = |operation| {
            let request = request(operation);
            admitted(&request, &schema::USER, BarePath::Ignored).unwrap().into_owned().operations
        };
        assert_eq!(left(json!({"op": "remove", "path": "department"})), []);
        let operations = left(json!({"op": "add", "value": {"title": "x", "department": "y"}}));
        assert_eq!(operations[0].value, Some(json!({"title": "x"})));
    }
}
