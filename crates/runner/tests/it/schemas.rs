//! The versions of a job's schema: two writers at once, and what a change starts anew.

use engine::scope::ScopeSetting::All;
use runner::RunError;
use runner::schema::{Cause, SCHEMA_VERSIONS_MAX, SchemaEdit};

use crate::world::{ACTOR, APP, World};

fn edit() -> SchemaEdit {
    SchemaEdit { actor: ACTOR.to_owned(), cause: Cause::Import, reason: None }
}

/// A schema that differs by the default value of one mapping.
fn changed(
    schema: &graph::schema::SynchronizationSchema,
    value: &str,
) -> graph::schema::SynchronizationSchema {
    let mut schema = schema.clone();
    let mapping = &mut schema.synchronization_rules[0].object_mappings[0].attribute_mappings[2];
    mapping.default_value = Some(value.to_owned());
    schema
}

#[tokio::test]
async fn of_two_changes_at_once_the_second_stores_nothing() {
    let world = World::new("scim", All).await;
    let stored = world.runner.schema(APP).await.unwrap();
    let first = world.runner.save_schema(&stored, changed(&stored.schema, "a"), edit());
    assert!(first.await.unwrap().is_new);
    let second = world.runner.save_schema(&stored, changed(&stored.schema, "b"), edit()).await;
    assert!(matches!(second, Err(RunError::SchemaChanged { .. })), "{second:?}");
    let now = world.runner.schema(APP).await.unwrap();
    assert_eq!(now.version, 2);
    assert_eq!(
        now.schema.synchronization_rules,
        changed(&stored.schema, "a").synchronization_rules
    );
}

#[tokio::test]
async fn a_change_of_mappings_asks_for_a_look_at_everybody_and_a_definition_does_not() {
    let world = World::new("scim", All).await;
    world.run().await;
    assert!(!world.job().await.is_initial());
    let stored = world.runner.schema(APP).await.unwrap();
    let mut defined = stored.schema.clone();
    let attributes = &mut defined.directories[1].objects[0].attributes;
    let name = Some("badge".to_owned());
    attributes.push(graph::schema::AttributeDefinition { name, ..attributes[1].clone() });
    let saved = world.runner.save_schema(&stored, defined, edit()).await.unwrap();
    assert!(saved.is_new && !saved.restarts);
    assert!(!world.job().await.is_initial());
    let stored = world.runner.schema(APP).await.unwrap();
    let saved = world.runner.save_schema(&stored, changed(&stored.schema, "a"), edit()).await;
    assert!(saved.unwrap().restarts);
    assert!(world.job().await.is_initial());
}

#[tokio::test]
async fn only_so_many_versions_are_kept() {
    let world = World::new("scim", All).await;
    for value in 0..SCHEMA_VERSIONS_MAX + 2 {
        let stored = world.runner.schema(APP).await.unwrap();
        let schema = changed(&stored.schema, &value.to_string());
        world.runner.save_schema(&stored, schema, edit()).await.unwrap();
    }
    let stored = world.runner.schema(APP).await.unwrap();
    let versions = world.runner.schema_versions(&stored).await.unwrap();
    assert_eq!(i64::try_from(versions.len()).unwrap(), SCHEMA_VERSIONS_MAX);
    assert_eq!(versions[0].version, SCHEMA_VERSIONS_MAX + 3);
    assert!(world.runner.schema_of_version(&stored, 1).await.is_err());
}
