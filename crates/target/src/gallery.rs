//! The gallery: one data file per application that we know.
//!
//! A template holds what a new application starts with: attribute definitions and
//! mappings as a synchronisation schema of Microsoft Graph, and the service's
//! profile. Adding an application is adding a file below `gallery/` and a line here.

use std::sync::OnceLock;

use graph::schema::SynchronizationSchema;
use serde::Deserialize;

use crate::profile::Profile;

/// An application as the gallery offers it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// The name for programs, also the prefix of job ids.
    pub id: String,
    /// The name for people.
    pub display_name: String,
    /// What it provisions, and what must be known beforehand.
    pub description: String,
    /// What the service can do and how fast it may be driven.
    pub profile: Profile,
    /// Attribute definitions and default mappings.
    pub schema: SynchronizationSchema,
}

const FILES: [&str; 2] =
    [include_str!("../gallery/genesys-cloud-for-azure.json"), include_str!("../gallery/scim.json")];

/// All templates.
///
/// # Panics
/// Never: the files are part of the program, and a test reads each of them.
#[must_use]
pub fn templates() -> &'static [Template] {
    static TEMPLATES: OnceLock<Vec<Template>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let read = |text| serde_json::from_str(text).expect("a test reads every file");
        FILES.into_iter().map(read).collect()
    })
}

/// The template with this id.
#[must_use]
pub fn template(id: &str) -> Option<&'static Template> {
    templates().iter().find(|template| template.id == id)
}
