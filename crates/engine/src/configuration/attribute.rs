//! One attribute mapping, checked and compiled.

use std::collections::BTreeSet;

use expression::{Expression, Surroundings, TargetKind, TargetType, Value, check_with};
use graph::schema::{
    AttributeFlowBehavior, AttributeFlowType, AttributeMapping, AttributeType, Mutability,
};
use scim::path::Path;

use super::target::{Defined, TargetDefinitions};
use super::{Applies, Mapping, Source, TargetAttribute};
use crate::finding::{Finding, Severity};
use crate::mapping::convert;
use crate::source::{IS_SOFT_DELETED, MANAGER, MEMBERS, SourceAttributes};

/// The mapping's own key that lets an empty source clear the target, spelled as Entra ID does.
pub(super) const FLOW_NULL_VALUES: &str = "flowNullValues";

/// The functions that yield all roles: one that is missing was taken away.
const ASSERTIVE: [&str; 2] = ["AssertiveAppRoleAssignmentsComplex", "AppRoleAssignments"];

/// The function whose candidates are tried in the target, on creation only.
const SELECT_UNIQUE: &str = "SelectUniqueValue";

/// The function whose roles are only ever added.
const ADDITIVE: &str = "AppRoleAssignmentsComplex";

/// The check of the attribute mappings of one object mapping.
pub(super) struct MappingCheck<'c> {
    place: &'c str,
    names: BTreeSet<String>,
    multivalued: BTreeSet<String>,
    targets: &'c TargetDefinitions<'c>,
    tables: Option<&'c BTreeSet<String>>,
    seen: BTreeSet<String>,
    findings: &'c mut Vec<Finding>,
}

impl<'c> MappingCheck<'c> {
    pub(super) fn new(
        place: &'c str,
        attributes: &SourceAttributes,
        targets: &'c TargetDefinitions<'c>,
        tables: Option<&'c BTreeSet<String>>,
        findings: &'c mut Vec<Finding>,
    ) -> Self {
        let names: BTreeSet<String> = attributes.names().map(str::to_owned).collect();
        let has_several =
            |name: &&String| attributes.get(name).is_some_and(|known| known.multivalued);
        let multivalued = names.iter().filter(has_several).cloned().collect();
        Self { place, names, multivalued, targets, tables, seen: BTreeSet::new(), findings }
    }

    /// Something wrong with the object mapping as a whole.
    pub(super) fn whole_error(&mut self, sentence: String, hint: &str) {
        self.findings.push(Finding::error(self.place, sentence, hint));
    }

    /// Compiles one mapping; none where it cannot be used or is left out.
    pub(super) fn compile(&mut self, mapping: &AttributeMapping) -> Option<Mapping> {
        let name = mapping.target_attribute_name.as_deref().unwrap_or_default().trim();
        let place = format!("{}, target attribute \"{name}\"", self.place);
        let Defined { attribute: target, mutability, .. } = self.target(&place, name)?;
        let source = self.source(&place, mapping, &target)?;
        let matching =
            u32::try_from(mapping.matching_priority).ok().filter(|&precedence| precedence > 0);
        if matching.is_some() {
            self.check_matching(&place, &source, &target);
        }
        let default = mapping.default_value.clone().filter(|value| !value.is_empty());
        self.check_default(&place, &target, default.as_deref());
        let calls = |name: &str| match &source {
            Source::Expression(expression) => expression.functions().contains(name),
            _ => false,
        };
        let applies = match self.applies(&place, mapping, &target) {
            Applies::Always if mutability == Mutability::Immutable => Applies::OnCreate,
            _ if calls(SELECT_UNIQUE) => Applies::OnCreate,
            Applies::Always if calls(ADDITIVE) => Applies::AddingValues,
            applies => applies,
        };
        let reads_soft_deleted = match &source {
            Source::Expression(expression) => expression.attributes().contains(IS_SOFT_DELETED),
            _ => false,
        };
        let clears = self.clears(&place, mapping, &target);
        Some(Mapping {
            selects_unique: calls(SELECT_UNIQUE),
            asserts: ASSERTIVE.iter().any(|name| calls(name)),
            flows_always: mapping.flow_behavior == AttributeFlowBehavior::FlowAlways,
            mentions_soft_deleted: reads_soft_deleted,
            target,
            source,
            default,
            matching,
            applies,
            clears,
        })
    }

    fn target(&mut self, place: &str, name: &str) -> Option<Defined> {
        if name.is_empty() {
            self.error(place, "names no target attribute", "name one, or remove the mapping");
            return None;
        }
        let path = match Path::parse(name) {
            Ok(path) => path,
            Err(error) => {
                self.error(place, format!("is no attribute path: {error}"), "");
                return None;
            }
        };
        if !self.seen.insert(name.to_lowercase()) {
            self.error(place, "is mapped twice", "remove one of the two");
            return None;
        }
        if let Some((sentence, hint)) = left_out(&path) {
            self.warn(place, sentence, hint);
            return None;
        }
        let defined = self.targets.attribute(name, path);
        if defined.mutability == Mutability::ReadOnly {
            self.warn(place, "can only be read, so the mapping is left out", "remove the mapping");
            return None;
        }
        if defined.anchor {
            let sentence = "is the target's primary key, which a mapping should not write";
            self.warn(place, sentence, "remove the mapping");
        }
        if !defined.is_known {
            let hint = match self.targets.near(name) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "add it there with its type".to_owned(),
            };
            let sentence = "is not defined in the target's attribute list and is taken for text";
            self.warn(place, sentence, &hint);
        }
        Some(defined)
    }

    fn source(
        &mut self,
        place: &str,
        mapping: &AttributeMapping,
        target: &TargetAttribute,
    ) -> Option<Source> {
        let Some(source) = &mapping.source else { return Some(Source::DefaultOnly) };
        let text = match source.text() {
            Ok(text) => text,
            Err(error) => {
                self.error(place, error.to_string(), "");
                return None;
            }
        };
        if text.trim().is_empty() {
            return Some(Source::DefaultOnly);
        }
        self.check_expression(place, &text, mapping, target);
        let expression = Expression::parse(&text).ok()?;
        match reference(&text) {
            Some(name) => Some(Source::Reference(name.to_owned())),
            None => Some(Source::Expression(expression)),
        }
    }

    /// Everything that the expression language has to say about the source.
    fn check_expression(
        &mut self,
        place: &str,
        text: &str,
        mapping: &AttributeMapping,
        target: &TargetAttribute,
    ) {
        let surroundings = Surroundings {
            attributes: Some(&self.names),
            multivalued: Some(&self.multivalued),
            tables: self.tables,
            target: Some(TargetType {
                kind: target_kind(target.kind),
                multivalued: target.multivalued,
            }),
            flow_always: mapping.flow_type != AttributeFlowType::ObjectAddOnly,
            matching: mapping.matching_priority > 0,
        };
        // A reference is resolved by links, whatever type its target has.
        let surroundings = match reference(text) {
            Some(_) => Surroundings { target: None, ..surroundings },
            None => surroundings,
        };
        for found in check_with(text, &surroundings) {
            let severity = match found.severity {
                expression::Severity::Error => Severity::Error,
                expression::Severity::Warning => Severity::Warning,
            };
            self.findings.push(Finding {
                severity,
                place: place.to_owned(),
                span: Some(found.span),
                sentence: found.message,
                hint: found.hint,
            });
        }
    }

    fn check_matching(&mut self, place: &str, source: &Source, target: &TargetAttribute) {
        if !matches!(source, Source::Expression(_)) {
            let sentence = "is matched by, but its value does not come from the object";
            self.error(place, sentence, "map an attribute whose values are unique");
        } else if matches!(source, Source::Expression(source) if source.functions().contains(SELECT_UNIQUE))
        {
            let sentence = "is matched by, but SelectUniqueValue gives a value that nobody has";
            self.error(place, sentence, "match by an attribute that stays, such as userName");
        } else if target.multivalued || target.kind == AttributeType::Reference {
            let sentence = "is matched by, but is not a single value";
            self.error(place, sentence, "match by an attribute such as userName");
        }
    }

    fn check_default(&mut self, place: &str, target: &TargetAttribute, default: Option<&str>) {
        let Some(default) = default else { return };
        if let Err(failure) = convert(target, Value::from(default)) {
            self.error(place, format!("has a default value it cannot take: {failure}"), "");
        }
    }

    fn applies(
        &mut self,
        place: &str,
        mapping: &AttributeMapping,
        target: &TargetAttribute,
    ) -> Applies {
        match mapping.flow_type {
            AttributeFlowType::Always => Applies::Always,
            AttributeFlowType::ObjectAddOnly => Applies::OnCreate,
            AttributeFlowType::MultiValueAddOnly if target.multivalued => Applies::AddingValues,
            AttributeFlowType::MultiValueAddOnly => {
                let sentence = "adds values (MultiValueAddOnly) but takes only one";
                self.warn(place, sentence, "choose the flow type Always or ValueAddOnly");
                Applies::Always
            }
            AttributeFlowType::ValueAddOnly => Applies::WithoutValue,
            AttributeFlowType::AttributeAddOnly => Applies::WithoutAttribute,
        }
    }

    fn clears(
        &mut self,
        place: &str,
        mapping: &AttributeMapping,
        target: &TargetAttribute,
    ) -> bool {
        let is_asked = mapping.extra.get(FLOW_NULL_VALUES) == Some(&true.into());
        let is_needed = target.required || mapping.matching_priority > 0;
        if is_asked && is_needed {
            let sentence = "is required or matched by, so an empty source does not clear it";
            self.warn(place, sentence, "set flowNullValues to false");
        }
        is_asked && !is_needed
    }

    fn error(&mut self, place: &str, sentence: impl Into<String>, hint: &str) {
        self.findings.push(Finding::error(place, sentence, hint));
    }

    fn warn(&mut self, place: &str, sentence: impl Into<String>, hint: &str) {
        self.findings.push(Finding::warning(place, sentence, hint));
    }
}

/// Attributes that no mapping writes, and why.
fn left_out(path: &Path) -> Option<(&'static str, &'static str)> {
    if path.extension_urn().is_some() {
        return None;
    }
    match path.attribute.to_ascii_lowercase().as_str() {
        "password" => Some((
            "is a credential, which is never provisioned, so the mapping is left out",
            "sign people in by single sign-on, and remove the mapping",
        )),
        "id" => Some((
            "is the target's own id, which only the target issues, so the mapping is left out",
            "map the object's id to externalId",
        )),
        _ => None,
    }
}

/// The relation that an expression names, if that is all it does.
fn reference(text: &str) -> Option<&'static str> {
    let name = text.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    [MANAGER, MEMBERS].into_iter().find(|relation| *relation == name)
}

fn target_kind(kind: AttributeType) -> TargetKind {
    match kind {
        AttributeType::String => TargetKind::String,
        AttributeType::Integer => TargetKind::Integer,
        AttributeType::Boolean => TargetKind::Boolean,
        AttributeType::DateTime => TargetKind::DateTime,
        AttributeType::Reference => TargetKind::Reference,
        AttributeType::Binary => TargetKind::Binary,
    }
}
