//! Links: which target resource each source object has in a job, and what was sent to it; and the
//! ledger of memberships that the job wrote.

use crate::{Query, Row, Step, StoreError, Value};

/// A link as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The source object.
    pub source_id: String,
    /// `User` or `Group`.
    pub kind: String,
    /// `creating`, `open` or `closed`.
    pub state: String,
    /// The target resource; none while creating.
    pub target_id: Option<String>,
    /// The name of the object when it was last written, for logs after its end.
    pub display_name: String,
    /// What was sent, JSON by target attribute; while creating, the matching values.
    pub sent: String,
    /// What the target shows differently, JSON.
    pub seen: String,
    /// When it was written, microseconds.
    pub updated: i64,
}

/// A member that is to be added to a group or removed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// The member's id in the directory.
    pub member_id: String,
    /// Its id in the target.
    pub target_id: String,
    /// Its name.
    pub display_name: String,
}

const COLUMNS_OF_ONE: &str = "SELECT source_id, kind, state, target_id, display_name, sent, seen, updated FROM link \
    WHERE organisation = $1 AND job_id = $2 AND source_id = $3";

/// Reads the link of an object.
#[must_use]
pub fn of(organisation: &str, job: &str, source: &str) -> Query {
    (COLUMNS_OF_ONE, vec![organisation.into(), job.into(), source.into()])
}

/// Reads which object a target resource is linked to.
#[must_use]
pub fn owner(organisation: &str, job: &str, kind: &str, target: &str) -> Query {
    (
        "SELECT source_id FROM link WHERE organisation = $1 AND job_id = $2 AND kind = $3 AND target_id = $4",
        vec![organisation.into(), job.into(), kind.into(), target.into()],
    )
}

/// Reads a page of the ids of linked objects.
#[must_use]
pub fn page(organisation: &str, job: &str, after: &str, limit: i64) -> Query {
    (
        "SELECT source_id, kind, state, target_id, display_name, sent, seen, updated FROM link \
         WHERE organisation = $1 AND job_id = $2 AND source_id > $3 ORDER BY source_id LIMIT $4",
        vec![organisation.into(), job.into(), after.into(), limit.into()],
    )
}

/// Counts the links by kind and state.
#[must_use]
pub fn counts(organisation: &str, job: &str) -> Query {
    (
        "SELECT kind, state, COUNT(*) FROM link WHERE organisation = $1 AND job_id = $2 GROUP BY kind, state \
         ORDER BY kind, state",
        vec![organisation.into(), job.into()],
    )
}

/// Writes a link.
#[must_use]
pub fn put(organisation: &str, job: &str, link: &LinkRow) -> Step {
    Step::Execute(
        "INSERT INTO link (organisation, job_id, source_id, kind, state, target_id, display_name, sent, seen, updated) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (organisation, job_id, source_id) DO UPDATE SET state = excluded.state, \
         target_id = excluded.target_id, display_name = excluded.display_name, sent = excluded.sent, \
         seen = excluded.seen, updated = excluded.updated",
        vec![
            organisation.into(),
            job.into(),
            link.source_id.as_str().into(),
            link.kind.as_str().into(),
            link.state.as_str().into(),
            link.target_id.clone().into(),
            link.display_name.as_str().into(),
            link.sent.as_str().into(),
            link.seen.as_str().into(),
            link.updated.into(),
        ],
    )
}

/// Notes that creations are about to be sent: one row for each, all in one statement.
#[must_use]
pub fn creating(organisation: &str, job: &str, links: &[LinkRow]) -> Step {
    let parameters = links.iter().map(|link| -> Vec<Value> {
        vec![
            organisation.into(),
            job.into(),
            link.source_id.as_str().into(),
            link.kind.as_str().into(),
            link.display_name.as_str().into(),
            link.sent.as_str().into(),
            link.updated.into(),
        ]
    });
    Step::Many(
        "INSERT INTO link (organisation, job_id, source_id, kind, state, target_id, display_name, sent, seen, updated) \
         VALUES ($1, $2, $3, $4, 'creating', NULL, $5, $6, '{}', $7) \
         ON CONFLICT (organisation, job_id, source_id) DO UPDATE SET state = 'creating', target_id = NULL, \
         display_name = excluded.display_name, sent = excluded.sent, updated = excluded.updated",
        parameters.collect(),
    )
}

/// Forgets a link: its account is gone.
#[must_use]
pub fn forget(organisation: &str, job: &str, source: &str) -> Step {
    Step::Execute(
        "DELETE FROM link WHERE organisation = $1 AND job_id = $2 AND source_id = $3",
        vec![organisation.into(), job.into(), source.into()],
    )
}

/// Forgets all links of a job and its ledger, so that everything is matched anew.
#[must_use]
pub fn forget_all(organisation: &str, job: &str) -> Vec<Step> {
    let parameters = || vec![organisation.into(), job.into()];
    vec![
        Step::Execute("DELETE FROM link WHERE organisation = $1 AND job_id = $2", parameters()),
        Step::Execute(
            "DELETE FROM membership WHERE organisation = $1 AND job_id = $2",
            parameters(),
        ),
        Step::Execute("DELETE FROM skip WHERE organisation = $1 AND job_id = $2", parameters()),
    ]
}

/// Reads a link's row.
pub fn read(row: &Row) -> Result<LinkRow, StoreError> {
    Ok(LinkRow {
        source_id: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        state: row.text(2)?.to_owned(),
        target_id: row.optional_text(3)?.map(str::to_owned),
        display_name: row.text(4)?.to_owned(),
        sent: row.text(5)?.to_owned(),
        seen: row.text(6)?.to_owned(),
        updated: row.integer(7)?,
    })
}

/// Reads a page of members that a group lacks: in the directory's group, with an open account,
/// and not yet in the ledger with that account.
#[must_use]
pub fn members_to_add(
    organisation: &str,
    job: &str,
    group: &str,
    after: &str,
    limit: i64,
) -> Query {
    (
        "SELECT l.source_id, l.target_id, l.display_name FROM edge e \
         JOIN link l ON l.organisation = e.organisation AND l.job_id = $2 AND l.source_id = e.to_id AND l.state = 'open' \
         LEFT JOIN membership m ON m.organisation = e.organisation AND m.job_id = $2 AND m.group_id = e.from_id \
         AND m.member_id = e.to_id AND m.member_target = l.target_id \
         WHERE e.organisation = $1 AND e.kind = 'member' AND e.from_id = $3 AND e.to_id > $4 AND m.member_id IS NULL \
         ORDER BY e.to_id LIMIT $5",
        vec![organisation.into(), job.into(), group.into(), after.into(), limit.into()],
    )
}

/// Reads a page of members to remove: written by the job, and no longer in the directory's group.
#[must_use]
pub fn members_to_remove(
    organisation: &str,
    job: &str,
    group: &str,
    after: &str,
    limit: i64,
) -> Query {
    (
        "SELECT m.member_id, m.member_target, COALESCE(l.display_name, m.member_id) FROM membership m \
         LEFT JOIN edge e ON e.organisation = m.organisation AND e.kind = 'member' AND e.from_id = m.group_id \
         AND e.to_id = m.member_id \
         LEFT JOIN link l ON l.organisation = m.organisation AND l.job_id = m.job_id AND l.source_id = m.member_id \
         WHERE m.organisation = $1 AND m.job_id = $2 AND m.group_id = $3 AND m.member_id > $4 AND e.to_id IS NULL \
         ORDER BY m.member_id LIMIT $5",
        vec![organisation.into(), job.into(), group.into(), after.into(), limit.into()],
    )
}

/// Counts the members of a group in the directory that have no open account in the job.
#[must_use]
pub fn members_without_account(organisation: &str, job: &str, group: &str) -> Query {
    (
        "SELECT COUNT(*) FROM edge e LEFT JOIN link l ON l.organisation = e.organisation AND l.job_id = $2 \
         AND l.source_id = e.to_id AND l.state = 'open' \
         WHERE e.organisation = $1 AND e.kind = 'member' AND e.from_id = $3 AND l.source_id IS NULL",
        vec![organisation.into(), job.into(), group.into()],
    )
}

/// Reads a member's row.
pub fn read_member(row: &Row) -> Result<MemberRow, StoreError> {
    Ok(MemberRow {
        member_id: row.text(0)?.to_owned(),
        target_id: row.text(1)?.to_owned(),
        display_name: row.text(2)?.to_owned(),
    })
}

/// Enters memberships into the ledger.
#[must_use]
pub fn joined(organisation: &str, job: &str, group: &str, members: &[(String, String)]) -> Step {
    let parameters = members.iter().map(|(member, target)| -> Vec<Value> {
        vec![
            organisation.into(),
            job.into(),
            group.into(),
            member.as_str().into(),
            target.as_str().into(),
        ]
    });
    Step::Many(
        "INSERT INTO membership (organisation, job_id, group_id, member_id, member_target) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (organisation, job_id, group_id, member_id) DO UPDATE SET member_target = excluded.member_target",
        parameters.collect(),
    )
}

/// Strikes memberships from the ledger.
#[must_use]
pub fn left(organisation: &str, job: &str, group: &str, members: &[String]) -> Step {
    let parameters = members.iter().map(|member| -> Vec<Value> {
        vec![organisation.into(), job.into(), group.into(), member.as_str().into()]
    });
    Step::Many(
        "DELETE FROM membership WHERE organisation = $1 AND job_id = $2 AND group_id = $3 AND member_id = $4",
        parameters.collect(),
    )
}

/// Strikes an object from the ledger, as a member and as a group: its account is gone.
#[must_use]
pub fn left_everything(organisation: &str, job: &str, object: &str) -> Vec<Step> {
    let of_group = Step::Execute(
        "DELETE FROM membership WHERE organisation = $1 AND job_id = $2 AND group_id = $3",
        vec![organisation.into(), job.into(), object.into()],
    );
    vec![left_groups(organisation, job, object), of_group]
}

/// Reads a page of the linked groups and the linked reports of an object: those whose references to
/// it can now be written. One whose own creation is on its way is among them.
#[must_use]
pub fn referring(organisation: &str, job: &str, object: &str, after: &str, limit: i64) -> Query {
    // Ordered by the edge, so that the few edges lead and not all links of the job.
    (
        "SELECT DISTINCT e.from_id FROM edge e JOIN link l ON l.organisation = e.organisation AND l.job_id = $2 \
         AND l.source_id = e.from_id WHERE e.organisation = $1 AND e.to_id = $3 AND e.kind IN ('member', 'manager') \
         AND e.from_id > $4 ORDER BY e.from_id LIMIT $5",
        vec![organisation.into(), job.into(), object.into(), after.into(), limit.into()],
    )
}

/// Strikes an object's memberships from the ledger, so that they are written again: its account was
/// closed and is open again, and the target may have dropped them meanwhile.
#[must_use]
pub fn left_groups(organisation: &str, job: &str, object: &str) -> Step {
    Step::Execute(
        "DELETE FROM membership WHERE organisation = $1 AND job_id = $2 AND member_id = $3",
        vec![organisation.into(), job.into(), object.into()],
    )
}
