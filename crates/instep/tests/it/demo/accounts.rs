//! The accounts as the export wants them, and as the application shows them. Neither side is computed
//! by the code under test: the export is read as plain JSON, the application over HTTP.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";

/// Users that the application shows on one page.
const PAGE_SIZE: usize = 25;

/// Everything that is provisioned of a person, apart from the userName.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    active: bool,
    display_name: Option<String>,
    title: Option<String>,
    emails: BTreeMap<String, String>,
    phones: BTreeMap<String, String>,
    roles: BTreeSet<String>,
    department: Option<String>,
    employee_number: Option<String>,
    division: Option<String>,
    /// The manager's userName.
    manager: Option<String>,
    external_ids: BTreeMap<String, String>,
}

/// Accounts by userName.
pub(super) type Accounts = BTreeMap<String, Account>;

/// The organisation that the demo brings, as its export files say.
pub(super) struct Export {
    users: BTreeMap<String, Json>,
    groups: Vec<Json>,
    application: Json,
}

/// The application, for one who may read it.
pub(super) struct Application {
    http: reqwest::Client,
    api_url: String,
    token: String,
}

impl Export {
    pub(super) fn read() -> Self {
        let parse = |text: &str| serde_json::from_str::<Json>(text).unwrap();
        let users = parse(include_str!("../../../demo/users.json"));
        let groups = parse(include_str!("../../../demo/groups.json"));
        Self {
            users: list(&users["value"]).map(|user| (string(&user["id"]), user.clone())).collect(),
            groups: list(&groups["value"]).cloned().collect(),
            application: parse(include_str!("../../../demo/application.json")),
        }
    }

    /// The accounts of all enabled people who are assigned, directly or through a group.
    pub(super) fn accounts(&self) -> Accounts {
        let roles = self.roles();
        let accounts = roles.iter().filter(|(id, _)| self.is_enabled(id));
        accounts.map(|(id, of)| (self.name(id), self.account(id, of, &roles))).collect()
    }

    /// The userNames of a group's members who have an account.
    pub(super) fn members(&self, group: &str) -> BTreeSet<String> {
        let accounts = self.accounts();
        let group = self.groups.iter().find(|one| one["displayName"] == group).unwrap();
        let names = user_members(group).map(|id| self.name(&id));
        names.filter(|name| accounts.contains_key(name)).collect()
    }

    /// The people who are assigned, with their roles.
    fn roles(&self) -> BTreeMap<String, BTreeSet<String>> {
        let names: BTreeMap<_, _> = list(&self.application["appRoles"])
            .map(|role| (&role["id"], string(&role["value"])))
            .map(|(id, value)| (string(id), value))
            .collect();
        let mut roles = BTreeMap::<String, BTreeSet<String>>::new();
        for assignment in list(&self.application["appRoleAssignedTo"]) {
            let principal = string(&assignment["principalId"]);
            let group = self.groups.iter().find(|group| group["id"] == principal.as_str());
            let people = group.map_or(vec![principal], |group| user_members(group).collect());
            for person in people {
                let role = names[&string(&assignment["appRoleId"])].clone();
                roles.entry(person).or_default().insert(role);
            }
        }
        roles
    }

    fn account(
        &self,
        id: &str,
        roles: &BTreeSet<String>,
        assigned: &BTreeMap<String, BTreeSet<String>>,
    ) -> Account {
        let user = &self.users[id];
        let extension = |number: u8| {
            text(&user["onPremisesExtensionAttributes"][format!("extensionAttribute{number}")])
        };
        let manager = text(&user["manager"]["id"]);
        let manager = manager.filter(|id| assigned.contains_key(id) && self.is_enabled(id));
        Account {
            active: true,
            display_name: text(&user["displayName"]),
            title: text(&user["jobTitle"]),
            // Whatever the userName is, the application adds it as a further address.
            emails: present([("work", text(&user["mail"])), ("other", Some(self.name(id)))]),
            phones: present([
                ("work", text(&user["businessPhones"][0]).map(|phone| cleaned(&phone))),
                ("mobile", text(&user["mobilePhone"])),
            ]),
            roles: roles.clone(),
            department: text(&user["department"]),
            employee_number: text(&user["employeeId"]),
            // Who is given no division is at home.
            division: extension(1).or_else(|| Some("Home".to_owned())),
            manager: manager.map(|id| self.name(&id)),
            external_ids: present([
                ("microsoftteams", extension(2)),
                ("ringcentral", extension(3)),
                ("zoomphone", extension(4)),
            ]),
        }
    }

    fn name(&self, id: &str) -> String {
        string(&self.users[id]["userPrincipalName"])
    }

    fn is_enabled(&self, id: &str) -> bool {
        self.users[id]["accountEnabled"] == true
    }
}

impl Application {
    /// Signs in with client credentials.
    pub(super) async fn sign_in(api_url: &str, client: &Json) -> Self {
        let http = reqwest::Client::new();
        let request = http
            .post(format!("{api_url}/oauth/token"))
            .basic_auth(string(&client["id"]), client["secret"].as_str())
            .form(&[("grant_type", "client_credentials")]);
        let answer: Json = request.send().await.unwrap().json().await.unwrap();
        Self { http, api_url: api_url.to_owned(), token: string(&answer["access_token"]) }
    }

    /// All accounts, with their managers by name.
    pub(super) async fn accounts(&self) -> Accounts {
        let mut users = Vec::new();
        loop {
            let start = (users.len() + 1).to_string();
            let count = PAGE_SIZE.to_string();
            let page = self.get("users", &[("startIndex", &start), ("count", &count)]).await;
            users.extend(list(&page["Resources"]).cloned());
            if users.len() as u64 >= page["totalResults"].as_u64().unwrap() {
                break;
            }
        }
        let names = names(&users);
        users.iter().map(|user| (string(&user["userName"]), shown(user, &names))).collect()
    }

    /// The account with this userName.
    pub(super) async fn user(&self, name: &str) -> Option<Json> {
        self.find("users", &format!("userName eq \"{name}\"")).await
    }

    /// The userNames of a group's members.
    pub(super) async fn members(&self, group: &str) -> BTreeSet<String> {
        let filter = format!("displayName eq \"{group}\"");
        let group = self.find("groups", &filter).await.expect("the group exists");
        let group = self.get(&format!("groups/{}", string(&group["id"])), &[]).await;
        let mut members = BTreeSet::new();
        for member in list(&group["members"]) {
            let user = self.get(&format!("users/{}", string(&member["value"])), &[]).await;
            members.insert(string(&user["userName"]));
        }
        members
    }

    async fn find(&self, endpoint: &str, filter: &str) -> Option<Json> {
        list(&self.get(endpoint, &[("filter", filter)]).await["Resources"]).next().cloned()
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Json {
        let url = format!("{}/api/v2/scim/v2/{path}", self.api_url);
        let answer = self.http.get(url).query(query).bearer_auth(&self.token).send();
        answer.await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }
}

/// An account as the application shows it.
fn shown(user: &Json, names: &BTreeMap<String, String>) -> Account {
    let by = |list_name: &Json, key: &str| -> BTreeMap<String, String> {
        list(list_name).map(|one| (string(&one[key]), string(&one["value"]))).collect()
    };
    let enterprise = &user[ENTERPRISE];
    let manager = text(&enterprise["manager"]["value"]);
    let mut external_ids = by(&user[GENESYS]["externalIds"], "authority");
    // The application's own.
    external_ids.retain(|authority, _| !authority.starts_with("x-pc"));
    Account {
        active: user["active"] == true,
        display_name: text(&user["displayName"]),
        title: text(&user["title"]),
        emails: by(&user["emails"], "type"),
        phones: by(&user["phoneNumbers"], "type"),
        roles: list(&user["roles"]).map(|role| string(&role["value"])).collect(),
        department: text(&enterprise["department"]),
        employee_number: text(&enterprise["employeeNumber"]),
        division: text(&enterprise["division"]),
        manager: manager.map(|id| names.get(&id).cloned().unwrap_or(id)),
        external_ids,
    }
}

fn names(users: &[Json]) -> BTreeMap<String, String> {
    users.iter().map(|user| (string(&user["id"]), string(&user["userName"]))).collect()
}

/// A number as the application wants it: E.164, or a `tel:` URI if it has an extension.
fn cleaned(phone: &str) -> String {
    let bare: String = phone.chars().filter(|c| !" ()-".contains(*c)).collect();
    match bare.split_once('x') {
        Some((number, extension)) => format!("tel:{number};ext={extension}"),
        None => bare,
    }
}

/// The ids of a group's members that are people.
fn user_members(group: &Json) -> impl Iterator<Item = String> {
    let people = list(&group["members"]);
    people
        .filter(|member| member["@odata.type"] == "#microsoft.graph.user")
        .map(|member| string(&member["id"]))
}

fn present<const N: usize>(values: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Json) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn string(value: &Json) -> String {
    text(value).unwrap_or_else(|| panic!("{value} is no text"))
}
