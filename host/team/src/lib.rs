//! Sets an OpenBao server up for a team, and tells what differs from that.
//!
//! Against a running, unsealed server with a given token: the KV mount, the policies of each namespace, the ways to sign
//! in and who may. Giving the same command again changes nothing.
//!
//! ```no_run
//! use harmony_config_core::Secret;
//! use harmony_config_team::{Access, Client, Passwords, Plan, Principal, Server, Wanted};
//!
//! # async fn example(token: Secret<String>) -> Result<(), harmony_config_team::Error> {
//! let mut wanted = Wanted::new(["my-project"]);
//! wanted.users.push(Principal::new("anna", Access::Write));
//! let client = Client::new(&Server::at("https://bao.example.com:8200"), &token)?;
//! let plan = Plan::of(&client, &wanted).await?;
//! if plan.differs() {
//!     let applied = plan.apply(&client, &Passwords::Generate).await?;
//!     assert!(applied.failed.is_none());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What is wanted is data (`wanted`), what is there is read (`found`), what differs is computed from the two (`plan`), and
//! only `apply` writes. What does not live here: initialising and unsealing, which are `bao operator`'s and hand out keys
//! that no program should see; how values are read and kept, which is the plugin's; and what a person sees, which is the
//! command line's.

mod apply;
mod call;
mod change;
mod client;
mod compare;
mod error;
mod fault;
mod found;
mod password;
mod plan;
mod policy;
mod server;
mod wanted;
mod words;

pub use self::{
    apply::{Applied, Credential, Passwords},
    call::Call,
    client::Client,
    error::{Error, Kind, Missing},
    plan::{Plan, State, Step, Thing},
    server::Server,
    wanted::{Access, Jwt, JwtRole, Principal, RoleClaim, Wanted},
};
