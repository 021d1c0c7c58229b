//! The statements of the organisation's directory.

mod application;
mod assignment;
mod change;
mod edge;
mod nesting;
mod object;

use jiff::Timestamp;

use crate::{Query, Step};

pub use application::{
    ApplicationRow, RoleRow, application, applications, put_application, put_roles, remove_roles,
    roles,
};
pub use assignment::{EffectiveRow, assigned, assignments_of};
pub use change::{ChangeRow, add_changes, changes};
pub use edge::{
    EdgeRow, add_edges, beginnings, edge, edges_between, edges_from, edges_from_page, edges_of,
    remove_edges,
};
pub use nesting::{
    GROUPS_MAX, STEPS_MAX, StepRow, assigned_nested, groups_above, groups_within, steps_above,
};
pub use object::{
    ObjectRow, count, deleted_objects, list, object, object_by_principal, object_with_attribute,
    objects_by_mail, objects_by_name, objects_of_feed, put_objects, release_principals,
    remove_object, walk,
};

/// Makes the organisation, unless it is there.
#[must_use]
pub fn add_organisation(organisation: &str, name: &str, now: Timestamp) -> Step {
    Step::Execute(
        "INSERT INTO organisation (id, name, created) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        vec![organisation.into(), name.into(), now.into()],
    )
}

/// The number of the newest change.
#[must_use]
pub fn sequence(organisation: &str) -> Query {
    ("SELECT sequence FROM organisation WHERE id = $1", vec![organisation.into()])
}

/// Raises the counter by `count`, if nobody has raised it since it was `seen`. The row stays locked
/// until commit, so that the order of numbers is the order of commits.
#[must_use]
pub fn advance(organisation: &str, seen: i64, count: i64) -> Step {
    Step::Expect(
        "UPDATE organisation SET sequence = sequence + $2 WHERE id = $1 AND sequence = $3",
        vec![organisation.into(), count.into(), seen.into()],
        1,
    )
}

/// Notes that a feed brought something.
#[must_use]
pub fn note_feed(organisation: &str, name: &str, kind: &str, now: Timestamp) -> Step {
    Step::Execute(
        "INSERT INTO feed (organisation, name, kind, imported, created) VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (organisation, name) DO UPDATE SET kind = excluded.kind, imported = excluded.imported",
        vec![organisation.into(), name.into(), kind.into(), now.into()],
    )
}
