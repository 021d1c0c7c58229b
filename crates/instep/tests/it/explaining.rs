//! Why somebody has an account, or none.

use insta::assert_snapshot;
use testkit::FakeTarget;

use crate::console::Console;

#[tokio::test(flavor = "multi_thread")]
async fn scope_mappings_match_and_plan_are_explained_before_anything_is_sent() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    assert_snapshot!(console.done(&["explain", "CRM", "ada@example.com"]).await, @r#"
    user "Ada Lovelace" in "CRM"

    scope: in scope, assigned as "Agent" through group "Sales"

    mappings:
      userName                                                                   "ada@example.com"                      [userPrincipalName]                                          (matching precedence 1)
      active                                                                     true                                   Switch([IsSoftDeleted], , "False", "True", "True", "False")
      displayName                                                                "Ada Lovelace"                         [displayName]
      title                                                                      "Analyst"                              [jobTitle]
      emails[type eq "work"].value                                               "ada@example.com"                      [mail]
      preferredLanguage                                                          no value                               [preferredLanguage]
      name.givenName                                                             no value                               [givenName]
      name.familyName                                                            no value                               [surname]
      name.formatted                                                             ""                                     Join(" ", [givenName], [surname])
      addresses[type eq "work"].formatted                                        no value                               [physicalDeliveryOfficeName]
      addresses[type eq "work"].streetAddress                                    no value                               [streetAddress]
      addresses[type eq "work"].locality                                         no value                               [city]
      addresses[type eq "work"].region                                           no value                               [state]
      addresses[type eq "work"].postalCode                                       no value                               [postalCode]
      addresses[type eq "work"].country                                          no value                               [country]
      phoneNumbers[type eq "work"].value                                         no value                               [telephoneNumber]
      phoneNumbers[type eq "mobile"].value                                       no value                               [mobile]
      phoneNumbers[type eq "fax"].value                                          no value                               [facsimileTelephoneNumber]
      externalId                                                                 no value                               [mailNickname]
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber  no value                               [employeeId]
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department      "Research"                             [department]
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager         waits for an account of the other end  [manager]

    account: not linked to one yet
      recognised by userName "ada@example.com"
      GET /Users?filter=userName eq … → 200

    plan: create
      active: – → true
      displayName: – → "Ada Lovelace"
      emails[type eq "work"].value: – → "ada@example.com"
      name.formatted: – → ""
      title: – → "Analyst"
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: – → "Research"
      userName: – → "ada@example.com"
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager waits for "u2"
    "#);
    assert!(target.user("ada@example.com").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_account_is_explained_with_the_groups_it_belongs_in() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    console.done(&["job", "run", "CRM"]).await;
    console.done(&["user", "set", "ada@example.com", "jobTitle=Head"]).await;
    let explained = console.json(&["explain", "CRM", "ada@example.com"]).await;
    assert_eq!(explained["link"]["open"], true);
    assert_eq!(explained["groups"][0]["displayName"], "Sales");
    assert_eq!(explained["plan"]["action"], "update");
    assert_eq!(explained["plan"]["changes"][0]["new"], "Head");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_assigned_is_explained_too() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    let explained = console.json(&["explain", "CRM", "grace@example.com", "--offline"]).await;
    assert_eq!(explained["scope"]["inScope"], false);
    assert_eq!(explained["plan"]["action"], "other");
    assert_snapshot!(console.failed(&["explain", "CRM", "nobody"]).await, @r#"5: error: no user or group is called "nobody"; give an id, a user principal name or a display name"#);
}
