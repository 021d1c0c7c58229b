//! The law of imports: what was imported before does not show, apart from history.

use std::collections::BTreeMap;

use directory::ObjectKind;
use proptest::prelude::*;

use super::*;

const PEOPLE: usize = 5;
const TEAMS: usize = 3;

/// What a full export says about people (by number: city, manager) and teams (members).
#[derive(Debug, Clone)]
struct Export {
    people: BTreeMap<usize, (Option<u8>, Option<usize>)>,
    teams: BTreeMap<usize, Vec<usize>>,
}

fn exports() -> impl Strategy<Value = Export> {
    let person = (proptest::option::of(0..3u8), proptest::option::of(0..PEOPLE));
    let people = proptest::collection::btree_map(0..PEOPLE, person, 0..=PEOPLE);
    let teams = proptest::collection::btree_map(
        0..TEAMS,
        proptest::collection::vec(0..PEOPLE, 0..4),
        0..=TEAMS,
    );
    (people, teams).prop_map(|(people, teams)| Export { people, teams })
}

impl Organisation {
    async fn follow(&self, export: &Export) {
        let allowed = ImportOptions { allow_removals: true, ..ImportOptions::default() };
        let person = |(number, (city, manager)): (&usize, &(Option<u8>, Option<usize>))| {
            let manager = manager.map(|manager| json!({"id": format!("u{manager}")}));
            with(
                user(&format!("u{number}")),
                json!({"city": city.map(|city| city.to_string()), "manager": manager}),
            )
        };
        let people: Vec<Value> = export.people.iter().map(person).collect();
        self.import_with("u", &users(&people), allowed).await.unwrap();
        let team = |(number, members): (&usize, &Vec<usize>)| {
            let members: Vec<String> = members.iter().map(|member| format!("u{member}")).collect();
            group(&format!("g{number}"), &members.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let teams: Vec<Value> = export.teams.iter().map(team).collect();
        self.import_with("g", &groups(&teams), allowed).await.unwrap();
    }

    /// Everything that is there, without its history.
    async fn state(&self) -> Vec<String> {
        let mut state = Vec::new();
        for object in self.directory.walk(None, "", 100).await.unwrap() {
            let attributes: BTreeMap<String, Value> = object.attributes.into_iter().collect();
            let ids = [object.id.clone()];
            let manager = self.directory.managers(&ids).await.unwrap().remove(&object.id);
            let members = match object.kind {
                ObjectKind::Group => self.directory.members(&object.id, "", 100).await.unwrap(),
                ObjectKind::User => Vec::new(),
            };
            let Object { id, feed, display_name, enabled, .. } = object;
            state.push(format!(
                "{id} {feed} {display_name} {enabled} {attributes:?} {manager:?} {members:?}"
            ));
        }
        state
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_last_export_decides_whatever_was_imported_before(before in exports(), after in exports()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let both = Organisation::new().await;
            both.follow(&before).await;
            both.follow(&after).await;
            let only = Organisation::new().await;
            only.follow(&after).await;
            assert_eq!(both.state().await, only.state().await);
            let sequence = both.directory.sequence().await.unwrap();
            both.follow(&after).await;
            assert_eq!(both.directory.sequence().await.unwrap(), sequence, "the same again writes nothing");
        });
    }
}
