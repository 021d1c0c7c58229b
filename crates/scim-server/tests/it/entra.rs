//! What provisioning clients send, against the server with the simplest store.

#[path = "../../../../tests/entra/mod.rs"]
mod shapes;

use scim_server::{Service, bearer_token};

use crate::Fixture;

#[tokio::test]
async fn every_request_of_provisioning_clients_is_answered() {
    let mut service = Service::standard("/scim/v2");
    service.authentication_schemes.push(bearer_token());
    let fixture = Fixture::serve(service).await;
    let client = shapes::Client::new(&fixture.base, "any");
    let failures = shapes::failures(&client, &[]).await;
    assert!(failures.is_empty(), "{} shapes:\n{}", failures.len(), failures.join("\n"));
}
