//! Changes that an administrator makes to one object.

use engine::object::ObjectKind;
use graph::names;
use jiff::Timestamp;
use store::directory as statements;
use store::directory::EdgeRow;
use store::key::fold;
use uuid::Uuid;

use crate::attribute::{self, Values};
use crate::draft::{Beginning, Draft};
use crate::error::DirectoryError;
use crate::find::objects;
use crate::{API_FEED, Directory, Object};

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The object afterwards; of a purge, as it was.
    pub object: Object,
    /// Whether anything changed.
    pub changed: bool,
}

/// How values are set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SetOptions {
    /// Accepts attributes that no object has.
    pub force: bool,
}

impl Directory {
    /// Sets attributes of an object; `None` clears. Names may be source names or Graph's.
    ///
    /// # Errors
    /// An attribute that cannot be set or does not exist, a value of the wrong type, a sign-in name
    /// that another user has.
    pub async fn set(
        &self,
        id: &str,
        changes: Values,
        options: SetOptions,
        actor: &str,
        now: Timestamp,
    ) -> Result<Edit, DirectoryError> {
        let values = self.checked(changes, options).await?;
        let values = &values;
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let before = self.present(id).await?;
                let mut after = before.clone();
                required(before.kind, |name| values.get(name) != Some(&None))?;
                attribute::apply(&mut after.attributes, values);
                self.free_principal(&after).await?;
                let edit = put(&mut draft, before, after);
                Ok((draft, edit))
            })
        })
        .await
    }

    /// Creates a user; `userPrincipalName` and `displayName` are needed.
    ///
    /// # Errors
    /// As for [`Directory::set`].
    pub async fn create_user(
        &self,
        values: Values,
        actor: &str,
        now: Timestamp,
    ) -> Result<Object, DirectoryError> {
        self.create(ObjectKind::User, values, actor, now).await
    }

    /// Creates a group; `displayName` is needed.
    ///
    /// # Errors
    /// As for [`Directory::set`].
    pub async fn create_group(
        &self,
        values: Values,
        actor: &str,
        now: Timestamp,
    ) -> Result<Object, DirectoryError> {
        self.create(ObjectKind::Group, values, actor, now).await
    }

    /// Puts an object into the recycle bin. Its memberships and assignments stay for its return.
    ///
    /// # Errors
    /// There is no such object.
    pub async fn delete(
        &self,
        id: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Edit, DirectoryError> {
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let before = self.object(id).await?;
                let mut after = before.clone();
                after.deleted = after.deleted.or(Some(now));
                let edit = put(&mut draft, before, after);
                Ok((draft, edit))
            })
        })
        .await
    }

    /// Takes an object out of the recycle bin, with its memberships and assignments.
    ///
    /// # Errors
    /// There is no such object, or another user has taken its sign-in name.
    pub async fn restore(
        &self,
        id: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Edit, DirectoryError> {
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let before = self.object(id).await?;
                let mut after = before.clone();
                after.deleted = None;
                self.free_principal(&after).await?;
                let edit = put(&mut draft, before, after);
                Ok((draft, edit))
            })
        })
        .await
    }

    /// Removes an object from the recycle bin for good, and every edge that begins or ends at it.
    ///
    /// # Errors
    /// There is no such object, or it is not in the recycle bin.
    pub async fn purge(
        &self,
        id: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Edit, DirectoryError> {
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                let object = self.object(id).await?;
                if object.deleted.is_none() {
                    return Err(DirectoryError::NotDeleted { display_name: object.display_name });
                }
                let queries = statements::edges_of(&self.organisation, id).to_vec();
                for row in self.many(queries).await?.iter().flatten() {
                    let edge = EdgeRow::read(row)?;
                    let from = if edge.from_id == id {
                        Beginning::of(&object)
                    } else {
                        self.beginning(&edge).await?
                    };
                    draft.remove_edge(edge, &from);
                }
                draft.purge(&object);
                Ok((draft, Edit { object, changed: true }))
            })
        })
        .await
    }

    async fn create(
        &self,
        kind: ObjectKind,
        values: Values,
        actor: &str,
        now: Timestamp,
    ) -> Result<Object, DirectoryError> {
        let values = self.checked(values, SetOptions::default()).await?;
        let mut object = Object::new(&Uuid::new_v4().to_string(), kind, API_FEED);
        attribute::apply(&mut object.attributes, &values);
        required(kind, |name| object.attributes.contains_key(name))?;
        let object = &object;
        self.write(actor, now, |mut draft| {
            Box::pin(async move {
                self.free_principal(object).await?;
                let created = draft.put(None, object.clone()).cloned();
                Ok((draft, created.unwrap_or_else(|| object.clone())))
            })
        })
        .await
    }

    async fn checked(&self, values: Values, options: SetOptions) -> Result<Values, DirectoryError> {
        let mut checked = Values::new();
        for (name, value) in values {
            let (name, value) = attribute::typed(&name, value)?;
            let name = if options.force { name } else { self.existing_attribute(&name).await? };
            checked.insert(name, value);
        }
        Ok(checked)
    }

    /// An object that can be changed: it is not in the recycle bin.
    pub(crate) async fn present(&self, id: &str) -> Result<Object, DirectoryError> {
        let object = self.object(id).await?;
        match object.deleted {
            None => Ok(object),
            Some(_) => Err(DirectoryError::Deleted { display_name: object.display_name }),
        }
    }

    async fn free_principal(&self, object: &Object) -> Result<(), DirectoryError> {
        let Some(name) = object.user_principal_name().filter(|_| object.kind == ObjectKind::User)
        else {
            return Ok(());
        };
        let holders = objects(
            &self.one(statements::object_by_principal(&self.organisation, &fold(name))).await?,
        )?;
        match holders.into_iter().find(|holder| holder.id != object.id) {
            None => Ok(()),
            Some(holder) => Err(DirectoryError::PrincipalTaken {
                user_principal_name: name.to_owned(),
                holder: holder.id,
            }),
        }
    }

    /// Who is at the beginning of an edge: an object or an application.
    pub(crate) async fn beginning(&self, edge: &EdgeRow) -> Result<Beginning, DirectoryError> {
        if edge.kind == crate::EdgeKind::Assignment.as_stored() {
            return Ok(Beginning::of_application(&self.application(&edge.from_id).await?));
        }
        Ok(Beginning::of(&self.object(&edge.from_id).await?))
    }
}

fn put(draft: &mut Draft, before: Object, after: Object) -> Edit {
    let written = draft.put(Some(&before), after).cloned();
    Edit { changed: written.is_some(), object: written.unwrap_or(before) }
}

/// Checks that an object keeps what it cannot be without.
fn required(kind: ObjectKind, keeps: impl Fn(&str) -> bool) -> Result<(), DirectoryError> {
    let needed: &[&'static str] = match kind {
        ObjectKind::User => &[names::USER_PRINCIPAL_NAME, names::DISPLAY_NAME],
        ObjectKind::Group => &[names::DISPLAY_NAME],
    };
    match needed.iter().find(|name| !keeps(name)) {
        None => Ok(()),
        Some(name) => Err(DirectoryError::Missing { kind, name }),
    }
}
