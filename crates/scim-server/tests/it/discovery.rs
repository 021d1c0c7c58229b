//! What a service says of itself.

use std::time::Duration;

use scim::ResourceSchema;
use scim::schema::{Attribute, Schema};
use scim_server::{CursorPaging, ResourceKind, Service, bearer_token};
use serde_json::json;

use crate::Fixture;

async fn fixture() -> Fixture {
    let mut service = Service::standard("/scim/v2");
    service.authentication_schemes.push(bearer_token());
    service.flavour.cursor = Some(CursorPaging { timeout: Some(Duration::from_mins(10)) });
    Fixture::serve(service).await
}

#[tokio::test]
async fn the_configuration_says_what_the_service_can_do() {
    let fixture = fixture().await;
    let mut configuration = fixture.get("/ServiceProviderConfig").await;
    let version = configuration.body["meta"]["version"].take();
    assert_eq!(configuration.header("etag"), version.as_str().unwrap());
    insta::assert_snapshot!(configuration.shown(&fixture), @r#"
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
      ],
      "patch": {
        "supported": true
      },
      "bulk": {
        "supported": true,
        "maxOperations": 1000,
        "maxPayloadSize": 10485760
      },
      "filter": {
        "supported": true,
        "maxResults": 1000
      },
      "changePassword": {
        "supported": true
      },
      "sort": {
        "supported": true
      },
      "etag": {
        "supported": true
      },
      "pagination": {
        "cursor": true,
        "index": true,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 1000,
        "cursorTimeout": 600
      },
      "authenticationSchemes": [
        {
          "type": "oauthbearertoken",
          "name": "OAuth bearer token",
          "description": "A token in the Authorization header",
          "specUri": "https://www.rfc-editor.org/info/rfc6750",
          "primary": true
        }
      ],
      "meta": {
        "resourceType": "ServiceProviderConfig",
        "location": "http://host/scim/v2/ServiceProviderConfig",
        "version": null
      }
    }
    "#);
    let request =
        format!("GET /ServiceProviderConfig | if-none-match: {}", version.as_str().unwrap());
    assert_eq!(fixture.ask(&request).await.status, 304);
    assert_eq!(fixture.ask("GET /ServiceProviderConfig | if-none-match: \"x\"").await.status, 200);
}

#[tokio::test]
async fn a_service_that_can_do_less_says_less() {
    let mut service = Service::standard("/scim/v2");
    let flavour = &mut service.flavour;
    (flavour.sort, flavour.cursor, flavour.bulk) = (false, None, None);
    for kind in &mut service.kinds {
        kind.methods.patch = false;
    }
    let fixture = Fixture::serve(service).await;
    let configuration = fixture.get("/ServiceProviderConfig").await.body;
    for (name, expected) in [
        ("sort", json!({"supported": false})),
        ("patch", json!({"supported": false})),
        ("bulk", json!({"supported": false, "maxOperations": 0, "maxPayloadSize": 0})),
        ("pagination", json!(null)),
    ] {
        assert_eq!(configuration[name], expected, "{name}");
    }
    fixture.user("ben").await;
    fixture.user("ada").await;
    let list = fixture.get("/Users?sortBy=userName&cursor").await;
    assert_eq!(
        (list.status, list.column("userName")),
        (200, "ben ada".to_owned()),
        "both are ignored"
    );
}

#[tokio::test]
async fn kinds_and_schemas_are_listed_and_found_by_id() {
    let fixture = fixture().await;
    let types = fixture.get("/ResourceTypes").await;
    assert_eq!(types.body["totalResults"], 2);
    insta::assert_snapshot!(fixture.get("/ResourceTypes/User").await.shown(&fixture), @r#"
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
      ],
      "id": "User",
      "name": "User",
      "description": "A user account.",
      "endpoint": "/Users",
      "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
      "schemaExtensions": [
        {
          "schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
          "required": false
        }
      ],
      "meta": {
        "resourceType": "ResourceType",
        "location": "http://host/scim/v2/ResourceTypes/User"
      }
    }
    "#);
    let schemas = fixture.get("/Schemas?startIndex=2&count=1&sortBy=id&attributes=id").await;
    assert_eq!(
        (&schemas.body["totalResults"], &schemas.body["itemsPerPage"]),
        (&json!(3), &json!(3))
    );
    assert!(schemas.body["Resources"][0]["attributes"].is_array(), "nothing is left out");
    let group = fixture.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group").await;
    assert_eq!(group.body["attributes"][0]["name"], "displayName");
    let encoded =
        fixture.get("/schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AGroup").await;
    assert_eq!(encoded.body, group.body);
    for (request, status) in [
        ("GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig", 200),
        ("GET /Schemas/urn:none", 404),
        ("GET /ResourceTypes/Robot", 404),
        ("GET /Schemas?filter=id%20pr", 403),
        ("GET /ResourceTypes?filter=", 403),
        ("GET /ServiceProviderConfig?FILTER=x", 403),
    ] {
        assert_eq!(fixture.ask(request).await.status, status, "{request}");
    }
}

#[tokio::test]
async fn a_service_has_whatever_kinds_it_is_given() {
    let attribute =
        |attribute: serde_json::Value| -> Attribute { serde_json::from_value(attribute).unwrap() };
    let schema = Schema {
        id: "urn:example:Robot".into(),
        name: "Robot".into(),
        description: "A robot.".into(),
        attributes: vec![
            attribute(json!({"name": "serial", "required": true, "caseExact": true})),
            attribute(json!({"name": "arms", "type": "integer"})),
            attribute(
                json!({"name": "owner", "type": "complex", "subAttributes": [{"name": "value"}, {"name": "$ref", "type": "reference", "referenceTypes": ["User"]}]}),
            ),
        ],
    };
    let mut service = Service::standard("/scim/v2");
    service.kinds.push(ResourceKind::new(
        "Robot",
        "Robots",
        ResourceSchema { core: schema, extensions: vec![] },
    ));
    let fixture = Fixture::serve(service).await;
    let created =
        fixture.post("/Robots", json!({"serial": "R2", "arms": 3, "owner": {"value": "7"}})).await;
    insta::assert_snapshot!(created.shown(&fixture), @r#"
    {
      "schemas": [
        "urn:example:Robot"
      ],
      "serial": "R2",
      "arms": 3,
      "owner": {
        "value": "7",
        "$ref": "http://host/scim/v2/Users/7"
      },
      "id": "1",
      "meta": {
        "resourceType": "Robot",
        "location": "http://host/scim/v2/Robots/1",
        "version": "W/\"1\""
      }
    }
    "#);
    assert_eq!(fixture.get("/robots?filter=arms%20gt%202").await.body["totalResults"], 1);
    assert_eq!(fixture.get("/ResourceTypes/robot").await.body["schema"], "urn:example:Robot");
    assert_eq!(
        fixture.get("/Schemas/urn:example:Robot").await.body["attributes"][1]["type"],
        "integer"
    );
}
