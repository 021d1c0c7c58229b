//! From Graph's scoping filter to one that can be evaluated. Everything that is wrong is found
//! here, and all at once.

use expression::{Pattern, PatternError, Span};
use graph::schema::{AttributeType, Filter, FilterClause, FilterGroup};

use super::clause::{Moment, Operand, folded, read_date};
use super::operator::{Arity, Operator, Test};
use super::{Clause, Group, List, ScopingFilter};
use crate::finding::Finding;
use crate::source::{
    APP_ROLE_ASSIGNMENTS, IS_SOFT_DELETED, MANAGER, MANAGER_PREFIX, MEMBERS, SourceAttributes,
};

/// Most clauses of one filter, so that evaluation is bounded.
pub const CLAUSE_COUNT_MAX: usize = 500;

/// Most values of one clause.
pub const CLAUSE_VALUE_COUNT_MAX: usize = 1_000;

impl ScopingFilter {
    /// Compiles a filter. `place` names it in the findings. None when there is an error among them.
    #[must_use]
    pub fn compile(
        filter: &Filter,
        attributes: &SourceAttributes,
        place: &str,
    ) -> (Option<Self>, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut compile = |list: List, groups: &[FilterGroup]| {
            let place = format!("{place}, {}", list.name());
            let groups = groups.iter().enumerate();
            let compiled = groups.map(|(index, group)| {
                compile_group(list, index, group, attributes, &place, &mut findings)
            });
            compiled.collect::<Vec<Group>>()
        };
        let compiled = Self {
            scope: compile(List::Groups, &filter.groups),
            input: compile(List::InputFilterGroups, &filter.input_filter_groups),
            category: compile(List::CategoryFilterGroups, &filter.category_filter_groups),
        };
        let count = compiled.clauses().count();
        if count > CLAUSE_COUNT_MAX {
            let sentence = format!("has {count} clauses, the most is {CLAUSE_COUNT_MAX}");
            findings.push(Finding::error(place, sentence, "join values with IN, or split the job"));
        }
        let is_usable = !findings.iter().any(Finding::is_error);
        (is_usable.then_some(compiled), findings)
    }
}

fn compile_group(
    list: List,
    index: usize,
    group: &FilterGroup,
    attributes: &SourceAttributes,
    place: &str,
    findings: &mut Vec<Finding>,
) -> Group {
    let title = group.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = title.map_or_else(|| format!("group {}", index + 1), str::to_owned);
    let place = format!("{place}, group {}{}", index + 1, quoted_title(title));
    if group.clauses.is_empty() {
        let sentence = "has no clause and would admit everyone";
        findings.push(Finding::error(&place, sentence, "add a clause, or remove the group"));
    }
    let mut clauses = Vec::with_capacity(group.clauses.len());
    for (index, clause) in group.clauses.iter().enumerate() {
        let mut check =
            Check { place: format!("{place}, clause {}", index + 1), attributes, findings };
        clauses.extend(check.compile(list, clause));
    }
    Group { name, clauses }
}

fn quoted_title(title: Option<&str>) -> String {
    title.map(|title| format!(" \"{title}\"")).unwrap_or_default()
}

/// The check of one clause.
struct Check<'c> {
    place: String,
    attributes: &'c SourceAttributes,
    findings: &'c mut Vec<Finding>,
}

impl Check<'_> {
    fn compile(&mut self, list: List, clause: &FilterClause) -> Option<Clause> {
        let operator = self.operator(clause.operator_name.as_deref().unwrap_or_default())?;
        let attribute = clause.source_operand_name.as_deref().unwrap_or_default().trim();
        let attribute = attribute
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
            .unwrap_or(attribute);
        let is_named = operator.test == Test::IsMember || self.attribute(attribute, operator);
        let values = clause.target_operand.as_ref().map(|operand| operand.values.clone());
        let values = self.values(operator, values.unwrap_or_default())?;
        let operand = self.operand(operator, &values)?;
        let negates = operator.is_negated || operator.test == Test::IsFalse;
        let compares = !matches!(operator.test, Test::IsNull | Test::Before | Test::After);
        let absent_passes = list == List::InputFilterGroups && negates && compares;
        let attribute = attribute.to_owned();
        is_named.then_some(Clause { attribute, operator, values, operand, absent_passes })
    }

    fn operator(&mut self, name: &str) -> Option<&'static Operator> {
        let found = Operator::find(name);
        if found.is_none() {
            let hint = match Operator::near(name) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "use one such as EQUALS, IS NOT NULL or REGEX MATCH".to_owned(),
            };
            self.error(format!("there is no operator \"{name}\""), &hint);
        }
        found
    }

    /// Whether a clause can test this attribute with this operator.
    fn attribute(&mut self, name: &str, operator: &Operator) -> bool {
        let bare = name.strip_prefix(MANAGER_PREFIX).unwrap_or(name);
        let refusal = match bare {
            "" => ("names no source attribute", "name one, such as \"department\""),
            APP_ROLE_ASSIGNMENTS => (
                "asks for app role assignments, which a filter cannot see",
                "scope by assignment instead: assign the users or groups to the application",
            ),
            IS_SOFT_DELETED => (
                "asks for IsSoftDeleted, which follows from the filter itself",
                "use accountEnabled IS TRUE",
            ),
            MEMBERS => (
                "asks for the members of a group, which a filter cannot see",
                "filter users by IsMemberOf, or groups by displayName",
            ),
            _ => {
                self.attribute_type(name, operator);
                return !self.is_boolean_compared(name, operator);
            }
        };
        self.error(refusal.0, refusal.1);
        false
    }

    fn is_boolean_compared(&mut self, name: &str, operator: &Operator) -> bool {
        let known = self.attributes.get(name);
        let is_boolean = known.is_some_and(|known| known.kind == AttributeType::Boolean);
        let is_compared = is_boolean && !operator.types.contains(&AttributeType::Boolean);
        if is_compared {
            let sentence =
                format!("\"{name}\" is true or false and cannot be compared by {}", operator.name);
            self.error(sentence, "use IS TRUE or IS FALSE");
        }
        is_compared
    }

    /// What is unusual about the attribute, but works here.
    fn attribute_type(&mut self, name: &str, operator: &Operator) {
        let Some(known) = self.attributes.get(name) else {
            let hint = match self.attributes.near(name) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => {
                    "check its spelling, or add it to the source directory's attributes".to_owned()
                }
            };
            let sentence = format!("no source attribute \"{name}\" is known");
            return self.warn(sentence, &hint);
        };
        let takes_flags = operator.types == [AttributeType::Boolean];
        let takes_dates = operator.types.contains(&AttributeType::DateTime);
        if takes_flags && known.kind != AttributeType::Boolean {
            let sentence =
                format!("\"{name}\" is not true or false, so {} never holds", operator.name);
            self.warn(sentence, "compare it with EQUALS");
        } else if known.kind == AttributeType::DateTime
            && !takes_dates
            && operator.arity != Arity::Unary
        {
            let sentence =
                format!("\"{name}\" holds a date, which {} compares as text", operator.name);
            self.warn(sentence, "use DATE_BEFORE or DATE_AFTER");
        } else if known.multivalued && operator.test != Test::IsNull {
            let sentence = format!("\"{name}\" has several values, of which all must pass");
            self.warn(sentence, "Entra ID has no filters over several values");
        } else if name == MANAGER || name == "userType" || name.starts_with(MANAGER_PREFIX) {
            let sentence = format!("Entra ID cannot filter by \"{name}\"");
            self.warn(sentence, "it works here, but not when the schema is taken back there");
        }
    }

    /// The values, as many as the operator takes.
    fn values(&mut self, operator: &Operator, mut values: Vec<String>) -> Option<Vec<String>> {
        let name = operator.name;
        match (operator.arity, values.as_slice()) {
            (Arity::Unary, []) => {}
            (Arity::Unary, given) => {
                if given.iter().any(|value| !value.is_empty()) {
                    self.warn(
                        format!("{name} takes no value, and the one given is not used"),
                        "remove the value",
                    );
                }
                values.clear();
            }
            (_, []) => {
                self.error(format!("{name} has no value to compare with"), "give it one");
                return None;
            }
            (Arity::Binary, [_, _, ..]) => {
                let sentence = format!("{name} takes one value and has {}", values.len());
                self.error(sentence, "use IN, or a group for each value");
                return None;
            }
            (_, given) if given.len() > CLAUSE_VALUE_COUNT_MAX => {
                let sentence =
                    format!("has {} values, the most is {CLAUSE_VALUE_COUNT_MAX}", given.len());
                self.error(sentence, "filter by a group or by another attribute");
                return None;
            }
            (_, given) if given.iter().any(String::is_empty) => {
                let sentence = format!(
                    "{name} compares with an empty text, although an absent value is never compared"
                );
                self.warn(sentence, "use IS NULL or IS NOT NULL");
            }
            _ => {}
        }
        Some(values)
    }

    /// What the attribute is compared with, ready for comparison.
    fn operand(&mut self, operator: &Operator, values: &[String]) -> Option<Operand> {
        let first = values.first().map(String::as_str).unwrap_or_default();
        match operator.test {
            Test::IsNull | Test::IsTrue | Test::IsFalse => Some(Operand::None),
            Test::Greater | Test::GreaterOrEqual | Test::Less | Test::LessOrEqual => {
                let number = first.trim().parse().map(Operand::Number).ok();
                if number.is_none() {
                    let sentence = format!(
                        "{} compares with \"{first}\", which is not a whole number of 0 or more",
                        operator.name
                    );
                    self.error(sentence, "write digits only, such as 1000");
                }
                number
            }
            Test::Pattern => self.pattern(operator, first),
            Test::Before | Test::After => self.moment(operator, first),
            Test::Bits => {
                let mask = first.trim().parse().ok().filter(|_| values.len() == 1);
                let items = values.iter().flat_map(|value| value.split([',', ';', '|', '\n']));
                let items = items.map(|item| item.trim().to_owned());
                Some(Operand::Bits(mask, items.filter(|item| !item.is_empty()).collect()))
            }
            _ if operator.ignores_case => {
                Some(Operand::Texts(values.iter().map(|value| folded(value)).collect()))
            }
            _ => Some(Operand::Texts(values.to_vec())),
        }
    }

    fn pattern(&mut self, operator: &Operator, text: &str) -> Option<Operand> {
        // Compiled as written first, so that a place in an error is a place in what was written.
        let compiled = Pattern::compile(text).and_then(|pattern| {
            if operator.ignores_case {
                Pattern::compile(&format!("(?i){text}"))
            } else {
                Ok(pattern)
            }
        });
        match compiled {
            Ok(pattern) => {
                self.warn_of_loose_ends(operator, text);
                Some(Operand::Pattern(Box::new(pattern)))
            }
            Err(error) => {
                let sentence = format!("\"{text}\" is no regular expression: {error}");
                let finding = Finding::error(&self.place, sentence, "correct the pattern");
                self.findings.push(match place(text, &error) {
                    Some(span) => finding.at(span),
                    None => finding,
                });
                None
            }
        }
    }

    /// A pattern matches anywhere in the value, which is seldom meant.
    fn warn_of_loose_ends(&mut self, operator: &Operator, text: &str) {
        let begins = ["^", r"\A", ".*"].iter().any(|start| text.starts_with(start));
        let ends = ["$", r"\z", r"\Z", ".*"].iter().any(|end| text.ends_with(end));
        if !(begins && ends) {
            let sentence = format!("{} finds \"{text}\" anywhere in the value", operator.name);
            let inner = text.trim_start_matches('^').trim_end_matches('$');
            self.warn(
                sentence,
                &format!("write \"^(?:{inner})$\" if the whole value has to match"),
            );
        }
    }

    fn moment(&mut self, operator: &Operator, text: &str) -> Option<Operand> {
        let moment = read_today(text).or_else(|| read_date(text).map(Moment::Fixed));
        if moment.is_none() {
            let sentence =
                format!("{} compares with \"{text}\", which is not a date", operator.name);
            self.error(sentence, "write a date such as 2026-01-31, or Today, Today+14, Today-30");
        }
        moment.map(Operand::Moment)
    }

    fn error(&mut self, sentence: impl Into<String>, hint: &str) {
        self.findings.push(Finding::error(&self.place, sentence, hint));
    }

    fn warn(&mut self, sentence: impl Into<String>, hint: &str) {
        self.findings.push(Finding::warning(&self.place, sentence, hint));
    }
}

/// The place in a pattern that an error names.
fn place(pattern: &str, error: &PatternError) -> Option<Span> {
    let (PatternError::Malformed { at, .. } | PatternError::Unsupported { at, .. }) = error else {
        return None;
    };
    let byte = |count: usize| pattern.char_indices().nth(count).map_or(pattern.len(), |(at, _)| at);
    Some(Span { start: byte(at.saturating_sub(1)), end: byte(*at) })
}

/// `Today`, and `Today+14` for so many days later.
fn read_today(text: &str) -> Option<Moment> {
    const TODAY: &str = "today";
    let text = text.trim();
    let word = text.get(..TODAY.len()).filter(|word| word.eq_ignore_ascii_case(TODAY))?;
    let days = text[word.len()..].trim();
    let days = if days.is_empty() { 0 } else { days.replace(' ', "").parse().ok()? };
    // A number without a sign is no distance.
    let has_sign = days == 0 || text[word.len()..].trim().starts_with(['+', '-']);
    (has_sign && (-DAYS_MAX..=DAYS_MAX).contains(&days)).then_some(Moment::Today(days))
}

/// Most days before or after today: a thousand years.
const DAYS_MAX: i32 = 365_250;
