//! Laws that hold for every path, filter, request and resource.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

mod arbitrary;
mod dialects;
mod index;
mod naive;
mod oracle;

use proptest::prelude::*;
use scim::patch::{self, Operation, PatchRequest};
use scim::{Filter, ListResponse, Path, Resource, ScimError};
use serde_json::Value;

use arbitrary::{alike, any_filter, any_json, any_path, any_request, any_user, schema};

proptest! {
    #[test]
    fn a_printed_path_parses_to_the_same_path(path in any_path()) {
        prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
    }

    #[test]
    fn a_printed_filter_parses_to_the_same_filter(filter in any_filter()) {
        prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
    }

    #[test]
    fn a_filter_and_its_negation_never_agree(filter in any_filter(), user in any_user()) {
        let negation = Filter::Not(Box::new(filter.clone()));
        prop_assert_ne!(filter.matches(&user, schema()), negation.matches(&user, schema()));
    }

    #[test]
    fn an_applied_diff_reaches_the_state(from in any_user(), to in any_user()) {
        let request = patch::diff(&from, &to, schema());
        let mut reached = from.clone();
        patch::apply(&mut reached, &request, schema()).unwrap();
        prop_assert!(alike(&reached, &to), "{:?}\nreached {:?}", request.to_json(), reached);
        prop_assert!(patch::diff(&reached, &to, schema()).operations.is_empty());
    }

    #[test]
    fn a_diff_survives_the_wire_without_tolerance(from in any_user(), to in any_user()) {
        let request = patch::diff(&from, &to, schema());
        prop_assume!(!request.operations.is_empty());
        prop_assert_eq!(PatchRequest::from_json(&request.to_json()), Ok((request, vec![])));
    }

    #[test]
    fn replacing_twice_is_replacing_once(user in any_user(), path in any_path(), value in any_json()) {
        // A filter may no longer admit what the first replace wrote; without one there is no such doubt.
        let path = Path { filter: None, ..path };
        let request = PatchRequest { operations: vec![Operation::replace(path, value)] };
        let mut once = user.clone();
        if patch::apply(&mut once, &request, schema()).is_ok() {
            let mut twice = once.clone();
            let applied = patch::apply(&mut twice, &request, schema()).unwrap();
            prop_assert!(!applied.changed, "{twice:?}");
            prop_assert_eq!(twice, once);
        }
    }

    #[test]
    fn a_member_that_comes_or_goes_is_told_and_undone(user in any_user(), request in any_request(), id in "[0-9]{1,2}") {
        let add = Operation::add(Path::attribute("members"), serde_json::json!([{"value": id}]));
        for operations in [vec![add.clone()], vec![add, Operation::replace(Path::attribute("id"), "x")], request.operations] {
            let request = PatchRequest { operations };
            let mut after = user.clone();
            let applied = patch::apply(&mut after, &request, schema());
            prop_assert_eq!(applied.is_ok_and(|applied| applied.changed), after != user);
        }
    }

    #[test]
    fn a_patch_twice_is_a_patch_once(user in any_user(), request in any_request()) {
        // Whoever writes to what the filter asks for may find nobody the second time.
        let path = request.operations[0].path.clone().unwrap();
        prop_assume!(path.filter.is_none() || path.sub_attribute.is_some());
        let mut once = user.clone();
        if patch::apply(&mut once, &request, schema()).is_ok() {
            let mut twice = once.clone();
            let applied = patch::apply(&mut twice, &request, schema()).unwrap();
            prop_assert!(!applied.changed, "{:?}", request.to_json());
            prop_assert_eq!(twice, once);
        }
    }

    #[test]
    fn whatever_a_patch_leaves_can_be_validated_and_reached_by_a_diff(user in any_user(), request in any_request()) {
        // What a service notes about a member is no difference: members come and go whole.
        let path = request.operations[0].path.clone().unwrap();
        prop_assume!(path.attribute != "members" || path.filter.is_none());
        let mut after = user.clone();
        if patch::apply(&mut after, &request, schema()).is_ok() {
            let validated = scim::validation::validate(&after, schema()).unwrap();
            prop_assert!(alike(&validated.resource, &after), "{:?}", after);
            let mut reached = user.clone();
            let difference = patch::diff(&user, &after, schema());
            patch::apply(&mut reached, &difference, schema()).unwrap();
            prop_assert!(alike(&reached, &after), "{:?} by {:?}", reached, difference.to_json());
        }
    }

    #[test]
    fn a_refused_request_changes_nothing(user in any_user(), path in any_path(), value in any_json()) {
        let operations = vec![
            Operation::replace(Path::attribute("title"), "changed"),
            Operation::add(path, value),
            Operation::remove(Path::attribute("userName")),
        ];
        let mut changed = user.clone();
        let applied = patch::apply(&mut changed, &PatchRequest { operations }, schema());
        prop_assert!(applied.is_err());
        prop_assert_eq!(changed, user);
    }

    #[test]
    fn nothing_panics_on_any_text(text in "\\PC*") {
        let _ = Path::parse(&text);
        let _ = Filter::parse(&text);
        let _ = Filter::parse_with(&text, scim::filter::Dialect { unquoted_values: true });
    }

    #[test]
    fn nothing_panics_on_text_that_is_almost_right(text in r#"[a-c:. ()\[\]"\\ éurn]{0,40}( eq | and | or |not |pr)?[a-c. ()\[\]"\\]{0,20}"#) {
        let _ = Path::parse(&text);
        let _ = Filter::parse(&text);
        let _ = Filter::parse_with(&text, scim::filter::Dialect { unquoted_values: true });
    }

    #[test]
    fn nothing_panics_on_any_json(json in any_json(), mut user in any_user()) {
        let _ = ListResponse::from_json(json.clone());
        let _ = ScimError::from_json(&json, 400);
        let _ = PatchRequest::from_json(&json);
        let operations = serde_json::json!({"Operations": [{"op": "add", "value": json}]});
        if let Ok((request, _)) = PatchRequest::from_json(&operations) {
            let _ = patch::apply(&mut user, &request, schema());
        }
    }

    #[test]
    fn what_was_assembled_can_be_got(path in any_path(), kind in "[a-z]{1,5}", text in "[a-z]{1,5}") {
        // Of filters, those that say what the element is.
        let filter = path.filter.map(|_| Box::new(Filter::eq(&Path::attribute("kind"), kind)));
        let sub_attribute = path.sub_attribute.or(filter.as_ref().map(|_| "value".to_owned()));
        let path = Path { filter, sub_attribute, ..path };
        let resource: Resource = scim::resource::assemble(&[(path.clone(), Value::from(text.as_str()))]);
        prop_assert_eq!(scim::resource::get(&resource, &path), Some(&Value::from(text)));
    }
}
