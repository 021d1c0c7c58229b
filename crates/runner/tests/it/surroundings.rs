//! What decides about an object beside its own attributes: filters, managers, groups, tables.

use engine::object::ObjectKind;
use engine::scope::ScopeSetting::All;
use graph::schema::{Filter, ObjectMapping};
use runner::schema::{Cause, SchemaEdit};
use serde_json::{Value, json};

use crate::world::{ACTOR, APP, World};

impl World {
    /// Maps a target attribute of users from an expression.
    async fn map(&self, target: &str, expression: &str) {
        let mapping = [(target.to_owned(), expression.to_owned())];
        let job = self.job().await;
        self.runner.set_mappings(&job, ObjectKind::User, &mapping, ACTOR).await.unwrap();
    }

    /// Sets the scoping filter of users.
    async fn filter(&self, filter: Value) {
        let filter: Filter = serde_json::from_value(filter).unwrap();
        let stored = self.runner.schema(APP).await.unwrap();
        let mut schema = stored.schema.clone();
        let is_user = |mapping: &&mut ObjectMapping| {
            mapping
                .source_object_name
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case("user"))
        };
        let mut mappings =
            schema.synchronization_rules.iter_mut().flat_map(|rule| &mut rule.object_mappings);
        mappings.find(is_user).unwrap().scope = Some(filter);
        let edit = SchemaEdit { actor: ACTOR.to_owned(), cause: Cause::Import, reason: None };
        self.runner.save_schema(&stored, schema, edit).await.unwrap();
    }

    fn title(&self, name: &str) -> Option<Value> {
        self.target.user(&format!("{name}@example.com")).unwrap().get("title").cloned()
    }
}

fn clause(attribute: &str, operator: &str, values: &[&str]) -> Value {
    json!({"sourceOperandName": attribute, "operatorName": operator, "targetOperand": {"values": values}})
}

fn group(clauses: &[Value]) -> Value {
    json!({"name": "test", "clauses": clauses})
}

async fn three() -> World {
    let world = World::new("scim", All).await;
    let sales = json!({"department": "Sales", "manager": {"id": "eve"}});
    world.users(&[("ada", sales), ("bob", json!({"department": "HR"})), ("eve", json!({}))]).await;
    world
}

#[tokio::test]
async fn whoever_leaves_the_scoping_filter_is_disabled_and_told_which_clause() {
    let world = three().await;
    world.filter(json!({"groups": [group(&[clause("department", "EQUALS", &["Sales"])])]})).await;
    world.run().await;
    assert_eq!((world.is_open("ada"), world.is_open("bob")), (Some(true), None));
    world.set("ada", "department", "HR").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(false));
    let entries = world.entries().await;
    let told = format!("{:?}", entries.first().unwrap().provisioning_steps);
    assert!(told.contains(r#"department EQUALS \"Sales\" does not hold for \"HR\""#), "{told}");
    world.set("ada", "department", "Sales").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(true));
    world.assert_in_step().await;
}

#[tokio::test]
async fn whoever_leaves_an_input_filter_keeps_the_account_as_it_is() {
    let world = three().await;
    let department = clause("department", "EQUALS", &["Sales"]);
    world.filter(json!({"inputFilterGroups": [group(&[department])]})).await;
    world.run().await;
    world.set("ada", "department", "HR").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(true));
}

#[tokio::test]
async fn a_job_that_keeps_leavers_still_disables_whoever_is_disabled_in_the_source() {
    let world = three().await;
    let job = world.job().await;
    world.runner.set_skip_out_of_scope_deletions(&job, true).await.unwrap();
    world.filter(json!({"groups": [group(&[clause("department", "EQUALS", &["Sales"])])]})).await;
    world.run().await;
    world.set("ada", "department", "HR").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(true));
    world.set("ada", "accountEnabled", "false").await;
    world.run().await;
    assert_eq!(world.is_open("ada"), Some(false));
}

#[tokio::test]
async fn two_people_of_one_name_get_two_unique_values() {
    let world = three().await;
    let unique = r#"SelectUniqueValue("colleague", "colleague2", "colleague3")"#;
    world.map("nickName", unique).await;
    world.run().await;
    let nick_name =
        |name: &str| world.target.user(&format!("{name}@example.com")).unwrap()["nickName"].clone();
    let mut names =
        [nick_name("ada"), nick_name("bob"), nick_name("eve")].map(|name| name.to_string());
    names.sort();
    assert_eq!(names, [r#""colleague""#, r#""colleague2""#, r#""colleague3""#]);
}

#[tokio::test]
async fn a_filter_by_group_follows_the_membership_at_any_depth_and_the_groups_name() {
    let world = three().await;
    world.groups(&[("Staff", &["group-Agents"]), ("Agents", &["ada"])]).await;
    world.filter(json!({"groups": [group(&[clause("", "IsMemberOf", &["Staff"])])]})).await;
    world.run().await;
    assert_eq!((world.is_open("ada"), world.is_open("bob")), (Some(true), None));
    let (directory, now) = (&world.runner.directory, (world.runner.clock)());
    directory.add_member("group-Agents", "bob", ACTOR, now).await.unwrap();
    directory.remove_member("group-Agents", "ada", ACTOR, now).await.unwrap();
    world.run().await;
    assert_eq!((world.is_open("ada"), world.is_open("bob")), (Some(false), Some(true)));
    directory.remove_member("group-Staff", "group-Agents", ACTOR, now).await.unwrap();
    world.run().await;
    assert_eq!(world.is_open("bob"), Some(false));
    directory.add_member("group-Staff", "group-Agents", ACTOR, now).await.unwrap();
    world.run().await;
    assert_eq!(world.is_open("bob"), Some(true));
    world.set("group-Staff", "displayName", "Crew").await;
    world.run().await;
    assert_eq!(world.is_open("bob"), Some(false));
}

#[tokio::test]
async fn a_mapping_from_the_manager_follows_the_manager() {
    let world = three().await;
    world.map("title", r#"Append("reports to ", [manager.displayName])"#).await;
    world.run().await;
    assert_eq!(world.title("ada"), Some(json!("reports to eve")));
    world.set("eve", "displayName", "Eve Adams").await;
    world.run().await;
    assert_eq!(world.title("ada"), Some(json!("reports to Eve Adams")));
    world.assert_in_step().await;
}

#[tokio::test]
async fn a_mapping_from_a_table_follows_the_table() {
    let world = three().await;
    let centres = |number: &str| [("Sales".to_owned(), number.to_owned())].into();
    world.runner.set_table(&world.job().await, "centres", centres("4711")).await.unwrap();
    world.map("title", r#"Lookup("centres", [department], "none")"#).await;
    world.run().await;
    assert_eq!(
        (world.title("ada"), world.title("bob")),
        (Some(json!("4711")), Some(json!("none")))
    );
    world.runner.set_table(&world.job().await, "centres", centres("4712")).await.unwrap();
    world.run().await;
    assert_eq!(world.title("ada"), Some(json!("4712")));
    world.assert_in_step().await;
}

#[tokio::test]
async fn what_is_redacted_is_provisioned_and_not_shown() {
    let world = World::new("scim", All).await;
    world.users(&[("ada", json!({"employeeType": "probation"}))]).await;
    world.map("title", "Redact([employeeType])").await;
    world.run().await;
    assert_eq!(world.title("ada"), Some(json!("probation")));
    let log = format!("{:?}", world.entries().await);
    assert!(log.contains("[Redact]") && !log.contains("probation"), "{log}");
}
