//! What decides about an object beside its own attributes: a change there concerns the object too.

use std::collections::BTreeSet;

use expression::Expression;

use super::{Rule, Source};
use crate::source::{APP_ROLE_ASSIGNMENTS, MANAGER, MANAGER_PREFIX};

/// What mappings and filters read that is not the object's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a place of its own to look")]
pub struct Dependencies {
    /// Attributes of the manager, by their own names: `department` for `[manager.department]`.
    pub manager_attributes: BTreeSet<String>,
    /// Who the manager is.
    pub manager: bool,
    /// The job's lookup tables.
    pub tables: bool,
    /// The app roles of the assignments, by id, value and name.
    pub roles: bool,
    /// The groups that hold the object, directly and through others.
    pub groups: bool,
    /// The time: the same object may come to other values on another day.
    pub clock: bool,
}

impl Dependencies {
    pub(super) fn of(rule: &Rule) -> Self {
        let mut found = Self::default();
        for mapping in &rule.mappings {
            match &mapping.source {
                Source::Expression(expression) => found.add_expression(expression),
                Source::Reference(name) => found.add_attribute(name),
                Source::DefaultOnly => {}
            }
        }
        for clause in rule.filter.clauses() {
            found.add_attribute(&clause.attribute);
            found.groups |= clause.asks_for_groups();
            found.clock |= clause.depends_on_the_day();
        }
        found
    }

    /// Both together.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.manager_attributes.extend(other.manager_attributes);
        self.manager |= other.manager;
        self.tables |= other.tables;
        self.roles |= other.roles;
        self.groups |= other.groups;
        self.clock |= other.clock;
        self
    }

    fn add_expression(&mut self, expression: &Expression) {
        for name in expression.attributes() {
            self.add_attribute(&name);
        }
        let functions = expression.functions();
        self.tables |= functions.contains("Lookup");
        self.clock |= functions.contains("Now");
    }

    fn add_attribute(&mut self, name: &str) {
        self.roles |= name == APP_ROLE_ASSIGNMENTS;
        self.manager |= name == MANAGER;
        if let Some(attribute) = name.strip_prefix(MANAGER_PREFIX) {
            self.manager = true;
            self.manager_attributes.insert(attribute.to_owned());
        }
    }
}
