//! Edges between objects: group members and managers.

use std::collections::HashMap;

use engine::object::ObjectKind;
use jiff::Timestamp;
use store::directory as statements;
use store::directory::EdgeRow;

use crate::change::EdgeKind;
use crate::draft::Beginning;
use crate::error::DirectoryError;
use crate::{API_FEED, Directory, Object, limited};

impl Directory {
    /// Makes `manager` the manager of a user, or nobody. Whether that changed anything. Like an
    /// attribute, the manager belongs to the user's feed, whose next import sets it again.
    ///
    /// # Errors
    /// There is no such user, or it is in the recycle bin, or would manage itself.
    pub async fn set_manager(
        &self,
        user: &str,
        manager: Option<&str>,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, DirectoryError> {
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let user = self.present_of(user, ObjectKind::User).await?;
                let desired = match manager {
                    Some(manager) => Some(self.present_of(manager, ObjectKind::User).await?),
                    None => None,
                };
                if desired.as_ref().is_some_and(|manager| manager.id == user.id) {
                    return Err(DirectoryError::Itself {
                        display_name: user.display_name,
                        relation: "manager",
                    });
                }
                let from = Beginning::of(&user);
                let mut there = false;
                for edge in self.edges_from(EdgeKind::Manager, &user.id).await? {
                    match &desired {
                        Some(manager) if manager.id == edge.to_id => there = true,
                        _ => draft.remove_edge(edge, &from),
                    }
                }
                if let Some(manager) = desired.filter(|_| !there) {
                    draft.add_edge(
                        edge(EdgeKind::Manager, &user.id, &manager.id, "", &user.feed),
                        &from,
                    );
                }
                let changed = !draft.is_empty();
                Ok((draft, changed))
            })
        })
        .await
    }

    /// Makes an object a member of a group. Whether it was not one. An import never removes it.
    ///
    /// # Errors
    /// There is no such group or object, or one is in the recycle bin.
    pub async fn add_member(
        &self,
        group: &str,
        member: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, DirectoryError> {
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let group = self.present_of(group, ObjectKind::Group).await?;
                let member = self.present(member).await?;
                if group.id == member.id {
                    return Err(DirectoryError::Itself {
                        display_name: group.display_name,
                        relation: "member",
                    });
                }
                if self.edge(EdgeKind::Member, &group.id, &member.id, "").await?.is_none() {
                    let edge = edge(EdgeKind::Member, &group.id, &member.id, "", API_FEED);
                    draft.add_edge(edge, &Beginning::of(&group));
                }
                let changed = !draft.is_empty();
                Ok((draft, changed))
            })
        })
        .await
    }

    /// Takes a member out of a group. Whether it was one.
    ///
    /// # Errors
    /// There is no such group.
    pub async fn remove_member(
        &self,
        group: &str,
        member: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, DirectoryError> {
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let group = self.present_of(group, ObjectKind::Group).await?;
                if let Some(edge) = self.edge(EdgeKind::Member, &group.id, member, "").await? {
                    draft.remove_edge(edge, &Beginning::of(&group));
                }
                let changed = !draft.is_empty();
                Ok((draft, changed))
            })
        })
        .await
    }

    /// Ids of the immediate members of a group, behind the id `after`, at most `limit` of them.
    /// Some may be in the recycle bin, or not have been imported yet.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn members(
        &self,
        group: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, DirectoryError> {
        // Members have no label, so that any label is behind theirs.
        let after = (after, "");
        let kind = EdgeKind::Member.as_stored();
        let query =
            statements::edges_from_page(&self.organisation, kind, group, after, limited(limit));
        let rows = self.one(query).await?;
        rows.iter().map(|row| Ok(EdgeRow::read(row)?.to_id)).collect()
    }

    /// The managers of users, by the users' ids.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn managers(
        &self,
        ids: &[String],
    ) -> Result<HashMap<String, String>, DirectoryError> {
        let kind = EdgeKind::Manager.as_stored();
        let queries =
            ids.iter().map(|id| statements::edges_from(&self.organisation, kind, id)).collect();
        let mut managers = HashMap::new();
        for row in self.many(queries).await?.iter().flatten() {
            let edge = EdgeRow::read(row)?;
            managers.insert(edge.from_id, edge.to_id);
        }
        Ok(managers)
    }

    /// Ids of the groups that an object is an immediate member of, behind the id `after`.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn groups_of(
        &self,
        id: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, DirectoryError> {
        self.beginnings(EdgeKind::Member, id, after, limit).await
    }

    /// Ids of the users whose manager a user is, behind the id `after`.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn reports_of(
        &self,
        id: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, DirectoryError> {
        self.beginnings(EdgeKind::Manager, id, after, limit).await
    }

    async fn beginnings(
        &self,
        kind: EdgeKind,
        id: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, DirectoryError> {
        let query =
            statements::beginnings(&self.organisation, kind.as_stored(), id, after, limited(limit));
        self.one(query).await?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// All edges of one kind that begin at `from`.
    pub(crate) async fn edges_from(
        &self,
        kind: EdgeKind,
        from: &str,
    ) -> Result<Vec<EdgeRow>, DirectoryError> {
        let rows =
            self.one(statements::edges_from(&self.organisation, kind.as_stored(), from)).await?;
        rows.iter().map(|row| Ok(EdgeRow::read(row)?)).collect()
    }

    /// One edge, if it is there.
    pub(crate) async fn edge(
        &self,
        kind: EdgeKind,
        from: &str,
        to: &str,
        label: &str,
    ) -> Result<Option<EdgeRow>, DirectoryError> {
        let rows = self
            .one(statements::edge(&self.organisation, kind.as_stored(), from, to, label))
            .await?;
        Ok(rows.first().map(EdgeRow::read).transpose()?)
    }

    async fn present_of(&self, id: &str, wanted: ObjectKind) -> Result<Object, DirectoryError> {
        let object = self.present(id).await?;
        if object.kind == wanted {
            return Ok(object);
        }
        Err(DirectoryError::WrongKind {
            display_name: object.display_name,
            found: object.kind,
            wanted,
        })
    }
}

pub(crate) fn edge(kind: EdgeKind, from: &str, to: &str, label: &str, feed: &str) -> EdgeRow {
    EdgeRow {
        kind: kind.as_stored().to_owned(),
        from_id: from.to_owned(),
        to_id: to.to_owned(),
        label: label.to_owned(),
        feed: feed.to_owned(),
    }
}
