//! Groups within groups: whom an assigned group reaches when nesting counts, and by which way.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use store::directory as statements;
use store::directory::StepRow;

use crate::assignment::GroupName;
use crate::error::DirectoryError;
use crate::{Directory, GroupPath};

impl Directory {
    /// Ids of a group and of all groups within it, however deep; at most
    /// [`store::directory::GROUPS_MAX`] of them. Empty for what is no group.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn groups_within(&self, group: &str) -> Result<Vec<String>, DirectoryError> {
        self.ids(statements::groups_within(&self.organisation, group)).await
    }

    /// Ids of all groups that an object is in, immediately or through others; at most
    /// [`store::directory::GROUPS_MAX`] of them.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn groups_above(&self, id: &str) -> Result<Vec<String>, DirectoryError> {
        self.ids(statements::groups_above(&self.organisation, id)).await
    }

    /// The ways by which a user is in groups, immediately or through others: for each group the
    /// shortest one, from it down to the group that the user is an immediate member of.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn ways_to(&self, user: &str) -> Result<Vec<GroupPath>, DirectoryError> {
        let rows = self.one(statements::steps_above(&self.organisation, "", user)).await?;
        let steps: Vec<StepRow> = rows.iter().map(StepRow::read).collect::<Result<_, _>>()?;
        let mut found = Vec::new();
        ways(user, &steps, |_, way| found.push(way));
        Ok(found)
    }

    /// The assignments that reach users through groups, by the users' ids: each with the id of its
    /// role and the shortest way down from the assigned group.
    pub(crate) async fn nested_assignments(
        &self,
        application: &str,
        ids: &[String],
    ) -> Result<HashMap<String, Vec<(String, GroupPath)>>, DirectoryError> {
        let queries = ids
            .iter()
            .map(|id| statements::steps_above(&self.organisation, application, id))
            .collect();
        let mut nested = HashMap::new();
        for (id, rows) in ids.iter().zip(self.many(queries).await?) {
            let steps: Vec<StepRow> = rows.iter().map(StepRow::read).collect::<Result<_, _>>()?;
            let mut found = Vec::new();
            ways(id, &steps, |roles, way| {
                found.extend(roles.iter().map(|role| ((*role).to_owned(), way.clone())));
            });
            nested.insert(id.clone(), found);
        }
        Ok(nested)
    }

    async fn ids(&self, query: store::Query) -> Result<Vec<String>, DirectoryError> {
        self.one(query).await?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }
}

/// Tells `found` the shortest way from each group above down to the object `id`, with the roles
/// that the group is assigned with.
fn ways(id: &str, steps: &[StepRow], mut found: impl FnMut(&[&str], GroupPath)) {
    let mut above: HashMap<&str, BTreeMap<(&str, &str), Vec<&str>>> = HashMap::new();
    for step in steps {
        let groups = above.entry(&step.member_id).or_default();
        let roles = groups.entry((&step.group_name, &step.group_id)).or_default();
        roles.extend(step.role_id.as_deref());
    }
    let mut seen = HashSet::from([id]);
    let mut queue: VecDeque<(&str, GroupPath)> = VecDeque::from([(id, GroupPath::new())]);
    while let Some((member, way)) = queue.pop_front() {
        for ((name, group), roles) in above.get(member).into_iter().flatten() {
            if !seen.insert(group) {
                continue;
            }
            let here = GroupName { id: (*group).to_owned(), display_name: (*name).to_owned() };
            let way: GroupPath = std::iter::once(here).chain(way.iter().cloned()).collect();
            found(roles, way.clone());
            queue.push_back((group, way));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a<u:r` reads: group `a` has the member `u` and is assigned with the role `r`.
    fn check(steps: &str, expected: &str) {
        let step = |text: &str| {
            let (group, rest) = text.split_once('<').unwrap();
            let (member, role) = rest.split_once(':').unwrap_or((rest, ""));
            StepRow {
                group_id: group.to_owned(),
                group_name: group.to_uppercase(),
                member_id: member.to_owned(),
                role_id: Some(role).filter(|role| !role.is_empty()).map(str::to_owned),
            }
        };
        let steps: Vec<StepRow> = steps.split_whitespace().map(step).collect();
        let mut told = Vec::new();
        ways("u", &steps, |roles, way| {
            let names: Vec<_> = way.into_iter().map(|group| group.display_name).collect();
            told.extend(roles.iter().map(|role| format!("{role} {}", names.join(">"))));
        });
        assert_eq!(told.join(", "), expected);
    }

    #[test]
    fn the_way_leads_from_the_assigned_group_down_to_the_immediate_one() {
        check("b<u a<b:r", "r A>B");
        check("b<u:s a<b:r", "s B, r A>B");
    }

    #[test]
    fn each_group_is_reached_by_its_shortest_way_once_for_each_role() {
        check("b<u c<u a<b a<c:r a<b:r z<a:s z<u:s", "s Z, r A>B");
        check("a<u:r a<u:s", "r A, s A");
    }

    #[test]
    fn a_cycle_of_groups_ends_where_it_began() {
        check("a<u b<a a<b:r b<a:s", "s B>A");
    }
}
