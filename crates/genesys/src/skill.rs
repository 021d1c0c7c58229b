//! Routing skills and languages: a name that exists, and how well.

use scim::{Resource, ScimError, resource::value_of};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::profile::{elements, misfit, text};

/// The most skills, and the most languages, of one user.
pub(crate) const SKILL_COUNT_MAX: usize = 50;

/// The best proficiency.
pub(crate) const PROFICIENCY_MAX: f64 = 5.0;

/// A skill or a language of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skill {
    /// The name of a skill or a language that exists; case matters.
    pub name: String,
    /// From 0.0 to 5.0.
    pub proficiency: f64,
}

/// Reads the attribute `name`; of two entries of one skill the later counts.
pub(crate) fn skills(genesys: &Resource, name: &str) -> Result<Vec<Skill>, ScimError> {
    let mut skills: Vec<Skill> = Vec::new();
    for element in elements(genesys, name) {
        let Value::Object(skill) = element else {
            return Err(misfit(name, "a list of objects", element));
        };
        let Some(skill_name) = text(skill, "name")? else { continue };
        let proficiency = proficiency(skill, name)?;
        match skills.iter_mut().find(|known| known.name == skill_name) {
            Some(known) => known.proficiency = proficiency,
            None => skills.push(Skill { name: skill_name, proficiency }),
        }
    }
    if skills.len() > SKILL_COUNT_MAX {
        let detail = format!(
            "{name} has {} elements, the most is {SKILL_COUNT_MAX}: send fewer",
            skills.len()
        );
        return Err(ScimError::invalid_value(detail));
    }
    Ok(skills)
}

fn proficiency(skill: &Resource, name: &str) -> Result<f64, ScimError> {
    let Some(value) = value_of(skill, "proficiency") else { return Ok(0.0) };
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number
        .filter(|number| (0.0..=PROFICIENCY_MAX).contains(number))
        .ok_or_else(|| misfit(&format!("{name}.proficiency"), "a number from 0.0 to 5.0", value))
}
