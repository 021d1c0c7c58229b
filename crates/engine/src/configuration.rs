//! A job's configuration, compiled: Graph's synchronisation schema as types that cannot be wrong.
//!
//! Everything that could be wrong with a schema is found here, when it is saved or loaded, and
//! all at once; afterwards a mapping only fails for the data of one object.

use std::collections::{BTreeMap, BTreeSet};

use expression::Expression;
use graph::schema::{
    AttributeDefinition, AttributeFlowType, AttributeMapping, AttributeType, ObjectMapping,
    SynchronizationSchema,
};
use scim::path::Path;

use crate::filter::ScopingFilter;
pub use crate::finding::Finding;
use crate::object::ObjectKind;
use crate::source::SourceAttributes;

/// Most attribute mappings of one object mapping.
pub const MAPPING_COUNT_MAX: usize = 500;

/// What a job does with users and with groups.
#[derive(Debug, Clone)]
pub struct Configuration {
    rules: BTreeMap<ObjectKind, Rule>,
}

/// What a job does with one kind of object.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The kind of source object.
    pub kind: ObjectKind,
    /// Which operations are allowed.
    pub flow: Flow,
    /// Who is in scope, by attributes.
    pub filter: ScopingFilter,
    /// The mappings in the order of the schema.
    pub mappings: Vec<Mapping>,
}

/// The operations that an object mapping allows (its *target object actions*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// `Add`.
    pub create: bool,
    /// `Update`.
    pub update: bool,
    /// `Delete`.
    pub delete: bool,
}

/// How one target attribute is filled.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The target attribute.
    pub target: TargetAttribute,
    /// Where its value comes from.
    pub source: Source,
    /// The value when the source gives none; used on creation only.
    pub default: Option<String>,
    /// Matching precedence; none for an attribute that is not matched by.
    pub matching: Option<u32>,
    /// When the mapping applies.
    pub applies: Applies,
    /// Whether it mentions `IsSoftDeleted`, and so is evaluated for an object out of scope.
    pub mentions_soft_deleted: bool,
}

/// The definition of a target attribute.
#[derive(Debug, Clone)]
pub struct TargetAttribute {
    /// Its name, as the schema spells it.
    pub name: String,
    /// The name, parsed.
    pub path: Path,
    /// The type its values have.
    pub kind: AttributeType,
    /// Whether it takes several values.
    pub multivalued: bool,
    /// Whether a change of case alone is a change.
    pub case_exact: bool,
    /// Whether an object cannot be created without it.
    pub required: bool,
}

/// The source of a mapping.
#[derive(Debug, Clone)]
pub enum Source {
    /// Only the default value.
    DefaultOnly,
    /// An attribute, a constant or a function of them.
    Expression(Expression),
    /// A reference to another object, resolved by links: the source attribute's name.
    Reference(String),
}

/// When a mapping applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// Whenever the object is provisioned.
    Always,
    /// Only when it is created.
    OnCreate,
}

impl Configuration {
    /// Compiles a schema.
    ///
    /// # Errors
    /// Everything that is wrong with it, not only the first.
    pub fn compile(schema: &SynchronizationSchema) -> Result<Self, Vec<Finding>> {
        let mut rules = BTreeMap::new();
        let mut findings = Vec::new();
        for rule in &schema.synchronization_rules {
            let definitions = definitions(schema, rule.target_directory_name.as_deref());
            for object_mapping in rule.object_mappings.iter().filter(|mapping| mapping.enabled) {
                let Some(kind) = kind(object_mapping) else { continue };
                let rule = compile_rule(kind, object_mapping, &definitions, &mut findings);
                if rules.insert(kind, rule).is_some() {
                    let place = format!("{} mapping", kind.as_str());
                    let sentence = "a second enabled object mapping of this kind";
                    findings.push(Finding::error(&place, sentence, "disable one"));
                }
            }
        }
        if rules.is_empty() && findings.is_empty() {
            let sentence = "no object mapping for users or groups is enabled";
            findings.push(Finding::error("schema", sentence, "enable one"));
        }
        findings.retain(Finding::is_error);
        if findings.is_empty() { Ok(Self { rules }) } else { Err(findings) }
    }

    /// The rule for a kind of object; none when it is switched off.
    #[must_use]
    pub fn rule(&self, kind: ObjectKind) -> Option<&Rule> {
        self.rules.get(&kind)
    }

    /// The kinds of object that the job provisions.
    pub fn kinds(&self) -> impl Iterator<Item = ObjectKind> + '_ {
        self.rules.keys().copied()
    }
}

impl Rule {
    /// The mappings matched by, lowest precedence number first.
    #[must_use]
    pub fn matching(&self) -> Vec<&Mapping> {
        let mut matching: Vec<&Mapping> =
            self.mappings.iter().filter(|mapping| mapping.matching.is_some()).collect();
        matching.sort_by_key(|mapping| mapping.matching);
        matching
    }

    /// The mapping of group members, if there is one.
    #[must_use]
    pub fn members(&self) -> Option<&Mapping> {
        self.mappings
            .iter()
            .find(|mapping| matches!(&mapping.source, Source::Reference(name) if name == MEMBERS))
    }

    /// The mapping of a target attribute.
    #[must_use]
    pub fn mapping(&self, target: &str) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.target.name == target)
    }
}

pub use crate::source::{MANAGER, MEMBERS};

fn kind(mapping: &ObjectMapping) -> Option<ObjectKind> {
    match mapping.source_object_name.as_deref() {
        Some(name) if name.eq_ignore_ascii_case("user") => Some(ObjectKind::User),
        Some(name) if name.eq_ignore_ascii_case("group") => Some(ObjectKind::Group),
        _ => None,
    }
}

/// All attribute definitions of the target directory, by object name and attribute name.
fn definitions<'s>(
    schema: &'s SynchronizationSchema,
    directory: Option<&str>,
) -> BTreeMap<(&'s str, &'s str), &'s AttributeDefinition> {
    let named =
        schema.directories.iter().filter(|candidate| candidate.name.as_deref() == directory);
    named
        .flat_map(|directory| &directory.objects)
        .flat_map(|object| object.attributes.iter().map(move |attribute| (object, attribute)))
        .filter_map(|(object, attribute)| {
            Some(((object.name.as_deref()?, attribute.name.as_deref()?), attribute))
        })
        .collect()
}

fn compile_rule(
    kind: ObjectKind,
    object_mapping: &ObjectMapping,
    definitions: &BTreeMap<(&str, &str), &AttributeDefinition>,
    findings: &mut Vec<Finding>,
) -> Rule {
    let place = format!("{} mapping", kind.as_str());
    let (filter, of_filter) = ScopingFilter::compile(
        &object_mapping.scope.clone().unwrap_or_default(),
        &SourceAttributes::default(),
        &place,
    );
    findings.extend(of_filter);
    let mut find =
        |place: String, sentence: String| findings.push(Finding::error(&place, sentence, ""));
    if object_mapping.attribute_mappings.len() > MAPPING_COUNT_MAX {
        find(
            place.clone(),
            format!("more than {MAPPING_COUNT_MAX} attribute mappings; remove some"),
        );
    }
    let target_object = object_mapping.target_object_name.as_deref().unwrap_or_default();
    let mut seen = BTreeSet::new();
    let mut mappings = Vec::new();
    for mapping in object_mapping.attribute_mappings.iter().take(MAPPING_COUNT_MAX) {
        let target = mapping.target_attribute_name.as_deref().unwrap_or_default();
        let place = format!("{place}, target attribute \"{target}\"");
        if !seen.insert(target.to_lowercase()) {
            find(place.clone(), "is mapped twice; remove one of the two".to_owned());
        }
        match compile_mapping(mapping, definitions.get(&(target_object, target)).copied()) {
            Ok(mapping) => mappings.push(mapping),
            Err(sentence) => find(place, sentence),
        }
    }
    if !mappings.iter().any(|mapping| mapping.matching.is_some()) {
        find(place, "no attribute is matched by; give one a matching precedence".to_owned());
    }
    let flow_types = object_mapping.flow_types;
    let flow =
        Flow { create: flow_types.add, update: flow_types.update, delete: flow_types.delete };
    Rule { kind, flow, filter: filter.unwrap_or_default(), mappings }
}

fn compile_mapping(
    mapping: &AttributeMapping,
    definition: Option<&AttributeDefinition>,
) -> Result<Mapping, String> {
    let target = target_attribute(mapping, definition)?;
    let source = source(mapping, &target)?;
    let matching =
        u32::try_from(mapping.matching_priority).ok().filter(|&precedence| precedence > 0);
    if matching.is_some() && !matches!(source, Source::Expression(_)) {
        return Err("is matched by, but has no source with a value; map one".to_owned());
    }
    let applies = match mapping.flow_type {
        AttributeFlowType::Always => Applies::Always,
        AttributeFlowType::ObjectAddOnly => Applies::OnCreate,
        other => {
            return Err(format!(
                "has the flow type {other:?}, which this version does not have; choose Always"
            ));
        }
    };
    let mentions_soft_deleted = match &source {
        Source::Expression(expression) => expression.attributes().contains("IsSoftDeleted"),
        _ => false,
    };
    let default = mapping.default_value.clone().filter(|value| !value.is_empty());
    Ok(Mapping { target, source, default, matching, applies, mentions_soft_deleted })
}

fn target_attribute(
    mapping: &AttributeMapping,
    definition: Option<&AttributeDefinition>,
) -> Result<TargetAttribute, String> {
    let name = mapping.target_attribute_name.clone().unwrap_or_default();
    let path = Path::parse(&name).map_err(|error| format!("is no attribute path: {error}"))?;
    let Some(definition) = definition else {
        return Err(
            "is not defined in the target's attribute list; add it there or correct its name"
                .to_owned(),
        );
    };
    if path.attribute.eq_ignore_ascii_case("password") {
        return Err("is a credential, which is never provisioned; remove the mapping".to_owned());
    }
    if definition.anchor {
        return Err(
            "is the target's own id, which only the target issues; remove the mapping".to_owned()
        );
    }
    Ok(TargetAttribute {
        name,
        path,
        kind: definition.kind,
        multivalued: definition.multivalued,
        case_exact: definition.case_exact,
        required: definition.required,
    })
}

fn source(mapping: &AttributeMapping, target: &TargetAttribute) -> Result<Source, String> {
    let Some(source) = &mapping.source else { return Ok(Source::DefaultOnly) };
    let text = source.text().map_err(|error| error.to_string())?;
    if text.trim().is_empty() {
        return Ok(Source::DefaultOnly);
    }
    let expression = Expression::parse(&text)
        .map_err(|error| format!("has an expression that does not parse: {error}"))?;
    if target.kind == AttributeType::Reference {
        let attributes = expression.attributes();
        return match attributes.iter().next() {
            Some(name) if attributes.len() == 1 && [MANAGER, MEMBERS].contains(&name.as_str()) => {
                Ok(Source::Reference(name.clone()))
            }
            _ => Err("is a reference, which only [manager] or [members] can fill; map one of them"
                .to_owned()),
        };
    }
    Ok(Source::Expression(expression))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::schema;

    type Lines<'l> = &'l [(&'l str, &'l str, &'l str, i32)];

    fn findings(lines: Lines<'_>) -> String {
        let schema = serde_json::from_value(schema("User", "Add,Update,Delete", lines)).unwrap();
        let findings = Configuration::compile(&schema).unwrap_err();
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_finding_is_told_and_says_where_it_is() {
        let lines: Lines<'_> = &[
            ("userName", "String", "[userPrincipalName]", 0),
            ("username", "String", "[mail]", 0),
            ("manager", "Reference", "Join(\"\", [a], [b])", 0),
        ];
        insta::assert_snapshot!(findings(lines), @r#"
        User mapping, target attribute "username": is mapped twice; remove one of the two
        User mapping, target attribute "manager": is a reference, which only [manager] or [members] can fill; map one of them
        User mapping: no attribute is matched by; give one a matching precedence
        "#);
    }

    #[test]
    fn a_schema_without_an_enabled_mapping_is_refused() {
        let schema = SynchronizationSchema::default();
        assert_eq!(Configuration::compile(&schema).unwrap_err().len(), 1);
    }
}
