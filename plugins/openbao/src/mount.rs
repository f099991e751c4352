//! What lies at the mount: KV version 2, or something that answers as if nothing was there.

use harmony_config_sdk::{Expected, Failure};
use serde::{Deserialize, Serialize};

use crate::{
    call::{Call, Repeat},
    http::Method,
    paths,
    refusal::Wanted,
    trouble::Deed,
    world::World,
};

/// How long it is believed that a mount is what it was, by other instances and processes.
const BELIEVED_SECONDS: u64 = 3_600;

/// What a mount is, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Facts {
    Kv2,
    Kv1,
    /// Another engine, by its type.
    Other(String),
    /// It is not there.
    Nothing,
    /// The token may not know.
    Hidden,
}

/// What is kept of a mount that is as it should be.
#[derive(Serialize, Deserialize)]
struct Seen {
    at: u64,
}

impl<W: World> Call<'_, W> {
    /// Sees that the mount is of KV version 2, where that is not known yet: on one of version 1 every read finds nothing.
    pub(crate) fn expect_kv2(&self, deed: &Deed) -> Result<(), Failure> {
        let name = self.session_name("mount", &self.mount, &[]);
        if self.store.mount.borrow().as_ref() == Some(&name) {
            return Ok(());
        }
        let now = self.world.now();
        let seen = self.world.load(&name).unwrap_or_default();
        let seen = seen.and_then(|kept| serde_json::from_str::<Seen>(&kept.value).ok());
        if !seen.is_some_and(|seen| (seen.at..seen.at + BELIEVED_SECONDS).contains(&now)) {
            match self.facts.get_or_init(|| self.ask_facts()).clone()? {
                Facts::Kv2 => {
                    let text = serde_json::to_string(&Seen { at: now }).unwrap_or_default();
                    if let Err(failure) = self.world.save(&name, &text, &Expected::Anything) {
                        self.world.debug(&format!("what the mount is was not kept: {}", failure.message));
                    }
                }
                // It is there, or the path would have had no handler.
                Facts::Hidden => {}
                wrong => return Err(self.wrong_mount(&wrong, deed)),
            }
        }
        self.store.mount.replace(Some(name));
        Ok(())
    }

    /// What the server says of the mount.
    pub(crate) fn ask_facts(&self) -> Result<Facts, Failure> {
        #[derive(Deserialize)]
        struct Body {
            data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            path: String,
            #[serde(rename = "type")]
            kind: String,
            options: Option<Options>,
        }
        #[derive(Deserialize)]
        struct Options {
            version: Option<String>,
        }
        let path = format!("sys/internal/ui/mounts/{}", paths::encoded(&self.mount));
        let deed = Deed::reading(format!("sys/internal/ui/mounts/{}", self.mount));
        let wanted = Wanted { method: Method::Get, path, body: None, deed: deed.clone() };
        let answer = match self.ask_one(wanted, Repeat::Safe) {
            Err(failure) if failure.code == "denied" => return Ok(Facts::Hidden),
            answer => answer?,
        };
        if answer.status != 200 {
            return Err(self.of_answer(&answer, &deed));
        }
        let Ok(Body { data }) = serde_json::from_slice(&answer.body) else { return Err(self.not_json(&answer, &deed)) };
        let version = data.options.and_then(|options| options.version);
        Ok(match (data.kind.as_str(), version.as_deref()) {
            // A mount that lies above it.
            _ if data.path.trim_end_matches('/') != self.mount => Facts::Nothing,
            ("kv", Some("2")) => Facts::Kv2,
            ("kv" | "generic", _) => Facts::Kv1,
            (other, _) => Facts::Other(other.to_owned()),
        })
    }

    /// The failure of a mount that is not of KV version 2.
    pub(crate) fn wrong_mount(&self, facts: &Facts, deed: &Deed) -> Failure {
        let (at, mount, doing) = (&self.address.shown, &self.mount, self.doing(deed));
        match facts {
            Facts::Kv1 => Failure::invalid(format!(
                "the mount `{mount}` of OpenBao at {at} is of KV version 1, not 2{doing}"
            ))
            .remedy(format!(
                "upgrade it: `bao kv enable-versioning {mount}`; or name another mount: the setting `mount`, or \
                         OPENBAO_KV_MOUNT"
            )),
            Facts::Other(kind) => Failure::invalid(format!(
                "the mount `{mount}` of OpenBao at {at} is of the engine `{kind}`, not of KV version 2{doing}"
            ))
            .remedy("name a mount of KV version 2: the setting `mount`, or OPENBAO_KV_MOUNT"),
            Facts::Kv2 | Facts::Nothing | Facts::Hidden => self.no_mount(deed),
        }
    }
}
