//! Those who were let in: what they may, and what not.

use harmony_config_team::{Access, Jwt, JwtRole, Passwords, Plan, Principal, RoleClaim, Wanted};
use serde_json::{Value, json};

use crate::{
    issuer::Issuer,
    world::{SignIn, World, password_of, secret_id_of, team},
};

const READ_ONLY: (bool, bool) = (true, false);
const ALL: (bool, bool) = (true, true);
const NOTHING: (bool, bool) = (false, false);

/// A server with another project on it, whose values are there to be read.
async fn with_another_project() -> World {
    let world = World::new().await;
    world.set_up(&Wanted::new(["other"])).await;
    world.by_hand("POST", "secret/data/other/AppConfig", json!({ "data": { "value": "{}" } })).await;
    world
}

#[tokio::test]
async fn a_developer_with_a_password_reads_and_writes_the_namespace_and_no_other() {
    let world = with_another_project().await;
    let applied = world.set_up(&team()).await;
    let anna = world.signed_in(SignIn::Password("anna", password_of(&applied, "anna"))).await.unwrap();
    assert_eq!(anna.access("my-project").await, ALL);
    assert_eq!(anna.access("other").await, NOTHING);
    assert_eq!(anna.access("my-project-2").await, NOTHING);

    let bert = world.signed_in(SignIn::Password("bert", password_of(&applied, "bert"))).await.unwrap();
    assert_eq!(bert.access("my-project").await, READ_ONLY);
    assert_eq!(bert.access("other").await, NOTHING);
    assert!(world.signed_in(SignIn::Password("anna", password_of(&applied, "bert"))).await.is_err());
}

#[tokio::test]
async fn a_machine_with_a_secret_id_reads_or_writes_as_it_was_said() {
    let world = with_another_project().await;
    let mut wanted = team();
    wanted.approles.push(Principal::new("deploy", Access::Write));
    let applied = world.set_up(&wanted).await;
    for (name, access) in [("ci", READ_ONLY), ("deploy", ALL)] {
        let (role_id, secret_id) = secret_id_of(&applied, name);
        let machine = world.signed_in(SignIn::SecretId(role_id, secret_id)).await.unwrap();
        assert_eq!(machine.access("my-project").await, access, "{name}");
        assert_eq!(machine.access("other").await, NOTHING, "{name}");
    }
}

#[tokio::test]
async fn a_developer_with_a_token_of_the_provider_needs_its_client_and_nothing_else() {
    let world = with_another_project().await;
    let issuer = Issuer::start(&world.signer);
    let mut wanted = Wanted::new(["my-project"]);
    wanted.jwt = Some(provider(&issuer, None));
    world.set_up(&wanted).await;
    accept_es256(&world, &issuer).await;
    let token = issuer.token("anna", "cli", json!({}));
    let anna = world.signed_in(SignIn::Jwt("harmony-developer", &token)).await.unwrap();
    assert_eq!(anna.access("my-project").await, ALL);
    assert_eq!(anna.access("other").await, NOTHING);
    let elsewhere = issuer.token("anna", "another-client", json!({}));
    assert!(world.signed_in(SignIn::Jwt("harmony-developer", &elsewhere)).await.is_err());
}

#[tokio::test]
async fn a_role_of_zitadel_lets_in_who_holds_it_in_that_organisation() {
    let world = with_another_project().await;
    let issuer = Issuer::start(&world.signer);
    let mut wanted = Wanted::new(["my-project"]);
    let mut jwt = provider(&issuer, Some(("developer", "271828")));
    jwt.roles.push(JwtRole {
        name: "harmony-reader".to_owned(),
        access: Access::Read,
        held_by: claim("auditor", "271828"),
    });
    wanted.jwt = Some(jwt);
    world.set_up(&wanted).await;
    accept_es256(&world, &issuer).await;

    let holds = |roles: Value| issuer.token("anna", "cli", json!({ "urn:zitadel:iam:org:project:roles": roles }));
    let developer = holds(json!({ "developer": { "271828": "acme.sso.example.com" }, "x": { "1": "y" } }));
    let anna = world.signed_in(SignIn::Jwt("harmony-developer", &developer)).await.unwrap();
    assert_eq!(anna.access("my-project").await, ALL);
    let auditor = holds(json!({ "auditor": { "271828": "acme.sso.example.com" } }));
    let bert = world.signed_in(SignIn::Jwt("harmony-reader", &auditor)).await.unwrap();
    assert_eq!(bert.access("my-project").await, READ_ONLY);

    for (role, token) in [
        ("harmony-developer", auditor),
        ("harmony-reader", developer),
        ("harmony-developer", holds(json!({ "developer": { "314159": "other.sso.example.com" } }))),
        ("harmony-developer", holds(json!({}))),
        ("harmony-developer", issuer.token("anna", "cli", json!({}))),
    ] {
        assert!(world.signed_in(SignIn::Jwt(role, &token)).await.is_err(), "{role}");
    }
}

#[tokio::test]
async fn an_issuer_without_its_slash_is_refused_by_the_server_and_the_remedy_says_so() {
    let world = World::new().await;
    let issuer = Issuer::start(&world.signer);
    let mut wanted = Wanted::new(["my-project"]);
    let mut jwt = provider(&issuer, None);
    jwt.discovery_url = issuer.address.trim_end_matches('/').to_owned();
    wanted.jwt = Some(jwt);
    let client = world.client();
    let plan = Plan::of(&client, &wanted).await.unwrap();
    let applied = plan.apply(&client, &Passwords::Generate).await.unwrap();
    let (thing, error) = applied.failed.unwrap();
    assert_eq!(thing.kind(), "jwt-config");
    assert!(error.to_string().contains("status 400"), "{error}");
    assert!(error.remedy().contains("to the character"), "{}", error.remedy());
    // What was made before stays, and the next run goes on from there.
    assert!(applied.done.len() >= 3);
    wanted.jwt = Some(provider(&issuer, None));
    world.set_up(&wanted).await;
}

fn provider(issuer: &Issuer, role: Option<(&str, &str)>) -> Jwt {
    let mut jwt = Jwt::new(&issuer.address, "cli");
    let held_by = role.and_then(|(role, organisation)| claim(role, organisation));
    jwt.roles.push(JwtRole { name: "harmony-developer".to_owned(), access: Access::Write, held_by });
    jwt
}

fn claim(role: &str, organisation: &str) -> Option<RoleClaim> {
    Some(RoleClaim { role: role.to_owned(), organisation: organisation.to_owned() })
}

/// The keys of these tests are of another kind than Zitadel's, and a real server takes only RS256 where nobody says
/// otherwise. A stand-in does not mind.
async fn accept_es256(world: &World, issuer: &Issuer) {
    let config = json!({
        "oidc_discovery_url": issuer.address, "bound_issuer": issuer.address, "jwt_supported_algs": ["ES256"],
    });
    world.by_hand("POST", "auth/jwt/config", config).await;
}

#[tokio::test]
async fn all_ways_to_sign_in_stand_beside_each_other_and_it_is_said_which_server_it_was() {
    let world = World::new().await;
    let issuer = Issuer::start(&world.signer);
    let mut wanted = team();
    wanted.jwt = Some(provider(&issuer, Some(("developer", "271828"))));
    let applied = world.set_up(&wanted).await;
    assert_eq!(applied.credentials.len(), 3);
    assert!(!Plan::of(&world.client(), &wanted).await.unwrap().differs());
    println!("team init ran against: {}", world.which());
}
