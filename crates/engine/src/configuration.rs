//! A job's configuration, compiled: Graph's synchronisation schema as types that cannot be wrong.
//!
//! Everything that could be wrong with a schema is found here, when it is saved or loaded, and
//! all at once; afterwards a mapping only fails for the data of one object. What Entra ID exports
//! is accepted, of any age: what cannot be used is left out with a warning, and only what would
//! provision something else than the schema says is an error.

mod attribute;
mod compile;
mod dependencies;
mod target;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use expression::Expression;
use graph::schema::AttributeType;
use scim::path::Path;

pub use compile::MAPPING_COUNT_MAX;
pub use dependencies::Dependencies;

use crate::filter::ScopingFilter;
use crate::object::ObjectKind;
use crate::source::MEMBERS;

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
    /// `Update`, which disabling is one of.
    pub update: bool,
    /// `Delete`.
    pub delete: bool,
}

/// How one target attribute is filled.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own in the schema")]
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
    /// Whether the value travels with every update, changed or not (`FlowAlways`). It causes none.
    pub flows_always: bool,
    /// Whether an empty source clears the target (`flowNullValues` of the mapping).
    pub clears: bool,
    /// Whether an empty list is a value: the object has no roles any more.
    pub asserts: bool,
    /// Whether its candidates are tried in the target one by one (`SelectUniqueValue`).
    pub selects_unique: bool,
    /// Whether it mentions `IsSoftDeleted`, and so is evaluated for an object out of scope.
    pub mentions_soft_deleted: bool,
}

/// The definition of a target attribute.
#[derive(Debug, Clone, PartialEq)]
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
    /// An attribute, a constant or a function of them. For a reference, its value is the id of the
    /// source object that is meant.
    Expression(Expression),
    /// The manager or the members: the source attribute's name.
    Reference(String),
}

/// When a mapping applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// Whenever the object is provisioned.
    Always,
    /// Only when it is created (`ObjectAddOnly`).
    OnCreate,
    /// Values are added to those that are there, never removed (`MultiValueAddOnly`).
    AddingValues,
    /// Where the target has no value, as far as this job knows (`ValueAddOnly`).
    WithoutValue,
    /// Where the target has nothing of the whole attribute, such as no address at all
    /// (`AttributeAddOnly`).
    WithoutAttribute,
}

impl Configuration {
    /// The rule for a kind of object; none when it is switched off.
    #[must_use]
    pub fn rule(&self, kind: ObjectKind) -> Option<&Rule> {
        self.rules.get(&kind)
    }

    /// The kinds of object that the job provisions.
    pub fn kinds(&self) -> impl Iterator<Item = ObjectKind> + '_ {
        self.rules.keys().copied()
    }

    /// What decides about an object beside its own attributes.
    #[must_use]
    pub fn depends_on(&self) -> Dependencies {
        self.rules.values().map(Rule::depends_on).fold(Dependencies::default(), Dependencies::with)
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

    /// What decides about an object beside its own attributes.
    #[must_use]
    pub fn depends_on(&self) -> Dependencies {
        Dependencies::of(self)
    }
}

impl Mapping {
    /// Whether its value must not be shown: `Redact` stands somewhere in its expression.
    #[must_use]
    pub fn is_redacted(&self) -> bool {
        matches!(&self.source, Source::Expression(expression) if expression.is_redacted())
    }

    /// The source as the console shows it: the text of its expression, or the constant.
    #[must_use]
    pub fn source_text(&self) -> String {
        match &self.source {
            Source::DefaultOnly => format!("\"{}\"", self.default.as_deref().unwrap_or_default()),
            Source::Expression(expression) => expression.to_string(),
            Source::Reference(attribute) => format!("[{attribute}]"),
        }
    }
}
