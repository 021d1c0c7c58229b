//! What is required but never shown (RFC 7643 §7, `returned: never`). A store may forget it,
//! so its absence says nothing: what counts is what an operation does to it.

use std::collections::HashSet;

use serde_json::Value;

use super::apply::not_removable;
use super::elements::{Scope, identity};
use super::write::Write;
use crate::message::ScimError;
use crate::schema::Attribute;
use crate::validation::{check_parts, is_forgettable};

impl Write<'_> {
    /// Refuses to remove it. At once, since nobody sees whether a later operation gives it again.
    pub(super) fn check_removable(&self, definition: &Attribute) -> Result<(), ScimError> {
        if is_forgettable(definition) {
            return Err(not_removable(&self.path_of(definition)));
        }
        Ok(())
    }

    /// Refuses to add elements that lack it. Those that are in the list may have it.
    pub(super) fn check_new(&self, list: &[Value], given: &[Value]) -> Result<(), ScimError> {
        if !self.attribute.sub_attributes.iter().any(is_forgettable) {
            return Ok(());
        }
        let identity = |element| identity(element, self.attribute, Scope::Full);
        let there: HashSet<_> = list.iter().map(identity).collect();
        let prefix = self.path.extension_urn().map(|urn| format!("{urn}:")).unwrap_or_default();
        let mut new = given.iter().filter(|element| !there.contains(&identity(element)));
        new.try_for_each(|element| {
            check_parts(std::slice::from_ref(element), self.attribute, &prefix)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::message::ScimError;
    use crate::patch::{PatchRequest, apply};
    use crate::schema::ResourceSchema;
    use crate::validation::validate;

    const SITE: &str = "urn:example:site";

    /// A resource with a secret wherever one may be.
    fn badges() -> ResourceSchema {
        let secret = json!({"name": "pin", "mutability": "writeOnly", "required": true});
        let core = json!({"id": "urn:ietf:params:scim:schemas:core:2.0:Badge", "attributes": [
            secret,
            {"name": "title"},
            {"name": "lock", "type": "complex", "subAttributes": [secret, {"name": "hint"}]},
            {"name": "keys", "type": "complex", "multiValued": true, "subAttributes": [
                secret, {"name": "value"}, {"name": "type"}, {"name": "hint"}]},
        ]});
        let site = json!({"id": SITE, "attributes": [secret, {"name": "floor"}]});
        ResourceSchema {
            core: serde_json::from_value(core).unwrap(),
            extensions: vec![serde_json::from_value(site).unwrap()],
        }
    }

    /// A badge as a store that forgets the secrets has it.
    fn forgotten() -> Value {
        json!({"title": "t", "lock": {"hint": "h"}, "keys": [{"value": "a", "hint": "h"}],
            SITE: {"floor": "1"}})
    }

    /// A badge as a store has it that keeps them.
    fn kept() -> Value {
        json!({"pin": "1", "lock": {"pin": "2", "hint": "h"}, "keys": [{"pin": "3", "value": "a"}],
            SITE: {"pin": "4", "floor": "1"}})
    }

    fn run(badge: &Value, operation: &Value) -> Result<Value, ScimError> {
        let (request, _) = PatchRequest::from_json(&json!({"Operations": [operation]}))?;
        let mut changed = badge.as_object().unwrap().clone();
        apply(&mut changed, &request, &badges())?;
        Ok(Value::Object(changed))
    }

    #[track_caller]
    fn check_passes(operation: Value) {
        for badge in [forgotten(), kept()] {
            let changed = run(&badge, &operation).unwrap();
            assert_ne!(changed, badge, "{operation}");
        }
    }

    #[track_caller]
    fn check_refuses(operation: Value, detail: &str) {
        for badge in [forgotten(), kept()] {
            let error = run(&badge, &operation).unwrap_err().to_string();
            assert!(error.starts_with(detail), "{operation}: {error}");
        }
    }

    #[test]
    fn what_is_beside_a_secret_may_change() {
        check_passes(json!({"op": "replace", "path": "title", "value": "x"}));
        check_passes(json!({"op": "replace", "path": "lock.hint", "value": "x"}));
        check_passes(json!({"op": "replace", "path": "lock", "value": {"hint": "x"}}));
        check_passes(json!({"op": "add", "value": {"lock": {"hint": "x"}}}));
        check_passes(json!({"op": "remove", "path": "lock"}));
        check_passes(json!({"op": "replace", "path": "keys[value eq \"a\"].hint", "value": "x"}));
        check_passes(json!({"op": "replace", "path": "keys.hint", "value": "x"}));
        check_passes(json!({"op": "add", "path": "keys", "value": [{"value": "a", "hint": "x"}]}));
        check_passes(json!({"op": "remove", "path": "keys[value eq \"a\"]"}));
        check_passes(json!({"op": "replace", "path": format!("{SITE}:floor"), "value": "x"}));
        check_passes(json!({"op": "add", "path": SITE, "value": {"floor": "x"}}));
    }

    #[test]
    fn a_secret_may_change() {
        for path in ["pin", "lock.pin", "keys[value eq \"a\"].pin", "urn:example:site:pin"] {
            check_passes(json!({"op": "replace", "path": path, "value": "9"}));
        }
        check_passes(json!({"op": "add", "path": "keys", "value": [{"value": "b", "pin": "9"}]}));
    }

    #[test]
    fn a_required_secret_is_not_removed() {
        for path in ["pin", "lock.pin", "keys[value eq \"a\"].pin", "keys.pin"] {
            let detail = format!("the attribute \"{path}\" is required and cannot be removed");
            check_refuses(json!({"op": "remove", "path": path}), &detail);
            check_refuses(json!({"op": "replace", "path": path, "value": null}), &detail);
        }
        let detail = "the attribute \"lock.pin\" is required and cannot be removed";
        check_refuses(json!({"op": "replace", "path": "lock", "value": {"pin": null}}), detail);
        let detail = "the attribute \"urn:example:site:pin\" is required and cannot be removed";
        for path in [SITE, "urn:example:site:pin"] {
            check_refuses(json!({"op": "remove", "path": path}), detail);
        }
    }

    #[test]
    fn a_new_element_brings_its_required_secret() {
        for op in ["add", "replace"] {
            check_refuses(
                json!({"op": op, "path": "keys", "value": [{"value": "b"}]}),
                "the attribute \"keys.pin\" is required: give it a value",
            );
        }
    }

    #[test]
    fn a_secret_that_is_kept_stays() {
        let replaced =
            json!({"op": "replace", "path": "keys[value eq \"a\"]", "value": {"hint": "x"}});
        let error = run(&kept(), &replaced).unwrap_err().to_string();
        insta::assert_snapshot!(error, @r#"the attribute "keys.pin" is required: give it a value (400 invalidValue)"#);
    }

    #[test]
    fn what_is_created_brings_its_secrets() {
        let given = |badge: Value| validate(badge.as_object().unwrap(), &badges()).map(drop);
        insta::assert_snapshot!(given(forgotten()).unwrap_err(), @r#"the attribute "pin" is required: give it a value (400 invalidValue)"#);
        insta::assert_snapshot!(given(json!({"pin": "1", "lock": {"hint": "h"}})).unwrap_err(), @r#"the attribute "lock.pin" is required: give it a value (400 invalidValue)"#);
        assert_eq!(given(kept()), Ok(()));
    }
}
