//! Why a file is no export.

use std::fmt;

/// What a collection holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Users.
    Users,
    /// Groups.
    Groups,
}

/// Why a file is no export; nothing of it may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The file ends in the middle.
    #[error("line {line}: the file ends in the middle; it was cut off, export it again")]
    Cut {
        /// The last line, counted from 1.
        line: usize,
    },
    /// The file is not JSON.
    #[error(
        "line {line}, column {column}: the file is not JSON ({why}); export it again or correct it there"
    )]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What the parser says.
        why: String,
    },
    /// JSON of another shape.
    #[error(
        "line {line}: the file holds {found}; expected an export of users or groups ({{\"value\": [..]}}) or an application with \"appRoles\" and \"appRoleAssignedTo\""
    )]
    NotAnExport {
        /// Counted from 1.
        line: usize,
        /// What is there instead.
        found: String,
    },
    /// Users and groups in one file.
    #[error(
        "line {line}: here is one of the {one} in a file of {other}; export them to separate files"
    )]
    Mixed {
        /// Counted from 1.
        line: usize,
        /// What stands on this line.
        one: Shape,
        /// What stands before it.
        other: Shape,
    },
    /// A value that cannot be used.
    #[error("line {line}, field \"{field}\": {why}; correct it there or export again")]
    Field {
        /// Counted from 1.
        line: usize,
        /// Graph's name of the property.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// An object without an id.
    #[error("line {line}: the object has no \"id\"; select it in the export")]
    NoId {
        /// Counted from 1.
        line: usize,
    },
    /// One id twice.
    #[error("lines {first} and {second} have the same id \"{id}\"; remove one of the two")]
    TwoOfOneId {
        /// The id.
        id: String,
        /// The line of the first.
        first: usize,
        /// The line of the second.
        second: usize,
    },
    /// A page of changes, which says nothing about who is there.
    #[error(
        "line {line}: the file is a page of changes (\"@removed\"); export the whole list instead"
    )]
    Delta {
        /// Counted from 1.
        line: usize,
    },
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Users => "users",
            Self::Groups => "groups",
        })
    }
}
