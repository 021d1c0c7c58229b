use scim::path::Path;
use serde_json::{Value as Json, json};

use super::*;
use crate::fixture::{ada, assigned, context, grace, policy, sent, user_rule};
use crate::scope::{self, ScopeSetting};

/// The one caller of [`begin`]: what is planned for `object`, in one line.
fn plan(object: &SourceObject, roles: &[&str], known: Known<'_>, flow: &str) -> String {
    plan_with(object, roles, known, flow, TargetPromise { refuses_twins: true })
}

fn plan_with(
    object: &SourceObject,
    roles: &[&str],
    known: Known<'_>,
    flow: &str,
    promise: TargetPromise,
) -> String {
    let rule = user_rule(flow);
    let entitlements: Vec<Entitlement> = roles.iter().flat_map(|role| assigned(role)).collect();
    let verdict = scope::evaluate(&policy(ScopeSetting::Assigned), object, &entitlements);
    let case = Case {
        rule: Some(&rule),
        object,
        entitlements: &entitlements,
        verdict: &verdict,
        known,
        promise,
    };
    match begin(&case, &context(&grace)) {
        Ok(Step::Done(planned)) => describe(&planned.operation),
        Ok(Step::Match(queries, _)) => {
            let asked =
                queries.iter().map(|query| format!("{} \"{}\"", query.attribute, query.value));
            format!("match {}", asked.collect::<Vec<_>>().join(", "))
        }
        Err(failure) => format!("failure {}: {failure}", failure.code()),
    }
}

fn describe(operation: &Operation) -> String {
    let requests = |update: &Update| {
        let one = |request: &PatchRequest| request.to_json()["Operations"].to_string();
        update.requests.iter().map(one).collect::<Vec<_>>().join(" then ")
    };
    match operation {
        Operation::Create(create) => {
            format!("create {}", Json::Object(create.resource.clone()))
        }
        Operation::Update(update) => format!("update {} {}", update.id, requests(update)),
        Operation::Disable(update) => format!("disable {} {}", update.id, requests(update)),
        Operation::Delete(id) => format!("delete {id}"),
        Operation::Skip(skip) => format!("skip {}", skip.code()),
    }
}

const ALL: &str = "Add,Update,Delete";

fn linked<'l>(id: &'l ScimId, sent: &'l Values) -> Known<'l> {
    Known::Linked { id, sent }
}

#[test]
fn somebody_new_in_scope_is_created_complete_with_a_manager_who_has_an_account() {
    let mut object = ada(json!({}));
    object.manager = Some(SourceId::from("grace"));
    insta::assert_snapshot!(plan(&object, &["employee"], Known::Unlinked, ALL), @r#"create {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"ada@example.com","active":true,"displayName":"Ada","title":"Agent","emails":[{"type":"work","value":"ada@example.com"}],"roles":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"employee","value":"employee"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"g-1"}}}"#);
}

#[test]
fn without_a_promise_of_uniqueness_the_target_is_asked_first() {
    let plan =
        plan_with(&ada(json!({})), &["employee"], Known::Unlinked, ALL, TargetPromise::default());
    assert_eq!(plan, r#"match userName "ada@example.com""#);
}

#[test]
fn an_unanswered_creation_is_looked_up_by_what_was_sent_and_by_what_is_wanted_now() {
    let sent: Values = [("userName".to_owned(), json!("ada.old@example.com"))].into();
    let plan = plan(&ada(json!({})), &["employee"], Known::Creating { sent: &sent }, ALL);
    assert_eq!(plan, r#"match userName "ada.old@example.com", userName "ada@example.com""#);
}

#[test]
fn what_was_sent_and_is_still_wanted_is_not_sent_again() {
    let (id, sent) = (ScimId::from("a-1"), sent());
    assert_eq!(
        plan(&ada(json!({})), &["employee"], linked(&id, &sent), ALL),
        "skip RedundantExport"
    );
}

#[test]
fn a_change_of_case_counts_only_where_the_attribute_says_so() {
    let (id, sent) = (ScimId::from("a-1"), sent());
    let object = ada(json!({"displayName": "ADA", "jobTitle": "AGENT"}));
    assert_eq!(
        plan(&object, &["employee"], linked(&id, &sent), ALL),
        r#"update a-1 [{"op":"replace","path":"title","value":"AGENT"}]"#
    );
}

#[test]
fn an_attribute_that_became_empty_is_left_as_it_is() {
    let (id, sent) = (ScimId::from("a-1"), sent());
    let object = ada(json!({"jobTitle": null}));
    assert_eq!(plan(&object, &["employee"], linked(&id, &sent), ALL), "skip RedundantExport");
}

#[test]
fn whoever_comes_back_is_opened_before_anything_else_changes() {
    let (id, mut sent) = (ScimId::from("a-1"), sent());
    sent.insert("active".to_owned(), json!(false));
    let object = ada(json!({"jobTitle": "Lead"}));
    let known = Known::Linked { id: &id, sent: &sent };
    assert_eq!(
        plan(&object, &["employee"], known, ALL),
        r#"update a-1 [{"op":"replace","path":"active","value":true}] then [{"op":"replace","path":"title","value":"Lead"}]"#
    );
}

#[test]
fn leaving_the_scope_disables_and_touches_nothing_else() {
    let (id, sent) = (ScimId::from("a-1"), sent());
    let object = ada(json!({"jobTitle": "Lead"}));
    let disable = r#"disable a-1 [{"op":"replace","path":"active","value":false}]"#;
    assert_eq!(plan(&object, &[], linked(&id, &sent), ALL), disable);
}

#[test]
fn whoever_is_disabled_or_deleted_in_the_source_is_disabled() {
    let (id, sent) = (ScimId::from("a-1"), sent());
    let disable = r#"disable a-1 [{"op":"replace","path":"active","value":false}]"#;
    let disabled = SourceObject { enabled: false, ..ada(json!({})) };
    assert_eq!(plan(&disabled, &["employee"], linked(&id, &sent), ALL), disable);
    let deleted = SourceObject { presence: Presence::SoftDeleted, ..ada(json!({})) };
    assert_eq!(plan(&deleted, &["employee"], linked(&id, &sent), ALL), disable);
}

#[test]
fn a_mapping_that_fails_keeps_no_leavers_account_open() {
    let (id, sent) = (ScimId::from("a-1"), sent());
    let object = ada(json!({"displayName": ["two", "values"]}));
    assert!(plan(&object, &["employee"], linked(&id, &sent), ALL).starts_with("failure Schema"));
    assert!(plan(&object, &[], linked(&id, &sent), ALL).starts_with("disable"));
}

#[test]
fn a_closed_account_is_not_closed_again() {
    let (id, mut sent) = (ScimId::from("a-1"), sent());
    sent.insert("active".to_owned(), json!(false));
    let known = Known::Linked { id: &id, sent: &sent };
    assert_eq!(plan(&ada(json!({})), &[], known, ALL), "skip AlreadyDisabled");
}

#[test]
fn an_account_of_which_it_is_not_known_whether_it_is_open_is_closed() {
    let (id, mut sent) = (ScimId::from("a-1"), sent());
    sent.remove("active");
    let known = Known::Linked { id: &id, sent: &sent };
    let disable = r#"disable a-1 [{"op":"add","path":"active","value":false}]"#;
    assert_eq!(plan(&ada(json!({})), &[], known, ALL), disable);
}

#[test]
fn whoever_leaves_while_the_creation_is_unanswered_is_looked_up_and_closed() {
    let sent: Values = [("userName".to_owned(), json!("ada@example.com"))].into();
    let object = ada(json!({}));
    assert_eq!(
        plan(&object, &[], Known::Creating { sent: &sent }, ALL),
        r#"match userName "ada@example.com""#
    );
    let account = json!({"id": "a-9", "userName": "ada@example.com", "active": true});
    let aim = Aim::Close([("active".to_owned(), json!(false))].into());
    let found = found(&user_rule(ALL), &aim, &ScimId::from("a-9"), account.as_object().unwrap());
    let disable = r#"disable a-9 [{"op":"replace","path":"active","value":false}]"#;
    assert_eq!(describe(&found.operation), disable);
}

#[test]
fn a_stranger_is_never_touched() {
    assert_eq!(plan(&ada(json!({})), &[], Known::Unlinked, ALL), "skip NotEffectivelyEntitled");
    let disabled = SourceObject { enabled: false, ..ada(json!({})) };
    assert_eq!(plan(&disabled, &["employee"], Known::Unlinked, ALL), "skip NotEffectivelyEntitled");
}

#[test]
fn only_a_purge_deletes_and_where_that_is_not_allowed_it_disables() {
    let (id, sent) = (ScimId::from("a-1"), sent());
    let purged = SourceObject { presence: Presence::Purged, ..ada(json!({})) };
    assert_eq!(plan(&purged, &[], linked(&id, &sent), ALL), "delete a-1");
    let disable = r#"disable a-1 [{"op":"replace","path":"active","value":false}]"#;
    assert_eq!(plan(&purged, &[], linked(&id, &sent), "Add,Update"), disable);
    assert_eq!(plan(&purged, &[], Known::Unlinked, ALL), "skip NotEffectivelyEntitled");
}

#[test]
fn operations_that_are_switched_off_are_skips() {
    let (id, sent) = (ScimId::from("a-1"), sent());
    let object = ada(json!({"jobTitle": "Lead"}));
    assert_eq!(plan(&object, &["employee"], linked(&id, &sent), "Add"), "skip UpdateNotAllowed");
    assert_eq!(plan(&object, &[], linked(&id, &sent), "Add"), "skip UpdateNotAllowed");
    assert!(plan(&object, &["employee"], Known::Unlinked, "Update").starts_with("match"));
}

#[test]
fn without_a_value_to_match_by_nothing_is_created() {
    let object = ada(json!({"userPrincipalName": null}));
    assert_eq!(plan(&object, &["employee"], Known::Unlinked, ALL), "skip ImportSkipped");
}

#[test]
fn a_lost_role_is_taken_away_and_a_lost_manager_too() {
    let (id, mut sent) = (ScimId::from("a-1"), sent());
    let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
    sent.insert(manager.to_owned(), json!({"value": "g-1"}));
    let object = ada(json!({}));
    let entitlements = [Entitlement { role: None, through: Vec::new() }];
    let verdict = scope::evaluate(&policy(ScopeSetting::Assigned), &object, &entitlements);
    let rule = user_rule(ALL);
    let case = Case {
        rule: Some(&rule),
        object: &object,
        entitlements: &entitlements,
        verdict: &verdict,
        known: linked(&id, &sent),
        promise: TargetPromise::default(),
    };
    let Ok(Step::Done(planned)) = begin(&case, &context(&grace)) else {
        panic!("no match is needed")
    };
    insta::assert_snapshot!(describe(&planned.operation), @r#"update a-1 [{"op":"remove","path":"roles"},{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}]"#);
}

#[test]
fn a_manager_without_an_account_waits_and_changes_nothing() {
    let (id, sent) = (ScimId::from("a-1"), sent());
    let object = SourceObject { manager: Some(SourceId::from("nobody")), ..ada(json!({})) };
    assert_eq!(plan(&object, &["employee"], linked(&id, &sent), ALL), "skip RedundantExport");
}

#[test]
fn an_adopted_account_is_brought_in_step_and_one_that_agrees_is_only_linked() {
    let rule = user_rule(ALL);
    let aim = Aim::Join(Desired { always: sent(), ..Desired::default() });
    let account = |title: &str| {
        let account = json!({
            "id": "a-9", "userName": "Ada@Example.com", "active": true, "displayName": "Ada", "title": title,
            "emails": [{"type": "work", "value": "ada@example.com"}], "roles": [{"value": "employee"}],
        });
        account.as_object().unwrap().clone()
    };
    let planned =
        |title| describe(&found(&rule, &aim, &ScimId::from("a-9"), &account(title)).operation);
    assert_eq!(planned("Agent"), "update a-9 ");
    assert_eq!(planned("Boss"), r#"update a-9 [{"op":"replace","path":"title","value":"Agent"}]"#);
}

#[test]
fn a_required_value_that_is_missing_is_named() {
    let rule = crate::fixture::rule(
        ObjectKind::User,
        ALL,
        &[("userName", "String!", "[userPrincipalName]", 1), ("title", "String!", "[jobTitle]", 0)],
    );
    let desired =
        Desired { always: [("userName".to_owned(), json!("a"))].into(), ..Desired::default() };
    let failure = absent(&rule, ObjectKind::User, Vec::new(), Aim::Join(desired)).unwrap_err();
    insta::assert_snapshot!(failure, @r#"the target requires "title", for which the source has no value; fill it in the directory or give the mapping a default"#);
}

#[test]
fn a_group_that_may_not_be_created_is_skipped_with_what_to_do() {
    let rule = crate::fixture::rule(
        ObjectKind::Group,
        "Update",
        &[("displayName", "String!", "[displayName]", 1)],
    );
    let queries = vec![Query {
        attribute: "displayName".to_owned(),
        path: Path::attribute("displayName"),
        value: "Agents".to_owned(),
    }];
    let planned = absent(&rule, ObjectKind::Group, queries, Aim::Join(Desired::default())).unwrap();
    let Operation::Skip(skip) = planned.operation else { panic!("nothing may be created") };
    insta::assert_snapshot!(skip.sentence(), @r#"the target has nothing whose displayName is "Agents", and this job may not create it; create it in the application under exactly this name, and it is taken up at the next look"#);
}
