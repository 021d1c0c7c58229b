//! Applications, their jobs and the log, against a SCIM service on a real socket.

use insta::assert_snapshot;
use testkit::{FakeTarget, Fault, When};

use crate::console::{Console, redacted};

#[tokio::test(flavor = "multi_thread")]
async fn from_an_import_to_accounts_step_by_step() {
    let target = FakeTarget::start().await;
    let console = Console::with_organisation().await;
    assert_snapshot!(console.done(&["app", "list"]).await, @"
    NAME  TEMPLATE  JOB   ID
    CRM             none  a1
    ");
    assert_snapshot!(console.done(&["app", "add", "--template", "scim", "--name", "crm"]).await, @r#"application "CRM" added, its job is paused; next: instep app credentials "CRM" …"#);
    let url = target.base_url();
    let connect = ["app", "credentials", "CRM", "--tenant-url", &url, "--secret-token-stdin"];
    let said = console.run_with(&connect, &format!("{}\n", target.token())).await;
    assert_snapshot!(redacted(&said.out), @r#"the credentials of "CRM" are stored, the secret encrypted; next: instep app test "CRM""#);
    assert_snapshot!(console.done(&["app", "test", "CRM"]).await, @r#"
    "CRM" is reached at http://127.0.0.1:[port]/scim/v2
      found nobody, as it must: /Users by userName
      found nobody, as it must: /Groups by displayName
    "#);
    assert_snapshot!(console.done(&["job", "run", "CRM"]).await, @"
    initial cycle done: 5 requests (2 GET, 2 POST, 1 PATCH) in [duration]
      create  success  2
      other   skipped  2
    ");
    assert_snapshot!(console.done(&["job", "run", "CRM"]).await, @r#""CRM": nothing to do"#);
    assert_snapshot!(console.done(&["job", "status", "CRM"]).await, @r#"
    job "CRM"
      state       paused
      template    scim
      scope       assigned users and groups
      tenant URL  http://127.0.0.1:[port]/scim/v2
      next        incremental cycle
      due now     0 objects
      accounts    1 open group, 1 open user

    initial cycle done: 5 requests (2 GET, 2 POST, 1 PATCH) in [duration]
      create  success  2
      other   skipped  2
    "#);
    assert!(target.user("ada@example.com").is_some());
    console.done(&["user", "set", "ada@example.com", "jobTitle=Head"]).await;
    assert_snapshot!(console.done(&["job", "run", "CRM"]).await, @"
    incremental cycle done: 1 request (1 PATCH) in [duration]
      other   skipped  1
      update  success  1
    ");
    assert_snapshot!(console.done(&["logs", "CRM", "--object", "ada@example.com"]).await, @r#"
    [time]  other skipped  user "ada@example.com"  ([duration])
        UnableToResolveReferenceAttributeValue: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager refers to "Grace Hopper", who has no account made or linked by this job; it is written as soon as there is one
        in scope, assigned as "Agent" through group "Sales"
        nothing in the target has userName "ada@example.com"
        GET /Users?filter=userName eq … → 200 ([duration])
        POST /Users → 201 ([duration])
    [time]  create success  user "ada@example.com" → user-1  ([duration])
        in scope, assigned as "Agent" through group "Sales"
        nothing in the target has userName "ada@example.com"
        active: – → "true"
        displayName: – → "Ada Lovelace"
        emails[type eq "work"].value: – → "ada@example.com"
        name.formatted: – → ""
        title: – → "Analyst"
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: – → "Research"
        userName: – → "ada@example.com"
        GET /Users?filter=userName eq … → 200 ([duration])
        POST /Users → 201 ([duration])
    [time]  update success  user "ada@example.com" → user-1  ([duration])
        in scope, assigned as "Agent" through group "Sales"
        title: "Analyst" → "Head"
        PATCH /Users/user-1 → 200 ([duration])
    "#);
    assert_snapshot!(console.done(&["logs", "CRM", "--action", "update", "--brief"]).await, @r#"[time]  update success  user "ada@example.com": title"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn oauth_client_credentials_sign_in() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    console.write("secret.txt", "a-client-secret\r\n");
    let (url, token_url) = (target.base_url(), target.token_url());
    let connect = [
        "app",
        "credentials",
        "CRM",
        "--tenant-url",
        &url,
        "--token-url",
        &token_url,
        "--client-id",
        "a-client",
        "--client-secret-file",
        "secret.txt",
    ];
    console.done(&connect).await;
    console.done(&["app", "test", "CRM"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_shows_how_it_is_connected_and_mapped() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    assert_snapshot!(console.done(&["app", "map", "CRM", "--target", "title", "--expression", "ToUpper([jobTitle], )"]).await, @r#""CRM" maps title from ToUpper([jobTitle], ); the next cycle looks at everybody"#);
    assert_snapshot!(console.done(&["app", "set", "CRM", "--requests-per-minute", "600", "--concurrency", "2"]).await, @r#""CRM" takes 600 requests a minute, 2 at once from the next cycle on"#);
    assert_snapshot!(console.done(&["app", "set", "CRM", "--requests-per-minute", "off"]).await, @r#""CRM" takes requests without a limit, 2 at once from the next cycle on"#);
    assert_snapshot!(console.done(&["app", "scope", "CRM", "--all"]).await, @r#""CRM" provisions all users and groups; the next cycle looks at everybody"#);
    assert_snapshot!(console.done(&["app", "show", "CRM"]).await, @r#"
    application "CRM"
      id          a1
      feed        crm.json
      roles       Agent (agent)
      template    scim
      job         paused
      scope       all users and groups
      tenant URL  http://127.0.0.1:[port]/scim/v2
      sign-in     secret token
      pace        requests without a limit, 2 at once
    user mappings
      userName                                                                   ← [userPrincipalName]  (matching 1)
      active                                                                     ← Switch([IsSoftDeleted], , "False", "True", "True", "False")
      displayName                                                                ← [displayName]
      title                                                                      ← ToUpper([jobTitle])
      emails[type eq "work"].value                                               ← [mail]
      preferredLanguage                                                          ← [preferredLanguage]
      name.givenName                                                             ← [givenName]
      name.familyName                                                            ← [surname]
      name.formatted                                                             ← Join(" ", [givenName], [surname])
      addresses[type eq "work"].formatted                                        ← [physicalDeliveryOfficeName]
      addresses[type eq "work"].streetAddress                                    ← [streetAddress]
      addresses[type eq "work"].locality                                         ← [city]
      addresses[type eq "work"].region                                           ← [state]
      addresses[type eq "work"].postalCode                                       ← [postalCode]
      addresses[type eq "work"].country                                          ← [country]
      phoneNumbers[type eq "work"].value                                         ← [telephoneNumber]
      phoneNumbers[type eq "mobile"].value                                       ← [mobile]
      phoneNumbers[type eq "fax"].value                                          ← [facsimileTelephoneNumber]
      externalId                                                                 ← [mailNickname]
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber  ← [employeeId]
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department      ← [department]
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager         ← [manager]
    group mappings
      displayName  ← [displayName]  (matching 1)
      externalId   ← [objectId]
      members      ← [members]
    "#);
    let document = console.json(&["app", "show", "CRM"]).await;
    assert_eq!(document["job"]["concurrency"], 2);
    assert!(!document.to_string().contains(&target.token()));
}

#[tokio::test(flavor = "multi_thread")]
async fn assignments_come_and_go() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    let grace = ["--user", "grace@example.com"];
    let role = ["--role", "Agent"];
    assert_snapshot!(console.done(&[&["app", "assign", "CRM"], &grace[..], &role[..]].concat()).await, @r#"user "Grace Hopper" (grace@example.com) is now assigned to "CRM""#);
    assert_snapshot!(console.done(&[&["app", "assign", "CRM"], &grace[..], &role[..]].concat()).await, @r#"user "Grace Hopper" (grace@example.com) was assigned already to "CRM""#);
    assert_snapshot!(console.done(&[&["app", "unassign", "CRM"], &grace[..]].concat()).await, @r#"user "Grace Hopper" (grace@example.com) is no longer assigned to "CRM""#);
    assert_snapshot!(console.done(&["app", "unassign", "CRM", "--group", "Sales"]).await, @r#"group "Sales" (g1) is no longer assigned to "CRM""#);
    assert_snapshot!(console.failed(&[&["app", "assign", "CRM"], &grace[..], &["--role", "Boss"]].concat()).await, @r#"5: error: application "CRM" has no role "Boss"; it has "Agent""#);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_fail_are_named_and_change_the_exit_code() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"too long"}"#;
    target.fail(
        When::on("POST", "/Users").always(),
        Fault::Answer { status: 400, body: body.to_owned() },
    );
    let said = console.run(&["job", "run", "CRM"]).await;
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    assert_snapshot!(redacted(&said.out), @r#"
    initial cycle done with failures: 4 requests (2 GET, 2 POST) in [duration]
      create  failure  1
      create  success  1
      other   skipped  1

    not done:
      "ada@example.com": the service refused the request (400 invalidValue: too long): correct the value or the mapping it came from
    each step: instep logs "CRM" --status failure
    "#);
    assert_snapshot!(console.done(&["logs", "CRM", "--status", "failure"]).await, @r#"
    [time]  create failure  user "ada@example.com"  ([duration])
        InvalidAttributeValue: the service refused the request (400 invalidValue: too long): correct the value or the mapping it came from
        in scope, assigned as "Agent" through group "Sales"
        nothing in the target has userName "ada@example.com"
        GET /Users?filter=userName eq … → 200 ([duration])
        POST /Users → 400 ([duration])
    "#);
    // A second run tries again what waits for its retry.
    target.behave();
    let said = console.run(&["job", "run", "CRM", "--json"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(target.user("ada@example.com").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_cannot_be_reached_ends_the_run() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    target.stop().await;
    let said = console.run(&["job", "run", "CRM"]).await;
    assert_snapshot!(said.complaint(), @r#"4: error: "127.0.0.1:[port]" cannot be reached: nothing listens there (connection refused): check the port, and whether the service runs"#);
    assert_snapshot!(console.done(&["job", "status"]).await, @"
    APPLICATION  STATE   DUE  ACCOUNTS  LAST CYCLE
    CRM          paused  2    none      failed
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_run_looks_at_everybody_and_writes_nothing_twice() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    console.done(&["job", "run", "CRM"]).await;
    target.forget_requests();
    assert_snapshot!(console.done(&["job", "run", "CRM", "--full"]).await, @"
    initial cycle done: no requests in [duration]
      other  skipped  4
    ");
    let writes = target.requests().into_iter().filter(|request| request.method != "GET").count();
    assert_eq!(writes, 0);
    assert_snapshot!(console.done(&["job", "restart", "CRM"]).await, @r#"job "CRM" restarted; the next cycle looks at everybody"#);
    assert_snapshot!(console.done(&["job", "start", "CRM"]).await, @r#"job "CRM" started; "instep serve" works on it"#);
    assert_snapshot!(console.done(&["job", "pause", "CRM"]).await, @r#"job "CRM" paused"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_followed_one_document_a_line() {
    let target = FakeTarget::start().await;
    let console = Console::connected_to(&target).await;
    let cause = console.done(&["job", "run", "CRM"]);
    let running = console.start_before(&["logs", "CRM", "--follow", "--json"], cause).await;
    let entry: serde_json::Value = serde_json::from_str(&running.first_line).unwrap();
    assert_eq!(entry["servicePrincipal"]["displayName"], "CRM");
    assert_eq!(running.end().await, Some(0));
}

#[tokio::test]
async fn the_gallery_is_listed() {
    let templates = Console::new().json(&["app", "templates"]).await;
    let ids: Vec<_> =
        templates.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["genesys-cloud-for-azure", "scim"]);
}
