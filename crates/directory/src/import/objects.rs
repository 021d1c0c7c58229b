//! Users and groups: compares a file with what its feed brought before.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use engine::object::ObjectKind;
use graph::export::{Collection, Record};
use store::directory as statements;
use store::directory::EdgeRow;

use super::{ImportError, ImportOptions, ImportReport, LeftAlone};
use crate::change::{EdgeKind, Subject};
use crate::draft::{Beginning, Draft};
use crate::find::objects;
use crate::relation::edge;
use crate::{Directory, Object, attribute, limited};

/// Objects of a feed that are read at once.
const PAGE_SIZE: usize = 500;

/// One object of the file that the feed may change.
struct Own<'r> {
    record: &'r Record,
    before: Option<Object>,
    after: Object,
}

impl Directory {
    pub(super) async fn import_objects(
        &self,
        mut draft: Draft,
        feed: &str,
        kind: ObjectKind,
        collection: &Collection<Record>,
        options: &ImportOptions,
    ) -> Result<(Draft, ImportReport), ImportError> {
        let subject = if kind == ObjectKind::User { Subject::User } else { Subject::Group };
        let mut report = ImportReport::new(subject, collection.complete);
        let own = self.own(feed, kind, collection, &mut report).await?;
        let gone = self.gone(feed, kind, collection, options).await?;
        self.check_principals(&own, &gone).await?;
        let edges = self.edges_before(&own).await?;

        report.removed = gone.len();
        for before in gone {
            let after = Object { deleted: Some(draft.now()), ..before.clone() };
            draft.put(Some(&before), after);
        }
        for Own { record, before, after } in own {
            let from = Beginning::of(&after);
            let was_deleted = before.as_ref().is_some_and(|before| before.deleted.is_some());
            let written = draft.put(before.as_ref(), after).is_some();
            match (before.is_none(), was_deleted, written) {
                (true, ..) => report.created += 1,
                (_, true, _) => report.restored += 1,
                (_, _, true) => report.updated += 1,
                (_, _, false) => report.unchanged += 1,
            }
            let there = edges.get(&record.id).map_or(&[][..], Vec::as_slice);
            relate(&mut draft, &mut report, &from, feed, record, there);
        }
        if !draft.is_empty() {
            draft.also(statements::note_feed(&self.organisation, feed, kind.as_str(), draft.now()));
        }
        Ok((draft, report))
    }

    /// The objects of the file that the feed owns, or will; the others are reported.
    async fn own<'r>(
        &self,
        feed: &str,
        kind: ObjectKind,
        collection: &'r Collection<Record>,
        report: &mut ImportReport,
    ) -> Result<Vec<Own<'r>>, ImportError> {
        let ids: Vec<String> = collection.records.iter().map(|record| record.id.clone()).collect();
        let mut known: HashMap<String, Object> = self
            .objects(&ids)
            .await?
            .into_iter()
            .map(|object| (object.id.clone(), object))
            .collect();
        let mut own = Vec::with_capacity(ids.len());
        for record in &collection.records {
            let before = known.remove(&record.id);
            if let Some(found) =
                before.as_ref().map(|object| object.kind).filter(|found| *found != kind)
            {
                return Err(ImportError::WrongKind {
                    line: record.line,
                    id: record.id.clone(),
                    found,
                });
            }
            if let Some(other) = before.as_ref().filter(|object| object.feed != feed) {
                report.left_alone.push(LeftAlone {
                    id: other.id.clone(),
                    display_name: other.display_name.clone(),
                    line: record.line,
                    feed: other.feed.clone(),
                });
                continue;
            }
            let mut after = before.clone().unwrap_or_else(|| Object::new(&record.id, kind, feed));
            after.deleted = None;
            attribute::apply(&mut after.attributes, &record.attributes);
            after.settle();
            own.push(Own { record, before, after });
        }
        Ok(own)
    }

    /// What the feed brought before and a complete file has no more, if the guard lets it go.
    async fn gone(
        &self,
        feed: &str,
        kind: ObjectKind,
        collection: &Collection<Record>,
        options: &ImportOptions,
    ) -> Result<Vec<Object>, ImportError> {
        if !collection.complete {
            return Ok(Vec::new());
        }
        let here: HashSet<&str> =
            collection.records.iter().map(|record| record.id.as_str()).collect();
        let (mut gone, mut total, mut after) = (Vec::new(), 0, String::new());
        loop {
            let limit = limited(PAGE_SIZE);
            let query =
                statements::objects_of_feed(&self.organisation, feed, kind.as_str(), &after, limit);
            let page = objects(&self.one(query).await?)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            total += page.len();
            gone.extend(page.into_iter().filter(|object| !here.contains(object.id.as_str())));
        }
        if options.allow(gone.len(), total) {
            return Ok(gone);
        }
        let share_max = options.removal_share_max;
        Err(ImportError::Guard {
            feed: feed.to_owned(),
            kind,
            missing: gone.len(),
            total,
            share_max,
        })
    }

    /// Refuses a file after which two users would have one sign-in name.
    async fn check_principals(&self, own: &[Own<'_>], gone: &[Object]) -> Result<(), ImportError> {
        let mut lines: BTreeMap<String, &Own<'_>> = BTreeMap::new();
        for one in own {
            let Some(key) = one.after.principal_key() else { continue };
            if let Some(other) = lines.insert(key, one) {
                return Err(ImportError::TwoOfOnePrincipal {
                    user_principal_name: one
                        .after
                        .user_principal_name()
                        .unwrap_or_default()
                        .to_owned(),
                    first: other.record.line,
                    second: one.record.line,
                });
            }
        }
        // Whoever leaves or is renamed by this very import gives the name up.
        let leaving = gone.iter().chain(own.iter().filter_map(|one| one.before.as_ref()));
        let leaving: HashSet<&str> = leaving.map(|object| object.id.as_str()).collect();
        let new: Vec<(&String, &Own<'_>)> = lines
            .iter()
            .filter(|(key, one)| {
                let held = one.before.as_ref().filter(|before| before.deleted.is_none());
                held.and_then(Object::principal_key).as_ref() != Some(*key)
            })
            .map(|(key, one)| (key, *one))
            .collect();
        let queries = new
            .iter()
            .map(|(key, _)| statements::object_by_principal(&self.organisation, key))
            .collect();
        for ((_, one), rows) in new.iter().zip(self.many(queries).await?) {
            if let Some(holder) =
                objects(&rows)?.into_iter().find(|holder| !leaving.contains(holder.id.as_str()))
            {
                return Err(ImportError::PrincipalTaken {
                    line: one.record.line,
                    user_principal_name: one
                        .after
                        .user_principal_name()
                        .unwrap_or_default()
                        .to_owned(),
                    holder: holder.id,
                    feed: holder.feed,
                });
            }
        }
        Ok(())
    }

    /// The edges that the file speaks of and that are there, by the objects at which they begin.
    async fn edges_before(
        &self,
        own: &[Own<'_>],
    ) -> Result<HashMap<String, Vec<EdgeRow>>, ImportError> {
        let mut queries = Vec::new();
        for one in own.iter().filter(|one| one.before.is_some()) {
            for kind in mentioned(one.record) {
                queries.push(statements::edges_from(
                    &self.organisation,
                    kind.as_stored(),
                    &one.record.id,
                ));
            }
        }
        let mut edges: HashMap<String, Vec<EdgeRow>> = HashMap::new();
        for row in self.many(queries).await?.iter().flatten() {
            let edge = EdgeRow::read(row)?;
            edges.entry(edge.from_id.clone()).or_default().push(edge);
        }
        Ok(edges)
    }
}

/// The kinds of edge that a record says something about.
fn mentioned(record: &Record) -> Vec<EdgeKind> {
    let manager = record.manager.as_ref().map(|_| EdgeKind::Manager);
    let members = record.members.as_ref().map(|_| EdgeKind::Member);
    manager.into_iter().chain(members).collect()
}

/// Brings the edges of one object in step with its record. Managers belong to the object's feed;
/// members that another feed added stay.
fn relate(
    draft: &mut Draft,
    report: &mut ImportReport,
    from: &Beginning,
    feed: &str,
    record: &Record,
    there: &[EdgeRow],
) {
    for kind in mentioned(record) {
        let desired: BTreeSet<&str> = match kind {
            EdgeKind::Manager => record.manager.iter().flatten().map(String::as_str).collect(),
            _ => record.members.iter().flatten().map(|member| member.id.as_str()).collect(),
        };
        let of_kind = || there.iter().filter(|edge| edge.kind == kind.as_stored());
        let complete = kind == EdgeKind::Manager || record.members_complete;
        for old in of_kind()
            .filter(|edge| complete && edge.feed == feed && !desired.contains(edge.to_id.as_str()))
        {
            draft.remove_edge(old.clone(), from);
            report.edges_removed += 1;
        }
        let present: HashSet<&str> = of_kind().map(|edge| edge.to_id.as_str()).collect();
        for to in desired.into_iter().filter(|to| !present.contains(to)) {
            draft.add_edge(edge(kind, &record.id, to, "", feed), from);
            report.edges_added += 1;
        }
    }
}
