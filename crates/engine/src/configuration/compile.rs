//! From Graph's synchronisation schema to rules, with everything that is noticed on the way.

use std::collections::{BTreeMap, BTreeSet};

use graph::schema::{
    AttributeMapping, ObjectDefinition, ObjectMapping, SynchronizationRule, SynchronizationSchema,
};

use super::attribute::MappingCheck;
use super::target::{TargetDefinitions, object_definition};
use super::{Configuration, Flow, Rule};
use crate::filter::ScopingFilter;
use crate::finding::Finding;
use crate::object::ObjectKind;
use crate::source::SourceAttributes;

/// Most attribute mappings of one object mapping.
pub const MAPPING_COUNT_MAX: usize = 500;

impl Configuration {
    /// Compiles a schema. The configuration is none when there is an error among the findings;
    /// warnings do not block.
    #[must_use]
    pub fn compile(schema: &SynchronizationSchema) -> (Option<Self>, Vec<Finding>) {
        Self::compile_with_tables(schema, None)
    }

    /// Compiles a schema whose expressions may look values up in these tables.
    #[must_use]
    pub fn compile_with_tables(
        schema: &SynchronizationSchema,
        tables: Option<&BTreeSet<String>>,
    ) -> (Option<Self>, Vec<Finding>) {
        let mut compiler =
            Compiler { schema, tables, rules: BTreeMap::new(), findings: Vec::new() };
        let mut ordered: Vec<&SynchronizationRule> = schema.synchronization_rules.iter().collect();
        ordered.sort_by_key(|rule| rule.priority);
        for rule in ordered {
            compiler.add(rule);
        }
        let Compiler { rules, mut findings, .. } = compiler;
        if rules.is_empty() && !findings.iter().any(Finding::is_error) {
            let sentence = "no object mapping for users or groups is enabled";
            findings.push(Finding::error("schema", sentence, "enable one"));
        }
        let is_usable = !findings.iter().any(Finding::is_error);
        (is_usable.then_some(Self { rules }), findings)
    }
}

struct Compiler<'s> {
    schema: &'s SynchronizationSchema,
    tables: Option<&'s BTreeSet<String>>,
    rules: BTreeMap<ObjectKind, Rule>,
    findings: Vec<Finding>,
}

impl<'s> Compiler<'s> {
    fn add(&mut self, rule: &SynchronizationRule) {
        let enabled = rule.object_mappings.iter().filter(|mapping| mapping.enabled);
        let mappings: Vec<&ObjectMapping> = enabled.collect();
        if mappings.is_empty() {
            return;
        }
        if self.is_inbound(rule) {
            let place = format!("rule \"{}\"", rule.name.as_deref().unwrap_or_default());
            let sentence = "writes into the source directory, which this service does not do";
            let hint = "it is left out; import such sources as a feed";
            return self.findings.push(Finding::warning(&place, sentence, hint));
        }
        for mapping in mappings {
            match kind(mapping) {
                Some(kind) => self.add_object_mapping(kind, rule, mapping),
                None => self.leave_out(mapping),
            }
        }
    }

    /// Whether the rule writes into the directory that other rules read from.
    fn is_inbound(&self, rule: &SynchronizationRule) -> bool {
        let target = rule.target_directory_name.as_deref();
        target.is_some_and(|target| target.eq_ignore_ascii_case(SOURCE_DIRECTORY))
            && self.schema.synchronization_rules.len() > 1
    }

    fn leave_out(&mut self, mapping: &ObjectMapping) {
        let source = mapping.source_object_name.as_deref().unwrap_or_default();
        if source.is_empty() && mapping.attribute_mappings.is_empty() {
            return;
        }
        let name = mapping.name.as_deref().unwrap_or(source);
        let sentence =
            format!("reads objects of type \"{source}\", which the directory does not have");
        let hint = "it is left out; users and groups are provisioned";
        self.findings.push(Finding::warning(&format!("object mapping \"{name}\""), sentence, hint));
    }

    fn add_object_mapping(
        &mut self,
        kind: ObjectKind,
        rule: &SynchronizationRule,
        mapping: &ObjectMapping,
    ) {
        let place = format!("{} mapping", kind.as_str());
        if self.rules.contains_key(&kind) {
            let sentence = "a second enabled object mapping of this kind";
            self.findings.push(Finding::error(&place, sentence, "disable one"));
            return;
        }
        let source = self
            .object(rule.source_directory_name.as_deref(), mapping.source_object_name.as_deref());
        let target = self
            .object(rule.target_directory_name.as_deref(), mapping.target_object_name.as_deref());
        let attributes = SourceAttributes::of(source);
        let filter = mapping.scope.clone().unwrap_or_default();
        let (filter, findings) = ScopingFilter::compile(&filter, &attributes, &place);
        self.findings.extend(findings);
        let targets = TargetDefinitions::new(target, kind);
        let flow_types = mapping.flow_types;
        let flow =
            Flow { create: flow_types.add, update: flow_types.update, delete: flow_types.delete };
        let mut check =
            MappingCheck::new(&place, &attributes, &targets, self.tables, &mut self.findings);
        let mappings = compile_mappings(&mut check, &mapping.attribute_mappings);
        check_whole(&place, flow, &mappings, &targets, &mut self.findings);
        let filter = filter.unwrap_or_default();
        self.rules.insert(kind, Rule { kind, flow, filter, mappings });
    }

    fn object(
        &self,
        directory: Option<&str>,
        object: Option<&str>,
    ) -> Option<&'s ObjectDefinition> {
        object_definition(self.schema, directory, object)
    }
}

/// The name of Entra ID's own directory in its schemas.
const SOURCE_DIRECTORY: &str = "Azure Active Directory";

fn kind(mapping: &ObjectMapping) -> Option<ObjectKind> {
    match mapping.source_object_name.as_deref() {
        Some(name) if name.eq_ignore_ascii_case("user") => Some(ObjectKind::User),
        Some(name) if name.eq_ignore_ascii_case("group") => Some(ObjectKind::Group),
        _ => None,
    }
}

fn compile_mappings(
    check: &mut MappingCheck<'_>,
    mappings: &[AttributeMapping],
) -> Vec<super::Mapping> {
    if mappings.len() > MAPPING_COUNT_MAX {
        let sentence =
            format!("has {} attribute mappings, the most is {MAPPING_COUNT_MAX}", mappings.len());
        check.whole_error(sentence, "remove some");
    }
    let compiled = mappings.iter().take(MAPPING_COUNT_MAX).map(|mapping| check.compile(mapping));
    compiled.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// What concerns the object mapping as a whole.
fn check_whole(
    place: &str,
    flow: Flow,
    mappings: &[super::Mapping],
    targets: &TargetDefinitions<'_>,
    findings: &mut Vec<Finding>,
) {
    if !mappings.iter().any(|mapping| mapping.matching.is_some()) {
        let sentence = "no attribute is matched by, so no account can be found or created";
        let hint = "give one a matching precedence, such as userName";
        findings.push(Finding::warning(place, sentence, hint));
    }
    let is_mapped =
        |name: &str| mappings.iter().any(|mapping| mapping.target.name.eq_ignore_ascii_case(name));
    for name in targets.required().filter(|name| flow.create && !is_mapped(name)) {
        let sentence = format!("the target requires \"{name}\", which nothing is mapped to");
        findings.push(Finding::warning(place, sentence, "map it, or give it a constant"));
    }
    let has_disable = mappings.iter().any(|mapping| mapping.mentions_soft_deleted);
    if has_disable && !flow.update {
        let sentence = "leavers cannot be disabled, since updates are switched off";
        findings.push(Finding::warning(place, sentence, "allow the action Update"));
    }
}
