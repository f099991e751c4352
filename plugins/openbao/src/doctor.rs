//! Health, for `doctor`: each finding one line, and the first thing that keeps the source from being used a failure.

use harmony_config_sdk::Failure;

use crate::{
    call::Call,
    mount::Facts,
    refusal::Lookup,
    session::Origin,
    time,
    trouble::{Deed, not_initialised, sealed},
    world::World,
};

impl<W: World> Call<'_, W> {
    pub(crate) fn check(&self) -> Result<Vec<String>, Failure> {
        let at = &self.address.shown;
        let mut findings = Vec::new();
        findings.push(match (self.address.secure, self.address.is_loopback()) {
            (true, _) => format!("{at} is reached over TLS"),
            (false, true) => format!("{at} is reached without TLS, on this machine"),
            (false, false) => {
                format!("{at} is reached without TLS: tokens and values can be read on the way; give its address as https://")
            }
        });
        let health = self.health()?;
        let version = if health.version.is_empty() { "of an unknown version" } else { health.version.as_str() };
        if !health.initialized {
            return Err(not_initialised(at, ""));
        }
        if health.sealed {
            return Err(sealed(at, ""));
        }
        findings.push(format!(
            "OpenBao {version} is unsealed{}",
            if health.standby { ", and a standby: it forwards to the active node" } else { "" }
        ));
        let signed = self.sign_in()?;
        findings.push(match &signed.origin {
            Origin::Given(from) => format!("the token is that of {from}"),
            Origin::Login { method, credential } => format!("signed in by {method}, with {credential}"),
        });
        if signed.mute {
            findings.push("the token is of few uses or a batch token: it is not asked for".to_owned());
        } else {
            match self.look_up(&signed.token)? {
                Some(lookup) => {
                    self.learn(&signed, &lookup);
                    findings.push(described(lookup));
                }
                None => {
                    return Err(Failure::denied(format!(
                        "OpenBao at {at} does not accept the token, or does not let it look itself up"
                    ))
                    .remedy(match &signed.origin {
                        Origin::Given(from) => {
                            format!("put another token into {from}, or give it the policy `default`")
                        }
                        Origin::Login { .. } => {
                            "give the role or the user the policy `default`; if it has it, try again".to_owned()
                        }
                    }));
                }
            }
        }
        let deed = Deed::reading(format!("sys/internal/ui/mounts/{}", self.mount));
        match self.ask_facts()? {
            Facts::Kv2 => findings.push(format!("the mount `{}` is of KV version 2", self.mount)),
            Facts::Hidden => findings.push(format!(
                "whether the mount `{0}` is of KV version 2 cannot be seen: there is none, or the policies give nothing \
                 on the path `{0}/`",
                self.mount
            )),
            wrong => return Err(self.wrong_mount(&wrong, &deed)),
        }
        if let Some(namespace) = &self.namespace {
            findings.push(format!("the namespace of OpenBao is `{namespace}`"));
        }
        Ok(findings)
    }
}

fn described(lookup: Lookup) -> String {
    let (ttl, renewable, uses) = (lookup.ttl, lookup.renewable, lookup.num_uses);
    let policies = lookup.all_policies();
    let policies = match policies.is_empty() {
        true => "none".to_owned(),
        false => policies.join(", "),
    };
    let end = match ttl {
        0 => "it does not end".to_owned(),
        seconds => format!(
            "it ends in {}{}",
            time::length(seconds),
            if renewable { " and can be renewed" } else { " and cannot be renewed" }
        ),
    };
    let uses = match uses {
        0 => String::new(),
        uses => format!("; it has {uses} uses left"),
    };
    format!("the token's policies: {policies}; {end}{uses}")
}
