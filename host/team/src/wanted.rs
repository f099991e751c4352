//! What a team wants of a server: plain data, and what of it cannot be meant. Nothing is asked here.

use std::collections::BTreeMap;

use harmony_config_core::check_name;

use crate::{Error, policy};

/// The claim in which Zitadel tells the roles of a person, as a map from role to organisation.
pub(crate) const ZITADEL_ROLES: &str = "urn:zitadel:iam:org:project:roles";

/// What a team wants of a server.
///
/// ```
/// use harmony_config_team::{Access, Principal, Wanted};
///
/// let mut wanted = Wanted::new(["my-project"]);
/// wanted.users.push(Principal::new("anna", Access::Write));
/// assert!(wanted.check().is_ok());
/// wanted.users.push(Principal::new("Bert", Access::Read));
/// assert!(wanted.check().unwrap_err().to_string().contains("lower case"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wanted {
    /// The projects, by the namespaces that their manifests name.
    pub namespaces: Vec<String>,
    /// The KV version 2 mount that the values are in.
    pub kv_mount: String,
    /// What the names of the policies begin with.
    pub policy_prefix: String,
    /// Where people sign in with a password.
    pub userpass_mount: String,
    /// The people who sign in with a password.
    pub users: Vec<Principal>,
    /// Where machines sign in.
    pub approle_mount: String,
    /// The machines that sign in with a role id and a secret id.
    pub approles: Vec<Principal>,
    /// Where people sign in with a token of an OpenID provider, if they do.
    pub jwt: Option<Jwt>,
}

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name.
    pub name: String,
    /// What it may do with the values of every namespace that is wanted.
    pub access: Access,
}

impl Principal {
    /// Of this name, with this access.
    pub fn new(name: &str, access: Access) -> Self {
        Principal { name: name.to_owned(), access }
    }
}

/// What one may do with the values of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Read and list them.
    Read,
    /// Make, change and remove them, too.
    Write,
}

impl Access {
    /// As it stands at the end of a policy's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Access::Read => "read",
            Access::Write => "write",
        }
    }
}

/// An OpenID provider whose tokens sign people in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Jwt {
    /// The mount of the auth method.
    pub mount: String,
    /// The provider: its issuer, to the character.
    pub discovery_url: String,
    /// The client whose tokens are taken: they carry its id as audience.
    pub client_id: String,
    /// The roles that people sign in with.
    pub roles: Vec<JwtRole>,
}

impl Jwt {
    /// At the mount `jwt`, with no role yet.
    pub fn new(discovery_url: &str, client_id: &str) -> Self {
        Jwt {
            mount: "jwt".to_owned(),
            discovery_url: discovery_url.to_owned(),
            client_id: client_id.to_owned(),
            roles: Vec::new(),
        }
    }
}

/// A role that people sign in with.
#[derive(Clone, Debug)]
pub struct JwtRole {
    /// Its name.
    pub name: String,
    /// What it allows.
    pub access: Access,
    /// Who may have it: those with this role at the provider. None: everybody whom the provider signs in for the client.
    pub held_by: Option<RoleClaim>,
}

/// A role of a project in Zitadel, granted in an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleClaim {
    /// The key of the role.
    pub role: String,
    /// The id of the organisation that the role was granted in.
    pub organisation: String,
}

impl RoleClaim {
    /// The place of the role in the claim, as a JSON pointer. The claim is a map of maps (role, then organisation, then its
    /// domain), so `groups_claim`, which wants a list, cannot read it; a pointer to the innermost text can.
    pub(crate) fn pointer(&self) -> String {
        let escaped = |text: &str| text.replace('~', "~0").replace('/', "~1");
        format!("/{ZITADEL_ROLES}/{}/{}", escaped(&self.role), escaped(&self.organisation))
    }
}

impl Wanted {
    /// A KV mount `secret` and the policies of these namespaces; nobody who signs in yet.
    pub fn new<S: Into<String>>(namespaces: impl IntoIterator<Item = S>) -> Self {
        Wanted {
            namespaces: namespaces.into_iter().map(Into::into).collect(),
            kv_mount: "secret".to_owned(),
            policy_prefix: "harmony".to_owned(),
            userpass_mount: "userpass".to_owned(),
            users: Vec::new(),
            approle_mount: "approle".to_owned(),
            approles: Vec::new(),
            jwt: None,
        }
    }

    /// The names of the policies that give this access to every namespace.
    pub(crate) fn policies(&self, access: Access) -> Vec<String> {
        self.namespaces.iter().map(|namespace| policy::name(&self.policy_prefix, namespace, access)).collect()
    }

    /// The auth mounts that somebody signs in at, with their kinds.
    pub(crate) fn auth_mounts(&self) -> Vec<(&str, &'static str)> {
        let userpass = (!self.users.is_empty()).then_some((self.userpass_mount.as_str(), "userpass"));
        let approle = (!self.approles.is_empty()).then_some((self.approle_mount.as_str(), "approle"));
        let jwt = self.jwt.as_ref().map(|jwt| (jwt.mount.as_str(), "jwt"));
        [userpass, approle, jwt].into_iter().flatten().collect()
    }

    /// Checks that all of it can be meant: names become parts of paths and policies, so nothing else may pass.
    ///
    /// # Errors
    /// [`Error::Usage`], naming what cannot be.
    pub fn check(&self) -> Result<(), Error> {
        if self.namespaces.is_empty() {
            return Err(Error::usage("no namespace is wanted", "name one: --namespace NAME"));
        }
        let mut named = BTreeMap::new();
        for namespace in &self.namespaces {
            check_name("namespace", namespace).map_err(|error| {
                Error::usage(error.message(), error.remedy().unwrap_or("name it as the manifest does"))
            })?;
            // OpenBao keeps the names of policies in lower case.
            if let Some(other) = named.insert(namespace.to_ascii_lowercase(), namespace) {
                return Err(Error::usage(
                    format!("the namespaces `{other}` and `{namespace}` would have the same policies"),
                    "name each namespace once; two that differ only by upper and lower case cannot share a server",
                ));
            }
        }
        mount("--kv-mount", &self.kv_mount)?;
        lower_name("--policy-prefix", &self.policy_prefix)?;
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (path, kind) in self.auth_mounts() {
            mount("auth mount", path)?;
            if let Some(other) = seen.insert(path, kind) {
                return Err(Error::usage(
                    format!("the auth mount `{path}` cannot be {other} and {kind} at once"),
                    "give each auth method a mount of its own",
                ));
            }
        }
        principals("--user", &self.users)?;
        principals("--approle", &self.approles)?;
        self.jwt.as_ref().map_or(Ok(()), Jwt::check)
    }
}

impl Jwt {
    fn check(&self) -> Result<(), Error> {
        let url = &self.discovery_url;
        if !url.starts_with("https://") && !url.starts_with("http://") || url.chars().any(|c| c.is_whitespace()) {
            return Err(Error::usage(
                format!("`{url}` is no address of an OpenID provider"),
                "give its issuer, to the character: --oidc-discovery-url https://sso.example.com",
            ));
        }
        if url.contains("/.well-known/") {
            return Err(Error::usage(
                "the address of the provider is its issuer, without /.well-known/openid-configuration",
                "give the member `issuer` of that document, to the character",
            ));
        }
        if self.client_id.trim().is_empty() {
            return Err(Error::usage(
                "no client is named, and without an audience OpenBao takes no role",
                "name the id of the client that people sign in with: --client-id ID",
            ));
        }
        let names: Vec<Principal> = self.roles.iter().map(|role| Principal::new(&role.name, role.access)).collect();
        principals("JWT role", &names)?;
        for claim in self.roles.iter().filter_map(|role| role.held_by.as_ref()) {
            if claim.role.is_empty() || claim.organisation.is_empty() {
                return Err(Error::usage(
                    "a role of Zitadel has a key and an organisation",
                    "write it ROLE@ORGANISATION-ID: the claim in a token tells both",
                ));
            }
        }
        Ok(())
    }
}

fn principals(what: &str, all: &[Principal]) -> Result<(), Error> {
    let mut seen = BTreeMap::new();
    for one in all {
        lower_name(what, &one.name)?;
        if seen.insert(&one.name, ()).is_some() {
            return Err(Error::usage(format!("`{}` is named twice ({what})", one.name), "name it once"));
        }
    }
    Ok(())
}

/// A path of OpenBao, without the slash that it has at its end there.
pub(crate) fn mount(what: &str, path: &str) -> Result<(), Error> {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    // These are the server's own.
    let reserved = matches!(path.split('/').next(), Some("sys" | "auth" | "identity" | "cubbyhole" | "audit"));
    if path.split('/').all(part) && !reserved {
        return Ok(());
    }
    Err(Error::usage(
        format!("`{path}` cannot be a mount ({what})"),
        "use letters, digits, `-` and `_`, with `/` between two parts, and none of the server's own mounts",
    ))
}

fn lower_name(what: &str, name: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if name.len() <= 128 && name.chars().all(allowed) && edge(name.chars().next()) && edge(name.chars().last()) {
        return Ok(());
    }
    Err(Error::usage(
        format!("`{name}` cannot be a name ({what}): OpenBao keeps such names in lower case"),
        "use lower-case letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(change: impl FnOnce(&mut Wanted)) -> String {
        let mut wanted = Wanted::new(["a"]);
        change(&mut wanted);
        wanted.check().unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_a_path_is_refused_before_anything_is_asked() {
        for bad in ["", "a//b", "../sys", "sys", "auth/x", "a b", "a?b", "a/"] {
            assert!(wrong(|wanted| wanted.kv_mount = bad.to_owned()).contains("mount"), "{bad:?}");
        }
        for bad in ["", "Anna", "a/b", "a b", "-a", "a.", "a@b", "ä"] {
            let said = wrong(|wanted| wanted.users.push(Principal::new(bad, Access::Read)));
            assert!(said.contains("lower case"), "{bad:?}: {said}");
        }
        for bad in ["", "a b", "a__b", "../x", "*"] {
            assert!(wrong(|wanted| wanted.namespaces = vec![bad.to_owned()]).contains("namespace"), "{bad:?}");
        }
        let mut fine = Wanted::new(["my-project", "Other_1"]);
        fine.kv_mount = "team/kv-2".to_owned();
        fine.users.push(Principal::new("anna.b_c-2", Access::Write));
        fine.check().unwrap();
    }

    #[test]
    fn namespaces_that_differ_by_case_alone_would_share_a_policy_and_are_refused() {
        assert!(wrong(|wanted| wanted.namespaces.push("A".to_owned())).contains("`a` and `A`"));
        assert!(wrong(|wanted| wanted.namespaces.push("a".to_owned())).contains("same policies"));
    }

    #[test]
    fn two_auth_methods_cannot_share_a_mount() {
        let said = wrong(|wanted| {
            wanted.users.push(Principal::new("anna", Access::Write));
            wanted.approles.push(Principal::new("ci", Access::Read));
            wanted.approle_mount = "userpass".to_owned();
        });
        assert!(said.contains("userpass and approle"), "{said}");
    }

    #[test]
    fn a_provider_is_named_by_its_issuer() {
        for (url, client, word) in [
            ("sso.example.com", "cli", "OpenID provider"),
            ("https://sso.example.com/.well-known/openid-configuration", "cli", "issuer"),
            ("https://sso.example.com", " ", "audience"),
        ] {
            let said = wrong(|wanted| wanted.jwt = Some(Jwt::new(url, client)));
            assert!(said.contains(word), "{url}: {said}");
        }
    }

    #[test]
    fn the_pointer_to_a_role_is_escaped() {
        let claim = RoleClaim { role: "a/b~c".to_owned(), organisation: "123".to_owned() };
        assert_eq!(claim.pointer(), "/urn:zitadel:iam:org:project:roles/a~1b~0c/123");
    }
}
