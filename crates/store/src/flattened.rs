//! Groups whose members in the target are all people in them and in the groups within them.
//!
//! Which groups those are is written down before a group is brought in step, so that each page of
//! the difference in members is read without walking through the groups again.

use crate::{Query, Step};

/// Writes down which groups count for `group`: itself and those within it.
#[must_use]
pub fn put_within(organisation: &str, job: &str, group: &str, within: &[String]) -> Vec<Step> {
    let rows = within
        .iter()
        .map(|id| vec![organisation.into(), job.into(), group.into(), id.as_str().into()]);
    vec![
        Step::Execute(
            "DELETE FROM flattened WHERE organisation = $1 AND job_id = $2 AND group_id = $3",
            vec![organisation.into(), job.into(), group.into()],
        ),
        Step::Many(
            "INSERT INTO flattened (organisation, job_id, group_id, within_id) VALUES ($1, $2, $3, $4)",
            rows.collect(),
        ),
    ]
}

/// Reads a page of people that a group lacks, as [`crate::link::members_to_add`] does for immediate members.
#[must_use]
pub fn members_to_add(
    organisation: &str,
    job: &str,
    group: &str,
    after: &str,
    limit: i64,
) -> Query {
    (
        "SELECT DISTINCT l.source_id, l.target_id, l.display_name FROM flattened f CROSS JOIN edge e \
         JOIN link l ON l.organisation = $1 AND l.job_id = $2 AND l.source_id = e.to_id AND l.state = 'open' \
         AND l.kind = 'User' \
         LEFT JOIN membership m ON m.organisation = $1 AND m.job_id = $2 AND m.group_id = $3 \
         AND m.member_id = e.to_id AND m.member_target = l.target_id \
         WHERE f.organisation = $1 AND f.job_id = $2 AND f.group_id = $3 \
         AND e.organisation = $1 AND e.kind = 'member' AND e.from_id = f.within_id AND e.to_id > $4 \
         AND m.member_id IS NULL ORDER BY l.source_id LIMIT $5",
        vec![organisation.into(), job.into(), group.into(), after.into(), limit.into()],
    )
}

/// Reads a page of members to remove: written by the job, and no longer people of the group.
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
         LEFT JOIN link l ON l.organisation = $1 AND l.job_id = $2 AND l.source_id = m.member_id \
         WHERE m.organisation = $1 AND m.job_id = $2 AND m.group_id = $3 AND m.member_id > $4 \
         AND (COALESCE(l.kind, 'User') <> 'User' OR NOT EXISTS (SELECT 1 FROM edge e CROSS JOIN flattened f \
         WHERE e.organisation = $1 AND e.kind = 'member' AND e.to_id = m.member_id \
         AND f.organisation = $1 AND f.job_id = $2 AND f.group_id = $3 AND f.within_id = e.from_id)) \
         ORDER BY m.member_id LIMIT $5",
        vec![organisation.into(), job.into(), group.into(), after.into(), limit.into()],
    )
}

/// Counts the people of a group that have no open account in the job.
#[must_use]
pub fn members_without_account(organisation: &str, job: &str, group: &str) -> Query {
    (
        "SELECT COUNT(DISTINCT e.to_id) FROM flattened f CROSS JOIN edge e \
         LEFT JOIN object o ON o.organisation = $1 AND o.id = e.to_id \
         LEFT JOIN link l ON l.organisation = $1 AND l.job_id = $2 AND l.source_id = e.to_id AND l.state = 'open' \
         WHERE f.organisation = $1 AND f.job_id = $2 AND f.group_id = $3 AND e.organisation = $1 \
         AND e.kind = 'member' AND e.from_id = f.within_id AND COALESCE(o.kind, 'User') = 'User' \
         AND l.source_id IS NULL",
        vec![organisation.into(), job.into(), group.into()],
    )
}

/// Reads a page of the linked groups that an object is in, immediately or not, and of its linked
/// reports, as [`crate::link::referring`] does for immediate groups.
#[must_use]
pub fn referring(organisation: &str, job: &str, object: &str, after: &str, limit: i64) -> Query {
    (
        "WITH RECURSIVE above (id) AS (\
         SELECT m.from_id FROM edge m WHERE m.organisation = $1 AND m.to_id = $3 AND m.kind IN ('member', 'manager') \
         UNION SELECT m.from_id FROM above b CROSS JOIN edge m CROSS JOIN object g WHERE m.organisation = $1 \
         AND m.kind = 'member' AND m.to_id = b.id AND g.organisation = $1 AND g.id = b.id AND g.kind = 'Group' \
         AND g.deleted IS NULL) \
         SELECT b.id FROM above b CROSS JOIN link l WHERE l.organisation = $1 AND l.job_id = $2 \
         AND l.source_id = b.id AND b.id > $4 ORDER BY b.id LIMIT $5",
        vec![organisation.into(), job.into(), object.into(), after.into(), limit.into()],
    )
}
