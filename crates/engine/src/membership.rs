//! Group membership: from the difference between what is wanted and what we wrote, the requests.
//!
//! The difference itself is made where both sides are stored (a group may have 100,000
//! members), page by page; each page comes here as additions and removals and leaves as one
//! PATCH. Only memberships that this job wrote are ever removed, so that members of an adopted
//! group whom somebody else added stay.

use scim::Filter;
use scim::patch::{Op, Operation, PatchRequest};
use scim::path::Path;
use serde_json::json;

use crate::id::{ScimId, SourceId};

/// A member as both sides know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id in the directory.
    pub source: SourceId,
    /// Its id in the target.
    pub target: ScimId,
    /// Its name, for the log.
    pub display_name: String,
}

/// One page of difference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MembershipChange {
    /// Members to add.
    pub add: Vec<Member>,
    /// Members to remove: written by this job, no longer wanted.
    pub remove: Vec<Member>,
}

impl MembershipChange {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// The number of memberships touched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.add.len() + self.remove.len()
    }

    /// The operations that carry it: one that adds all, and one for each removal, by a value
    /// path, since a removal with a value body would empty the group in a service that reads
    /// RFC 7644 §3.5.2.2 strictly.
    #[must_use]
    pub fn operations(&self, attribute: &Path) -> Vec<Operation> {
        let mut operations = Vec::new();
        if !self.add.is_empty() {
            let values =
                self.add.iter().map(|member| json!({"value": member.target.as_str()})).collect();
            operations.push(Operation {
                op: Op::Add,
                path: Some(attribute.clone()),
                value: Some(values),
            });
        }
        for member in &self.remove {
            let filter = Filter::eq(&Path::attribute("value"), member.target.as_str());
            let path = attribute.clone().with_filter(filter);
            operations.push(Operation { op: Op::Remove, path: Some(path), value: None });
        }
        operations
    }

    /// The request that carries it after `first`, which may hold changes of the group itself.
    #[must_use]
    pub fn request(&self, attribute: &Path, first: Vec<Operation>) -> PatchRequest {
        let mut operations = first;
        operations.extend(self.operations(attribute));
        PatchRequest { operations }
    }

    /// Halves the change, so that one bad member can be told from the good ones.
    #[must_use]
    pub fn halves(mut self) -> (Self, Self) {
        let add = self.add.split_off(self.add.len().div_ceil(2));
        let remove = self.remove.split_off(self.remove.len() / 2);
        (self, Self { add, remove })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(names: &[&str]) -> Vec<Member> {
        let member = |name: &&str| Member {
            source: SourceId::from(*name),
            target: ScimId(format!("t-{name}")),
            display_name: (*name).to_owned(),
        };
        names.iter().map(member).collect()
    }

    #[test]
    fn all_additions_travel_in_one_operation_and_each_removal_names_its_member() {
        let change = MembershipChange { add: members(&["a", "b"]), remove: members(&["c"]) };
        let request = change.request(&Path::attribute("members"), Vec::new());
        insta::assert_snapshot!(request.to_json()["Operations"], @r#"[{"op":"add","path":"members","value":[{"value":"t-a"},{"value":"t-b"}]},{"op":"remove","path":"members[value eq \"t-c\"]"}]"#);
    }

    #[test]
    fn halves_hold_everything_once_and_end_at_one() {
        let change = MembershipChange { add: members(&["a", "b", "c"]), remove: members(&["d"]) };
        let (one, other) = change.clone().halves();
        assert_eq!(one.len() + other.len(), change.len());
        assert!(!one.is_empty() && !other.is_empty());
        let two = MembershipChange { add: members(&["a"]), remove: members(&["d"]) };
        let (one, other) = two.halves();
        assert_eq!((one.len(), other.len()), (1, 1));
    }
}
