//! The comparison, without a server. What a server answers is as the recordings have it.

use serde_json::json;

use super::*;
use crate::{
    change::Change,
    wanted::{JwtRole, RoleClaim},
};

fn wanted() -> Wanted {
    let mut wanted = Wanted::new(["my-project"]);
    wanted.users.push(Principal::new("anna", Access::Write));
    wanted.approles.push(Principal::new("ci", Access::Read));
    let mut jwt = Jwt::new("https://sso.example.com/", "cli");
    jwt.roles.push(JwtRole {
        name: "harmony-developer".to_owned(),
        access: Access::Write,
        held_by: Some(RoleClaim { role: "developer".to_owned(), organisation: "271".to_owned() }),
    });
    wanted.jwt = Some(jwt);
    wanted
}

/// A server that has all of it, and the members besides that servers have.
fn complete() -> Found {
    let token = |policy: &str| {
        json!({
            "token_policies": [policy], "token_ttl": 3600, "token_max_ttl": 86400, "token_type": "default",
            "bind_secret_id": true, "role_type": "jwt", "user_claim": "sub", "groups_claim": "",
            "bound_audiences": ["cli"], "bound_claims_type": "glob",
            "bound_claims": { "/urn:zitadel:iam:org:project:roles/developer/271": "*" },
        })
    };
    let mut found = Found {
        kv_mount: Some(json!({ "type": "kv", "options": { "version": "2" } })),
        jwt_config: Some(json!({
            "oidc_discovery_url": "https://sso.example.com/", "bound_issuer": "https://sso.example.com/", "status": "valid",
        })),
        ..Found::default()
    };
    for access in [Access::Read, Access::Write] {
        let text = policy::text("secret", "my-project", access);
        found.policies.insert(policy::name("harmony", "my-project", access), text);
    }
    for kind in ["userpass", "approle", "jwt"] {
        found.auth_mounts.insert(kind.to_owned(), kind.to_owned());
    }
    found.users.insert("anna".to_owned(), token("harmony-my-project-write"));
    found.approles.insert("ci".to_owned(), token("harmony-my-project-read"));
    found.secret_ids.insert("ci".to_owned());
    found.jwt_roles.insert("harmony-developer".to_owned(), token("harmony-my-project-write"));
    found
}

/// The things that are not as they are wanted, each with what differs.
fn differences(found: &Found) -> Vec<String> {
    let plan = plan(&wanted(), found).unwrap();
    let different = plan.steps.iter().filter(|step| step.state != State::Same);
    different
        .map(|step| match &step.state {
            State::Differs(what) => format!("{}: {}", step.thing, what.join("; ")),
            _ => format!("{}: missing", step.thing),
        })
        .collect()
}

fn taken(found: &Found) -> Error {
    plan(&wanted(), found).unwrap_err()
}

#[test]
fn a_new_server_gets_everything_in_an_order_in_which_it_can_be_made() {
    let plan = plan(&wanted(), &Found::default()).unwrap();
    let calls: Vec<String> = plan
        .steps
        .iter()
        .map(|step| {
            assert_eq!(step.state, State::Missing, "{}", step.thing);
            let call = step.call().unwrap();
            format!("{} {}", call.method(), call.path())
        })
        .collect();
    assert_eq!(
        calls,
        [
            "POST sys/mounts/secret",
            "PUT sys/policies/acl/harmony-my-project-read",
            "PUT sys/policies/acl/harmony-my-project-write",
            "POST sys/auth/userpass",
            "POST sys/auth/approle",
            "POST sys/auth/jwt",
            "POST auth/jwt/config",
            "POST auth/jwt/role/harmony-developer",
            "POST auth/userpass/users/anna",
            "POST auth/approle/role/ci",
            "POST auth/approle/role/ci/secret-id",
        ]
    );
    assert_eq!(plan.new_users().collect::<Vec<_>>(), ["anna"]);
}

#[test]
fn a_server_that_has_everything_needs_nothing() {
    assert_eq!(differences(&complete()), Vec::<String>::new());
    let plan = plan(&wanted(), &complete()).unwrap();
    assert!(!plan.differs() && plan.steps.len() == 11);
    assert!(plan.steps.iter().all(|step| step.call().is_none() && step.change.is_none()));
}

#[test]
fn a_policy_that_somebody_changed_is_told_line_by_line() {
    let mut found = complete();
    let text = found.policies.get_mut("harmony-my-project-read").unwrap();
    *text = text.replace("\"list\", \"read\"", "\"read\"") + "path \"*\" { capabilities = [\"sudo\"] }\n";
    assert_eq!(
        differences(&found),
        ["the policy `harmony-my-project-read`: \
          lacks path \"secret/metadata/my-project/*\" { capabilities = [\"list\", \"read\"] }; \
          has besides path \"secret/metadata/my-project/*\" { capabilities = [\"read\"] }; \
          has besides path \"*\" { capabilities = [\"sudo\"] }"]
    );
    // Written by hand from scratch, it says of nobody that it is theirs.
    found.policies.insert("harmony-my-project-read".to_owned(), "path \"x\" {}".to_owned());
    assert_eq!(differences(&found).len(), 1);
}

#[test]
fn a_role_that_lets_others_in_is_told() {
    for (member, value, words) in [
        ("bound_audiences", json!(["cli", "other"]), "bound_audiences"),
        ("bound_audiences", json!(null), "bound_audiences"),
        ("bound_claims", json!({}), "bound_claims is {}"),
        ("bound_claims", json!(null), "bound_claims is {}"),
        ("bound_claims_type", json!("string"), "bound_claims_type is `string`, not `glob`"),
        ("user_claim", json!("email"), "user_claim is `email`, not `sub`"),
        ("groups_claim", json!("urn:zitadel:iam:org:project:roles"), "groups_claim"),
        ("role_type", json!("oidc"), "role_type"),
        ("token_ttl", json!(14400), "token_ttl is 14400, not 3600"),
        ("token_max_ttl", json!(0), "token_max_ttl is 0, not 86400"),
        ("token_policies", json!([]), "token_policies lacks `harmony-my-project-write`"),
    ] {
        let mut found = complete();
        found.jwt_roles.get_mut("harmony-developer").unwrap()[member] = value;
        let differences = differences(&found);
        assert!(differences.len() == 1 && differences[0].contains(words), "{member}: {differences:?}");
    }
    let mut found = complete();
    found.approles.get_mut("ci").unwrap()["bind_secret_id"] = json!(false);
    assert_eq!(differences(&found), ["the role `ci` at `approle`: bind_secret_id is false, not true"]);
}

#[test]
fn what_another_project_gave_is_kept() {
    let mut found = complete();
    found.users.get_mut("anna").unwrap()["token_policies"] = json!(["harmony-other-write"]);
    let plan = plan(&wanted(), &found).unwrap();
    let step = plan.steps.iter().find(|step| step.change.is_some()).unwrap();
    let Some(Change::UpdateUser { policies, .. }) = &step.change else { panic!("{step:?}") };
    assert_eq!(policies, &["harmony-my-project-write", "harmony-other-write"]);
    // Her password is hers.
    assert_eq!(step.call().unwrap().body().unwrap().get("password"), None);
    assert_eq!(plan.new_users().count(), 0);
}

#[test]
fn more_policies_than_wanted_are_no_difference() {
    let mut found = complete();
    found.users.get_mut("anna").unwrap()["token_policies"] = json!(["a", "harmony-my-project-write"]);
    assert_eq!(differences(&found), Vec::<String>::new());
}

#[test]
fn a_machine_whose_secret_ids_are_gone_gets_another() {
    let mut found = complete();
    found.secret_ids.clear();
    assert_eq!(differences(&found), ["a secret id of the role `ci` at `approle`: missing"]);
}

#[test]
fn a_mount_of_version_1_is_left_alone() {
    for options in [json!({ "version": "1" }), json!(null)] {
        let mut found = complete();
        found.kv_mount = Some(json!({ "type": "kv", "options": options }));
        let error = taken(&found);
        assert_eq!(error, Error::KvVersion1 { mount: "secret".to_owned() });
        assert!(error.remedy().contains("--kv-mount") && error.remedy().contains("enable-versioning secret"));
    }
}

#[test]
fn what_is_somebody_elses_is_not_replaced() {
    let mut found = complete();
    found.kv_mount = Some(json!({ "type": "transit", "options": null }));
    assert!(taken(&found).to_string().contains("kind `transit`"));

    let mut found = complete();
    found.auth_mounts.insert("userpass".to_owned(), "ldap".to_owned());
    assert!(taken(&found).remedy().contains("--userpass-mount"));

    let mut found = complete();
    let other = policy::text("secret", "My-Project", Access::Read);
    found.policies.insert("harmony-my-project-read".to_owned(), other);
    let error = taken(&found);
    assert!(error.to_string().contains("namespace My-Project in secret"), "{error}");
    assert!(error.remedy().contains("--policy-prefix"));
}

#[test]
fn a_provider_is_not_replaced_and_an_issuer_is_compared_to_the_character() {
    for (config, message, remedy) in [
        (json!({ "oidc_discovery_url": "https://sso.example.com" }), "configured for", "to the character"),
        (json!({ "oidc_discovery_url": "https://other.example.com/" }), "configured for", "--jwt-mount"),
        (json!({ "jwks_url": "https://keys" }), "without the address", "--jwt-mount"),
        (
            json!({ "oidc_discovery_url": "https://sso.example.com/", "bound_issuer": "https://x" }),
            "issuer `https://x` only",
            "--jwt-mount",
        ),
    ] {
        let mut found = complete();
        found.jwt_config = Some(config);
        let error = taken(&found);
        assert!(error.to_string().contains(message) && error.remedy().contains(remedy), "{error} {}", error.remedy());
    }
    // The address says which issuer it is already.
    let mut found = complete();
    found.jwt_config = Some(json!({ "oidc_discovery_url": "https://sso.example.com/", "bound_issuer": "" }));
    assert_eq!(differences(&found), Vec::<String>::new());
}
