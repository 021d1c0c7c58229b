//! What an administrator sets in a job: scope, settings, attribute mappings.

use engine::configuration::Configuration;
use engine::object::ObjectKind;
use engine::scope::ScopeSetting;
use graph::schema::{
    AttributeMapping, AttributeMappingSource, ObjectMapping, SynchronizationSchema,
};
use store::job as statements;

use crate::error::RunError;
use crate::job::{Job, Settings};
use crate::jobs::Runner;

/// What groups within groups count for; what is none stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Nesting {
    /// [`Settings::nested_groups`].
    pub nested_groups: Option<bool>,
    /// [`Settings::flatten_members`].
    pub flatten_members: Option<bool>,
}

impl Runner {
    /// Sets who is in scope; the next cycle looks at everybody.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn set_scope(&self, job: &Job, scope: ScopeSetting) -> Result<(), RunError> {
        let word = match scope {
            ScopeSetting::Assigned => "assigned",
            ScopeSetting::All => "all",
        };
        let now = (self.clock)().as_microsecond();
        self.db
            .transaction(vec![statements::set_scope(&self.organisation, &job.id, word, now)])
            .await?;
        Ok(())
    }

    /// Sets the settings.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn set_settings(&self, job: &Job, settings: &Settings) -> Result<(), RunError> {
        let text = crate::record::json(settings);
        let now = (self.clock)().as_microsecond();
        self.db
            .transaction(vec![statements::set_settings(&self.organisation, &job.id, text, now)])
            .await?;
        Ok(())
    }

    /// Sets what groups within groups count for; the next cycle looks at everybody.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn set_nesting(&self, job: &Job, nesting: Nesting) -> Result<(), RunError> {
        let settings = Settings {
            nested_groups: nesting.nested_groups.unwrap_or(job.settings.nested_groups),
            flatten_members: nesting.flatten_members.unwrap_or(job.settings.flatten_members),
            ..job.settings
        };
        if settings == job.settings {
            return Ok(());
        }
        let text = crate::record::json(&settings);
        let now = (self.clock)().as_microsecond();
        let steps = vec![
            statements::set_settings(&self.organisation, &job.id, text, now),
            statements::reset_progress(&self.organisation, &job.id),
        ];
        self.db.transaction(steps).await?;
        Ok(())
    }

    /// Maps target attributes, each from an expression as text; a mapping that exists is replaced.
    /// The next cycle looks at everybody.
    ///
    /// # Errors
    /// An expression or a target attribute is wrong; nothing is changed then.
    pub async fn set_mappings(
        &self,
        job: &Job,
        kind: ObjectKind,
        mappings: &[(String, String)],
    ) -> Result<(), RunError> {
        let (sql, values) = statements::job(&self.organisation, &job.id);
        let rows = self.db.query(sql, values).await?;
        let row = rows.first().map(statements::read_job).transpose()?;
        let before = row.ok_or_else(|| RunError::NoJob(job.application.clone()))?.schema;
        let mut schema: SynchronizationSchema = serde_json::from_str(&before)
            .map_err(|error| RunError::Stored { what: "schema", why: error.to_string() })?;
        for (target, expression) in mappings {
            set_mapping(&mut schema, kind, target, expression)?;
        }
        Configuration::compile(&schema).map_err(|findings| RunError::Schema {
            application: job.application.clone(),
            findings,
        })?;
        let text = crate::record::json(&schema);
        let now = (self.clock)().as_microsecond();
        let step = statements::set_schema(&self.organisation, &job.id, &before, text, now);
        self.db.transaction(vec![step]).await?;
        Ok(())
    }
}

fn set_mapping(
    schema: &mut SynchronizationSchema,
    kind: ObjectKind,
    target: &str,
    expression: &str,
) -> Result<(), RunError> {
    let rules = schema.synchronization_rules.iter_mut();
    let mut mappings = rules.flat_map(|rule| rule.object_mappings.iter_mut());
    let of_kind = |mapping: &&mut ObjectMapping| {
        mapping
            .source_object_name
            .as_deref()
            .is_some_and(|name| name.eq_ignore_ascii_case(kind.as_str()))
    };
    let Some(object_mapping) = mappings.find(of_kind) else {
        return Err(RunError::Setting(format!(
            "this job has no mapping for {}s",
            kind.as_str().to_lowercase()
        )));
    };
    let source = Some(AttributeMappingSource::from_text(expression));
    let existing = object_mapping
        .attribute_mappings
        .iter_mut()
        .find(|mapping| mapping.target_attribute_name.as_deref() == Some(target));
    match existing {
        Some(mapping) => mapping.source = source,
        None => object_mapping.attribute_mappings.push(AttributeMapping {
            target_attribute_name: Some(target.to_owned()),
            source,
            ..AttributeMapping::default()
        }),
    }
    Ok(())
}
