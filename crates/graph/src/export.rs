//! Reads files that were exported from Microsoft Graph: users, groups, or one application.
//!
//! What a file holds is recognised by its content: a collection (`{"value": [..]}`, or the bare
//! list) of users or groups, or one object with `appRoles` and `appRoleAssignedTo`. A property
//! that is absent is left alone, one that is null or empty is to be cleared. Every error names
//! the line, and a file with any error gives nothing.
//! Pure: no clock, no database, no network.

mod application;
mod error;
mod json;
mod record;

use std::collections::BTreeMap;

use serde_json::Value;

pub use application::{ApplicationRecord, AssignmentRecord, DEFAULT_ROLE, RoleRecord};
pub use error::{ExportError, Shape};
pub use record::unless_empty;

use crate::text;
use json::{Fields, Source};

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Export {
    /// Users, with their managers.
    Users(Collection<Record>),
    /// Groups, with their members.
    Groups(Collection<Record>),
    /// One application with its roles and assignments.
    Application(ApplicationRecord),
}

/// The objects of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection<T> {
    /// Whether these are all: no link to a next page follows. Only a complete file says who is gone.
    pub complete: bool,
    /// The objects, in the order of the file.
    pub records: Vec<T>,
}

/// One user or group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// The object's id.
    pub id: String,
    /// The line that it begins on, counted from 1.
    pub line: usize,
    /// What the file says about attributes, by source name; `None` clears.
    pub attributes: BTreeMap<String, Option<Value>>,
    /// A user's manager: not mentioned, none, or this id.
    pub manager: Option<Option<String>>,
    /// A group's members, unless they are not mentioned.
    pub members: Option<Vec<Member>>,
    /// Whether `members` are all of them; otherwise nobody is removed.
    pub members_complete: bool,
}

/// One member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member's id.
    pub id: String,
    /// What the file says that it is.
    pub kind: MemberKind,
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A device or a service principal, or the file does not say.
    Other,
}

/// Reads an export.
///
/// # Errors
/// Text that is not JSON or was cut off, JSON that is none of the three shapes, a value of the
/// wrong type, an object without an id or two with the same one; always with the line.
pub fn read(text: &str) -> Result<Export, ExportError> {
    let source = Source::new(text::without_mark(text))?;
    let (collection, complete, context) = match source.top()? {
        json::Top::List(items) => (items, true, None),
        json::Top::Object(fields) => match fields.get("value") {
            Some(value) => {
                let complete = !fields.contains_key("@odata.nextLink");
                let context = fields.get("@odata.context").and_then(|raw| source.text(raw));
                (source.list(value, "value")?, complete, context)
            }
            None if fields.contains_key("appRoles") || fields.contains_key("appRoleAssignedTo") => {
                return application::read(&source, &fields).map(Export::Application);
            }
            None => return Err(source.not_an_export(&fields)),
        },
    };
    let mut objects = Vec::with_capacity(collection.len());
    for item in collection {
        objects.push((source.line(item), source.object(item)?));
    }
    let shape = shape(&source, context.as_deref(), &objects)?;
    let mut records = Vec::with_capacity(objects.len());
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for (line, fields) in &objects {
        let record = record::read(&source, *line, fields)?;
        if let Some(first) = lines.insert(record.id.clone(), *line) {
            return Err(ExportError::TwoOfOneId { id: record.id, first, second: *line });
        }
        records.push(record);
    }
    let collection = Collection { complete, records };
    Ok(if shape == Shape::Users { Export::Users(collection) } else { Export::Groups(collection) })
}

/// Whether the objects are users or groups: they are all of one kind, or the context says it.
fn shape(
    source: &Source<'_>,
    context: Option<&str>,
    objects: &[(usize, Fields<'_>)],
) -> Result<Shape, ExportError> {
    let mut found = context.and_then(|context| {
        let (_, set) = context.split_once("$metadata#")?;
        match set.split(['(', '/']).next() {
            Some("users") => Some(Shape::Users),
            Some("groups") => Some(Shape::Groups),
            _ => None,
        }
    });
    for (line, fields) in objects {
        match (record::shape(source, fields), found) {
            (Some(one), None) => found = Some(one),
            (Some(one), Some(other)) if one != other => {
                return Err(ExportError::Mixed { line: *line, one, other });
            }
            _ => {}
        }
    }
    found.ok_or_else(|| ExportError::NotAnExport {
        line: objects.first().map_or(1, |(line, _)| *line),
        found: objects
            .first()
            .map_or("an empty list".to_owned(), |(_, fields)| json::described(fields)),
    })
}

#[cfg(test)]
mod tests;
