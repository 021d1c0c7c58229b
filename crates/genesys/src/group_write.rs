//! Writing groups: names and memberships, in one transaction with the record.

use scim::ScimError;
use store::{Step, StoreError, Value, key};

use crate::{
    Organisation,
    group::Group,
    group_patch::{GroupEdit, Naming},
    record::{Change, Entry},
    refusal::Refusal,
    writer::Writer,
};

/// The most members that one record names.
const RECORDED_MEMBERS_MAX: usize = 100;

impl Organisation {
    /// Edits a group; with `version`, only while it has that version: `false` means
    /// another one. An edit that changes nothing writes nothing.
    pub(crate) async fn edit_group(
        &self,
        writer: Writer<'_>,
        group: &Group,
        edit: &GroupEdit,
        version: Option<i64>,
    ) -> Result<bool, Refusal> {
        let changes = self.member_steps(&group.id, edit).await?;
        let mirror = writer.mirror.to_owned();
        let is_renamed = edit.display_name.as_ref().is_some_and(|name| *name != group.display_name);
        let naming = match &edit.external_id {
            Naming::Becomes(name) if name.as_ref() != group.mirrors.get(&mirror) => {
                Some(external_id_step(&group.id, mirror, name.clone()))
            }
            _ => None,
        };
        if !is_renamed && naming.is_none() && changes.is_empty() {
            return Ok(true);
        }
        let name = edit.display_name.as_ref().unwrap_or(&group.display_name);
        let differences = differences(group, edit, is_renamed.then_some(name), naming.is_some());
        let mut steps = vec![Step::Expect(
            // Whoever does not rename leaves the name that another write may have given meanwhile.
            "UPDATE team SET display_name = coalesce($2, display_name), name_key = coalesce($3, name_key),
               version = version + 1, modified = $4
             WHERE id = $1 AND ($5 IS NULL OR version = $5)",
            vec![
                (&group.id).into(),
                is_renamed.then_some(name).into(),
                is_renamed.then(|| key::fold(name)).into(),
                self.clock.now().into(),
                version.into(),
            ],
            1,
        )];
        steps.extend(naming);
        steps.extend(changes);
        steps.push(self.record(&Entry {
            client_id: writer.client_id,
            method: writer.method,
            resource: "Group",
            resource_id: Some(&group.id),
            name: Some(name),
            status: 200,
            correlation_id: Some(writer.correlation_id),
            changes: &differences,
        }));
        match self.db.transaction(steps).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(StoreError::Unique { key }) if key == "team.name_key" => Err(name_taken(name)),
            Err(error) => Err(error.into()),
        }
    }

    /// The steps that bring the membership about; none if it is so already.
    pub(crate) async fn member_steps(
        &self,
        group_id: &str,
        edit: &GroupEdit,
    ) -> Result<Vec<Step>, Refusal> {
        let named = |present: bool| {
            let ids = edit.members.iter().filter(|(_, is_member)| **is_member == present);
            Value::from(&ids.map(|(id, _)| id.as_str()).collect::<serde_json::Value>())
        };
        let group = || Value::from(group_id);
        let queries = vec![
            (STRANGERS, vec![group(), named(true)]),
            (NEWCOMERS, vec![group(), named(true)]),
            (LEAVERS, vec![group(), named(false)]),
        ];
        let mut answers = self.db.snapshot(queries).await?.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        let (strangers, newcomers, leavers) = (next(), next(), next());
        let mut steps = Vec::new();
        if edit.clear && !strangers.is_empty() {
            steps.push(Step::Execute(CLEAR, vec![group(), named(true)]));
        }
        if !leavers.is_empty() {
            let removed = leavers.iter().map(|row| Ok(vec![group(), row.text(0)?.into()]));
            steps.push(Step::Many(REMOVE, removed.collect::<Result<_, StoreError>>()?));
        }
        let mut added = Vec::new();
        for row in &newcomers {
            let id = row.text(0)?;
            if id == group_id || !row.boolean(1)? {
                return Err(no_member(id).into());
            }
            added.push(vec![group(), id.into()]);
        }
        if !added.is_empty() {
            steps.push(Step::Many(ADD, added));
        }
        Ok(steps)
    }
}

/// What an edit changes, for the records: of many members the first.
fn differences(
    group: &Group,
    edit: &GroupEdit,
    name: Option<&String>,
    has_external_id: bool,
) -> Vec<Change> {
    let named = |present: bool| {
        let ids = edit.members.iter().filter(|(_, is_member)| **is_member == present);
        ids.map(|(id, _)| id.clone()).take(RECORDED_MEMBERS_MAX).collect::<Vec<_>>()
    };
    let change = |property: &str, old_values, new_values| Change {
        property: property.to_owned(),
        old_values,
        new_values,
    };
    let mut changes = Vec::new();
    if let Some(name) = name {
        changes.push(change("displayName", vec![group.display_name.clone()], vec![name.clone()]));
    }
    if has_external_id {
        changes.push(change("externalId", Vec::new(), Vec::new()));
    }
    if !edit.members.is_empty() || edit.clear {
        let gone = if edit.clear { vec!["all others".to_owned()] } else { named(false) };
        changes.push(change("members", gone, named(true)));
    }
    changes
}

/// Whether the group has members that are not among those named.
const STRANGERS: &str = "SELECT 1 FROM member
    WHERE team_id = $1 AND member_id NOT IN (SELECT value FROM json_each($2)) LIMIT 1";

/// Those of the named who are no members yet, and whether they exist.
const NEWCOMERS: &str = "SELECT value,
      EXISTS (SELECT 1 FROM person WHERE id = value AND state <> 'deleted')
        OR EXISTS (SELECT 1 FROM team WHERE id = value)
    FROM json_each($2)
    WHERE NOT EXISTS (SELECT 1 FROM member WHERE team_id = $1 AND member_id = value)";

/// Those of the named who are members.
const LEAVERS: &str = "SELECT value FROM json_each($2)
    WHERE EXISTS (SELECT 1 FROM member WHERE team_id = $1 AND member_id = value)";

const CLEAR: &str = "DELETE FROM member
    WHERE team_id = $1 AND member_id NOT IN (SELECT value FROM json_each($2))";

const REMOVE: &str = "DELETE FROM member WHERE team_id = $1 AND member_id = $2";

/// Whoever was deleted since the question was asked adds no row.
const ADD: &str = "INSERT INTO member (team_id, member_id, kind)
    SELECT $1, id, 'User' FROM person WHERE id = $2 AND state <> 'deleted'
    UNION ALL SELECT $1, id, 'Group' FROM team WHERE id = $2
    ON CONFLICT DO NOTHING";

fn external_id_step(group_id: &str, authority: String, value: Option<String>) -> Step {
    let key = vec![group_id.into(), authority.into()];
    match value {
        None => {
            Step::Execute("DELETE FROM external_id WHERE owner_id = $1 AND authority = $2", key)
        }
        Some(value) => Step::Execute(
            "INSERT INTO external_id (owner_id, authority, value) VALUES ($1, $2, $3)
             ON CONFLICT (owner_id, authority) DO UPDATE SET value = excluded.value",
            [key, vec![value.into()]].concat(),
        ),
    }
}

fn no_member(id: &str) -> ScimError {
    ScimError::invalid_value(format!(
        "members names \"{id}\", but no user or other group has this id: create it first, or leave it out"
    ))
}

fn name_taken(name: &str) -> Refusal {
    ScimError::uniqueness(format!(
        "displayName \"{name}\" belongs to another group: choose another name"
    ))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, grant::Reach};

    const WRITER: Writer<'static> = Writer {
        client_id: "test",
        mirror: "x-pc:scimv2:v1:test",
        reach: &Reach::All,
        method: "PATCH",
        correlation_id: "",
    };

    #[tokio::test]
    async fn a_change_of_members_leaves_the_name_that_another_write_gave() {
        let folder = tempfile::tempdir().unwrap();
        let organisation = Organisation::open(folder.path(), Clock::system()).await.unwrap();
        let (sales, other) = (
            organisation.create_group("Sales").await.unwrap(),
            organisation.create_group("Other").await.unwrap(),
        );
        let rename = GroupEdit { display_name: Some("Buyers".to_owned()), ..GroupEdit::default() };
        assert!(organisation.edit_group(WRITER, &sales, &rename, None).await.unwrap());
        // What was read before the other write is out of date by now.
        let mut fill = GroupEdit::default();
        fill.members.insert(other.id, true);
        assert!(organisation.edit_group(WRITER, &sales, &fill, None).await.unwrap());
        assert_eq!(organisation.group(&sales.id).await.unwrap().display_name, "Buyers");
        assert_eq!(organisation.members(&sales.id).await.unwrap().len(), 1);
    }
}
