//! Writing groups: names and memberships, in one transaction with the record.

use scim::ScimError;
use store::{Rows, Step, StoreError, Value, key};

use crate::{
    Organisation,
    group::Group,
    group_patch::{GroupEdit, Naming},
    record::{Action, Change, Entry},
    refusal::Refusal,
    users::whole,
    writer::Writer,
};

/// The most members that one record names.
const RECORDED_MEMBERS_MAX: usize = 100;

/// Who comes and goes.
#[derive(Debug)]
pub(crate) struct Membership {
    /// The steps that bring it about; none if it is so already.
    pub(crate) steps: Vec<Step>,
    /// Those who go, by id; of many the first.
    gone: Vec<String>,
    /// Those who come, by id; of many the first.
    come: Vec<String>,
}

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
        let membership = self.membership(&group.id, edit).await?;
        let mirror = writer.mirror.to_owned();
        let is_renamed = edit.display_name.as_ref().is_some_and(|name| *name != group.display_name);
        let naming = match &edit.external_id {
            Naming::Becomes(name) if name.as_ref() != group.mirrors.get(&mirror) => {
                Some(external_id_step(&group.id, mirror.clone(), name.clone()))
            }
            _ => None,
        };
        if !is_renamed && naming.is_none() && membership.steps.is_empty() {
            return Ok(true);
        }
        let name = edit.display_name.as_ref().unwrap_or(&group.display_name);
        let differences = differences(group, edit, &mirror, &membership);
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
        steps.extend(membership.steps);
        steps.push(self.record(&Entry {
            client_id: writer.client_id,
            method: writer.method,
            action: Action::Update,
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

    /// Who comes and goes, and the steps that bring it about.
    pub(crate) async fn membership(
        &self,
        group_id: &str,
        edit: &GroupEdit,
    ) -> Result<Membership, Refusal> {
        let named = |present: bool| {
            let ids = edit.members.iter().filter(|(_, is_member)| **is_member == present);
            Value::from(&ids.map(|(id, _)| id.as_str()).collect::<serde_json::Value>())
        };
        let group = || Value::from(group_id);
        let queries = vec![
            (STRANGERS, vec![group(), named(true), whole(RECORDED_MEMBERS_MAX)]),
            (NEWCOMERS, vec![group(), named(true)]),
            (LEAVERS, vec![group(), named(false)]),
        ];
        let mut answers = self.db.snapshot(queries).await?.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        let (strangers, newcomers, leavers) = (next(), next(), next());
        let (mut steps, mut gone) = (Vec::new(), Vec::new());
        if edit.clear && !strangers.is_empty() {
            steps.push(Step::Execute(CLEAR, vec![group(), named(true)]));
            gone.extend(first(&strangers)?);
        } else if !leavers.is_empty() {
            gone.extend(first(&leavers)?);
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
        Ok(Membership { steps, gone, come: first(&newcomers)? })
    }
}

/// What an edit changes, for the records.
fn differences(
    group: &Group,
    edit: &GroupEdit,
    mirror: &str,
    membership: &Membership,
) -> Vec<Change> {
    let one = |value: Option<&String>| value.cloned().into_iter().collect::<Vec<_>>();
    let name = edit.display_name.as_ref().and_then(|name| {
        Change::of("displayName", vec![group.display_name.clone()], vec![name.clone()])
    });
    let external_id = match &edit.external_id {
        Naming::Kept => None,
        Naming::Becomes(name) => {
            Change::of("externalId", one(group.mirrors.get(mirror)), one(name.as_ref()))
        }
    };
    let members = Change::of("members", membership.gone.clone(), membership.come.clone());
    name.into_iter().chain(external_id).chain(members).collect()
}

/// The ids of the rows that a record names.
fn first(rows: &Rows) -> Result<Vec<String>, StoreError> {
    rows.iter().take(RECORDED_MEMBERS_MAX).map(|row| row.text(0).map(str::to_owned)).collect()
}

/// Members that are not among those named: as many as a record names.
const STRANGERS: &str = "SELECT member_id FROM member
    WHERE team_id = $1 AND member_id NOT IN (SELECT value FROM json_each($2))
    ORDER BY member_id LIMIT $3";

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
