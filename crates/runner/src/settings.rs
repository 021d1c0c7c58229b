//! What an administrator sets in a job: scope, settings, attribute mappings.

use engine::object::ObjectKind;
use engine::scope::ScopeSetting;
use graph::schema::{
    AttributeMapping, AttributeMappingSource, ObjectMapping, SynchronizationSchema,
};
use store::job as statements;

use crate::error::RunError;
use crate::job::{Job, Settings};
use crate::jobs::Runner;
use crate::schema::{Cause, SchemaEdit};

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

    /// The organisation's default domain, which `DefaultDomain` answers.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn default_domain(&self) -> Result<Option<String>, RunError> {
        let (sql, values) = store::organisation::default_domain(&self.organisation);
        let rows = self.db.query(sql, values).await?;
        let domain = rows.first().map(|row| row.optional_text(0)).transpose()?.flatten();
        Ok(domain.map(str::to_owned))
    }

    /// Sets the organisation's default domain, or takes it away; the next cycle of every job looks
    /// at everybody.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn set_default_domain(&self, domain: Option<&str>) -> Result<(), RunError> {
        let domain = domain.map(str::to_owned);
        let mut steps = vec![store::organisation::set_default_domain(&self.organisation, domain)];
        for job in self.jobs().await? {
            steps.push(statements::reset_progress(&self.organisation, &job.id));
        }
        self.db.transaction(steps).await?;
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
        self.set_and_look_again(job, &settings).await
    }

    /// Sets settings that decide about objects, and lets the next cycle look at everybody.
    async fn set_and_look_again(&self, job: &Job, settings: &Settings) -> Result<(), RunError> {
        if *settings == job.settings {
            return Ok(());
        }
        let text = crate::record::json(settings);
        let now = (self.clock)().as_microsecond();
        let steps = vec![
            statements::set_settings(&self.organisation, &job.id, text, now),
            statements::reset_progress(&self.organisation, &job.id),
        ];
        self.db.transaction(steps).await?;
        Ok(())
    }

    /// Sets whether the accounts of those who leave the scope stay as they are; the next cycle looks
    /// at everybody.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn set_skip_out_of_scope_deletions(
        &self,
        job: &Job,
        skip: bool,
    ) -> Result<(), RunError> {
        let settings = Settings { skip_out_of_scope_deletions: skip, ..job.settings };
        self.set_and_look_again(job, &settings).await
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
        actor: &str,
    ) -> Result<(), RunError> {
        let stored = self.schema(&job.application_id).await?;
        let mut schema = stored.schema.clone();
        for (target, expression) in mappings {
            set_mapping(&mut schema, kind, target, expression)?;
        }
        let edit = SchemaEdit { actor: actor.to_owned(), cause: Cause::Mapping, reason: None };
        self.save_schema(&stored, schema, edit).await?;
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
