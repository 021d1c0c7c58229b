//! Checking a whole configuration without touching the target: schema, connection, scope, roles, and
//! whether the directory has what mappings and filters ask for.

use std::collections::{BTreeMap, BTreeSet};

use directory::{ListKey, ListQuery, Role};
use engine::configuration::{Configuration, Mapping, Rule, Source};
use engine::finding::Finding;
use engine::object::ObjectKind;
use engine::scope::ScopeSetting;
use engine::source::{APP_ROLE_ASSIGNMENTS, MANAGER_PREFIX};
use graph::names;
use graph::schema::SynchronizationSchema;

use crate::error::RunError;
use crate::job::Job;
use crate::jobs::Runner;

/// Most objects that are looked at for the attributes that mappings ask for.
pub const OBJECTS_LOOKED_AT_MAX: usize = 200_000;

/// Objects read at once.
const PAGE: usize = 500;

/// What a check of an application found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The application's name.
    pub application: String,
    /// The schema that was checked.
    pub schema: SynchronizationSchema,
    /// What is wrong, and what may be.
    pub findings: Vec<Finding>,
}

impl Runner {
    /// Checks everything that can be known of an application without asking its target.
    ///
    /// # Errors
    /// No such application, nothing provisions it, or the data file fails.
    pub async fn check(&self, application: &str) -> Result<Checked, RunError> {
        let stored = self.schema(application).await?;
        let mut findings = stored.findings(&stored.schema);
        // A job whose schema cannot be used has nothing else that could be looked at.
        if !findings.iter().any(Finding::is_error) {
            let job = self.job(&stored.application_id).await?;
            findings.extend(self.connection_findings(&job));
            findings.extend(self.scope_findings(&job).await?);
            let roles = self.directory.roles(&job.application_id).await?;
            findings.extend(role_findings(&job, &roles));
            findings.extend(matching_findings(&job));
            findings.extend(self.attribute_findings(&job.configuration).await?);
        }
        Ok(Checked { application: stored.application, schema: stored.schema, findings })
    }

    fn connection_findings(&self, job: &Job) -> Option<Finding> {
        let place = "connection";
        match self.target(job) {
            Ok(_) => None,
            Err(RunError::NoCredentials(_)) => {
                let hint = "set them with \"instep app credentials\"";
                Some(Finding::warning(place, "the application has no credentials yet", hint))
            }
            Err(error) => Some(Finding::error(place, error.to_string(), "")),
        }
    }

    async fn scope_findings(&self, job: &Job) -> Result<Option<Finding>, RunError> {
        if job.scope == ScopeSetting::All {
            return Ok(None);
        }
        let assigned = self.directory.assignments(&job.application_id, None, 1).await?;
        let hint = "assign users or groups with \"instep app assign\", or provision all with \"instep app scope --all\"";
        Ok(assigned
            .is_empty()
            .then(|| Finding::warning("scope", "nobody is assigned to the application", hint)))
    }

    /// Attributes that mappings and filters ask for and that no object has.
    async fn attribute_findings(
        &self,
        configuration: &Configuration,
    ) -> Result<Vec<Finding>, RunError> {
        let mut findings = Vec::new();
        for kind in configuration.kinds() {
            let Some(rule) = configuration.rule(kind) else { continue };
            let mut wanted = wanted(rule);
            if !self.look_for(kind, &mut wanted).await? {
                let sentence = format!("the directory has no {}s", kind.as_str().to_lowercase());
                let hint = "take them in with \"instep import\"";
                findings.push(Finding::warning(&place_of(kind), sentence, hint));
                continue;
            }
            for (name, place) in wanted {
                let sentence =
                    format!("no {} of the directory has \"{name}\"", kind.as_str().to_lowercase());
                let hint = "correct the name, bring the attribute in with the next import, or remove it here";
                findings.push(Finding::warning(&place, sentence, hint));
            }
        }
        Ok(findings)
    }

    /// Takes the attributes that some object has from `wanted`; whether there is an object at all.
    async fn look_for(
        &self,
        kind: ObjectKind,
        wanted: &mut BTreeMap<String, String>,
    ) -> Result<bool, RunError> {
        let mut after: Option<ListKey> = None;
        let mut looked_at = 0;
        while looked_at < OBJECTS_LOOKED_AT_MAX && (looked_at == 0 || !wanted.is_empty()) {
            let query = ListQuery { after, limit: PAGE, ..ListQuery::default() };
            let page = self.directory.list(kind, &query).await?;
            let Some(last) = page.last() else { break };
            after = Some(ListKey::of(last));
            looked_at += page.len();
            for object in &page {
                wanted.retain(|name, _| !object.attributes.contains_key(name));
            }
        }
        Ok(looked_at > 0)
    }
}

/// The source attributes that a rule asks for and that feeds bring, each with its first place.
fn wanted(rule: &Rule) -> BTreeMap<String, String> {
    let mut wanted = BTreeMap::new();
    let mut want = |name: &str, place: &str| {
        let name = name.strip_prefix(MANAGER_PREFIX).unwrap_or(name);
        let is_own = names::COMPUTED.contains(&name) || names::RELATIONS.contains(&name);
        // Every object has a name; the others of these are kept apart from the attributes.
        if !is_own && name != names::DISPLAY_NAME && name != names::ACCOUNT_ENABLED {
            wanted.entry(name.to_owned()).or_insert_with(|| place.to_owned());
        }
    };
    for mapping in &rule.mappings {
        if let Source::Expression(expression) = &mapping.source {
            for name in expression.attributes() {
                want(&name, &mapping_place(rule.kind, mapping));
            }
        }
    }
    for clause in rule.filter.clauses().filter(|clause| !clause.asks_for_groups()) {
        want(&clause.attribute, &format!("{}, scoping filter", place_of(rule.kind)));
    }
    wanted
}

/// Roles that mappings ask for or name.
fn role_findings(job: &Job, roles: &[Role]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let enabled: BTreeSet<&str> = roles
        .iter()
        .filter(|role| role.enabled)
        .flat_map(|role| [role.value.as_str(), role.display_name.as_str()])
        .collect();
    for (rule, mapping) in mappings(job) {
        let place = mapping_place(rule.kind, mapping);
        if asks_for_roles(mapping) && job.scope == ScopeSetting::All {
            let sentence =
                "takes roles from assignments, but everybody is provisioned, assigned or not";
            let hint = "who is not assigned gets no role; provision assigned people only with \"instep app scope --assigned\"";
            findings.push(Finding::warning(&place, sentence, hint));
        } else if asks_for_roles(mapping) && enabled.is_empty() {
            let sentence =
                "takes roles from assignments, but the application has no role that is enabled";
            let hint = "import the application with its appRoles: \"instep import graph\"";
            findings.push(Finding::warning(&place, sentence, hint));
        }
        let named = named_role(mapping).filter(|_| !enabled.is_empty());
        if let Some(role) = named.filter(|role| !enabled.contains(role.as_str())) {
            let known: Vec<String> = enabled.iter().map(|role| format!("\"{role}\"")).collect();
            let sentence =
                format!("gives the role \"{role}\", which the application does not have");
            findings.push(Finding::warning(
                &place,
                sentence,
                &format!("it has {}", known.join(", ")),
            ));
        }
    }
    findings
}

fn asks_for_roles(mapping: &Mapping) -> bool {
    match &mapping.source {
        Source::Expression(expression) => expression.attributes().contains(APP_ROLE_ASSIGNMENTS),
        _ => false,
    }
}

/// The role that a mapping to `roles` gives to everybody.
fn named_role(mapping: &Mapping) -> Option<String> {
    let path = &mapping.target.path;
    let is_value =
        path.sub_attribute.as_deref().is_none_or(|part| part.eq_ignore_ascii_case("value"));
    let is_role = path.attribute.eq_ignore_ascii_case("roles") && is_value;
    mapping.default.clone().filter(|_| is_role && matches!(mapping.source, Source::DefaultOnly))
}

/// Matching attributes that the target is known not to search by.
fn matching_findings(job: &Job) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, mapping) in mappings(job).filter(|(_, mapping)| mapping.matching.is_some()) {
        let known = &job.profile.filterable_attributes;
        let known = match rule.kind {
            ObjectKind::User => &known.user,
            ObjectKind::Group => &known.group,
        };
        let name = &mapping.target.name;
        if !known.is_empty() && !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let sentence = "is matched by, but the target cannot search by it";
            let hint = format!("match by {}", known.join(" or "));
            findings.push(Finding::warning(&mapping_place(rule.kind, mapping), sentence, &hint));
        }
    }
    findings
}

fn mappings(job: &Job) -> impl Iterator<Item = (&Rule, &Mapping)> {
    let rules = job.configuration.kinds().filter_map(|kind| job.configuration.rule(kind));
    rules.flat_map(|rule| rule.mappings.iter().map(move |mapping| (rule, mapping)))
}

fn place_of(kind: ObjectKind) -> String {
    format!("{} mapping", kind.as_str())
}

fn mapping_place(kind: ObjectKind, mapping: &Mapping) -> String {
    format!("{}, target attribute \"{}\"", place_of(kind), mapping.target.name)
}
