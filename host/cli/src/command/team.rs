//! `team`: what a team needs on its store. What that is, and how it is compared and made, is `harmony-config-team`'s; where
//! the token and the passwords come from is `given`.

mod given;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use harmony_config_team::{
    Access, Client, Error, Jwt, JwtRole, Kind, Passwords, Plan, Principal, RoleClaim, Server, Wanted,
};

use crate::{
    Context, Failed, Output,
    output::{SetUp, TeamMode},
};

/// What a team needs on its store.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config team init --dry-run --namespace my-project --user anna
  $ harmony-config team init --namespace my-project --user anna --approle ci=read")]
pub struct Team {
    /// What is to be done.
    #[command(subcommand)]
    pub command: TeamCommand,
}

/// What is to be done for a team.
#[derive(Clone, Debug, Subcommand)]
pub enum TeamCommand {
    /// Set an OpenBao server up for a team: mount, policies, ways to sign in.
    ///
    /// The server has to run and to be unsealed. Given again, the command changes nothing; what somebody changed since is
    /// set right again, and nothing that is not this command's is touched.
    Init(Box<TeamInit>),
}

/// Sets an OpenBao server up for a team. The token comes from OPENBAO_TOKEN, BAO_TOKEN or VAULT_TOKEN, else from standard
/// input, else it is asked for. What new people and machines sign in with is printed once, on standard output.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  $ harmony-config team init --dry-run --namespace my-project --user anna
  $ harmony-config team init --namespace my-project --user anna --user bert=read --approle ci
  $ harmony-config team init -n shop && harmony-config team init -n shop --check")]
pub struct TeamInit {
    /// The server, https://HOST:PORT, instead of OPENBAO_URL, BAO_ADDR or VAULT_ADDR.
    #[arg(long, value_name = "URL")]
    pub address: Option<String>,
    /// A project's namespace, instead of the manifest's. Can be given more than once.
    // It has the id of the global flag, and takes its place.
    #[arg(short = 'n', long = "namespace", id = "namespace", value_name = "NAME", action = clap::ArgAction::Append)]
    pub namespaces: Vec<String>,
    /// The KV version 2 mount of the values, instead of OPENBAO_KV_MOUNT, or `secret`.
    #[arg(long, value_name = "MOUNT")]
    pub kv_mount: Option<String>,
    /// Somebody who signs in with a password, to write (the default) or to read. Can be given more than once.
    #[arg(long = "user", value_name = "NAME[=read|write]")]
    // Read by hand: the parser repeats what it refuses, and it may be a password that somebody put in the wrong place.
    pub users: Vec<String>,
    /// Where new users' passwords come from: generate, ask, or stdin with lines NAME:PASSWORD.
    #[arg(long, value_name = "FROM", value_enum, default_value_t, hide_possible_values = true)]
    pub passwords: PasswordsFrom,
    /// A machine that signs in with a secret id, to read (the default) or to write. Can be given more than once.
    #[arg(long = "approle", value_name = "NAME[=read|write]")]
    pub approles: Vec<String>,
    /// The OpenID provider that people sign in with: its issuer, to the character.
    #[arg(long, value_name = "ISSUER", requires = "client_id")]
    pub oidc_discovery_url: Option<String>,
    /// The client at the provider whose tokens are taken.
    #[arg(long, value_name = "ID", requires = "oidc_discovery_url")]
    pub client_id: Option<String>,
    /// The role that developers sign in with.
    #[arg(long, value_name = "NAME", default_value = "harmony-developer")]
    pub jwt_role: String,
    /// Only who has this role in Zitadel, in this organisation, is a developer. Without it: all who sign in for the client.
    #[arg(long, value_name = "ROLE@ORGANISATION-ID", value_parser = claim, requires = "oidc_discovery_url")]
    pub developers: Option<RoleClaim>,
    /// Who has this role in Zitadel, in this organisation, may read, with the role harmony-reader.
    #[arg(long, value_name = "ROLE@ORGANISATION-ID", value_parser = claim, requires = "oidc_discovery_url")]
    pub readers: Option<RoleClaim>,
    /// The auth mount of people with a password.
    #[arg(long, value_name = "MOUNT", default_value = "userpass")]
    pub userpass_mount: String,
    /// The auth mount of machines.
    #[arg(long, value_name = "MOUNT", default_value = "approle")]
    pub approle_mount: String,
    /// The auth mount of the OpenID provider.
    #[arg(long, value_name = "MOUNT", default_value = "jwt")]
    pub jwt_mount: String,
    /// What the names of the policies begin with.
    #[arg(long, value_name = "PREFIX", default_value = "harmony")]
    pub policy_prefix: String,
    /// The namespace of OpenBao's own to do it in, instead of BAO_NAMESPACE or VAULT_NAMESPACE.
    #[arg(long, value_name = "NAMESPACE")]
    pub openbao_namespace: Option<String>,
    /// Print each request that would be sent, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print what differs from what is wanted, and change nothing. Exits with 1 if something does.
    #[arg(long, conflicts_with = "dry_run")]
    pub check: bool,
    /// Trust the certificates in this file instead of the system's; else BAO_CACERT or VAULT_CACERT.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,
    /// Check no certificate. Anybody could stand in the server's place then.
    #[arg(long, conflicts_with = "ca_file")]
    pub skip_verify: bool,
    /// Send the token over plain HTTP, to another machine too.
    #[arg(long)]
    pub insecure_http: bool,
}

/// Where the passwords of new users come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PasswordsFrom {
    /// They are made, and printed once.
    #[default]
    Generate,
    /// They are asked for, and not shown.
    Ask,
    /// Standard input has them, in lines NAME:PASSWORD.
    Stdin,
}

impl Team {
    /// Does it.
    ///
    /// # Errors
    /// As [`TeamInit::run`].
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        match &self.command {
            TeamCommand::Init(init) => init.run(context).await,
        }
    }
}

impl TeamInit {
    /// Looks at the server, and makes what is missing unless only that was asked for.
    ///
    /// # Errors
    /// Where the server cannot be asked, something that is not this command's stands in the way, or it is known beforehand
    /// that not all could be done: nothing was written then.
    pub async fn run(&self, context: &Context<'_>) -> Result<Output, Failed> {
        let loaded = context.load_unsettled(None)?;
        let wanted = self.wanted(loaded.manager.namespace())?;
        wanted.check().map_err(failed)?;
        let server = self.server(context)?;
        let mut given = given::Given::new(context, &loaded)?;
        let client = Client::new(&server, &given.token().await?).map_err(failed)?;
        let plan = Plan::of(&client, &wanted).await.map_err(failed)?;
        let (mode, applied) = match (self.dry_run, self.check) {
            (true, _) => (TeamMode::DryRun, None),
            (_, true) => (TeamMode::Check, None),
            _ => {
                let new: Vec<String> = plan.new_users().map(str::to_owned).collect();
                let passwords = match self.passwords {
                    PasswordsFrom::Generate => Passwords::Generate,
                    PasswordsFrom::Ask => Passwords::Given(given.ask_passwords(&new).await?),
                    PasswordsFrom::Stdin => {
                        let names: Vec<&str> = wanted.users.iter().map(|user| user.name.as_str()).collect();
                        Passwords::Given(given.read_passwords(&names)?)
                    }
                };
                (TeamMode::Apply, Some(plan.apply(&client, &passwords).await.map_err(failed)?))
            }
        };
        let mut applied = applied.unwrap_or_default();
        let failure = applied.failed.take().map(|(thing, error)| {
            let failed = failed(error);
            Failed { message: format!("{thing} could not be made: {}", failed.message), ..failed }
        });
        Ok(SetUp {
            address: client.address().to_owned(),
            openbao_namespace: client.namespace().map(str::to_owned),
            mode,
            steps: plan.steps().to_vec(),
            done: applied.done,
            credentials: applied.credentials,
            failed: failure.into_iter().collect(),
        }
        .into())
    }

    fn wanted(&self, namespace: &str) -> Result<Wanted, Failed> {
        let mut wanted = match self.namespaces.as_slice() {
            [] => Wanted::new([namespace]),
            some => Wanted::new(some.iter().cloned()),
        };
        if let Some(mount) = self.kv_mount.clone().or_else(|| variable(&["OPENBAO_KV_MOUNT"])) {
            wanted.kv_mount = mount;
        }
        wanted.policy_prefix.clone_from(&self.policy_prefix);
        wanted.userpass_mount.clone_from(&self.userpass_mount);
        wanted.users = principals(&self.users, Access::Write)?;
        wanted.approle_mount.clone_from(&self.approle_mount);
        wanted.approles = principals(&self.approles, Access::Read)?;
        if let (Some(url), Some(client_id)) = (&self.oidc_discovery_url, &self.client_id) {
            let role = |name: &str, access, held_by| JwtRole { name: name.to_owned(), access, held_by };
            let mut jwt = Jwt::new(url, client_id);
            jwt.mount.clone_from(&self.jwt_mount);
            jwt.roles.push(role(&self.jwt_role, Access::Write, self.developers.clone()));
            jwt.roles.extend(self.readers.clone().map(|claim| role("harmony-reader", Access::Read, Some(claim))));
            wanted.jwt = Some(jwt);
        }
        Ok(wanted)
    }

    /// How the server is reached: by the flags, else by the person's own environment. Never by a manifest: the token may do
    /// everything, and is not sent to an address that came with a repository.
    fn server(&self, context: &Context<'_>) -> Result<Server, Failed> {
        let address = self.address.clone().or_else(|| variable(&["OPENBAO_URL", "BAO_ADDR", "VAULT_ADDR"]));
        let address = address.ok_or_else(|| {
            Failed::usage("no server is named")
                .with_remedy("name it: --address https://HOST:PORT, or OPENBAO_URL, BAO_ADDR or VAULT_ADDR")
        })?;
        let mut server = Server::at(&address);
        let namespace = self.openbao_namespace.clone().or_else(|| variable(&["BAO_NAMESPACE", "VAULT_NAMESPACE"]));
        if let Some(namespace) = namespace {
            server = server.namespace(&namespace);
        }
        let ca_file = self.ca_file.as_ref().map(|file| context.path(file));
        if let Some(file) = ca_file.or_else(|| variable(&["BAO_CACERT", "VAULT_CACERT"]).map(PathBuf::from)) {
            server = server.ca_file(file);
        }
        let skip = variable(&["OPENBAO_SKIP_TLS"]).map(|value| value.to_ascii_lowercase());
        if self.skip_verify {
            server = server.skip_verify("--skip-verify");
        } else if matches!(skip.as_deref(), Some("1" | "true" | "yes" | "on")) && self.ca_file.is_none() {
            server = server.skip_verify("OPENBAO_SKIP_TLS");
        }
        Ok(if self.insecure_http { server.insecure_http() } else { server })
    }
}

/// The first of these variables that is set to something.
fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// An error of the server, with the exit code that it has here.
fn failed(error: Error) -> Failed {
    let message = error.to_string();
    let failed = match error.kind() {
        Kind::Usage => Failed::usage(message),
        Kind::Denied => Failed::denied(message),
        Kind::Unavailable => Failed::unavailable(message),
        _ => Failed::other(message),
    };
    failed.with_remedy(error.remedy())
}

/// Names, each with what it may do behind a `=`.
fn principals(given: &[String], default: Access) -> Result<Vec<Principal>, Failed> {
    let one = |text: &String| match text.split_once('=') {
        None => Ok(Principal::new(text, default)),
        Some((name, "read")) => Ok(Principal::new(name, Access::Read)),
        Some((name, "write")) => Ok(Principal::new(name, Access::Write)),
        Some((name, _)) => Err(Failed::usage(format!("what stands behind `{name}=` is neither `read` nor `write`"))
            .with_remedy(format!("write {name}=read or {name}=write; a password is no argument, see --passwords"))),
    };
    given.iter().map(one).collect()
}

fn claim(text: &str) -> Result<RoleClaim, String> {
    let (role, organisation) = text.rsplit_once('@').ok_or("write it ROLE@ORGANISATION-ID")?;
    Ok(RoleClaim { role: role.to_owned(), organisation: organisation.to_owned() })
}
