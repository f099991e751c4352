//! Health, for `doctor`: each finding one line, and the first thing that keeps anybody from signing in a failure. What can
//! be known without starting a sign-in.

use harmony_config_sdk::Failure;

use crate::{call::Call, record::Record, time, world::World};

impl<W: World> Call<'_, W> {
    pub(crate) fn check(&self) -> Result<Vec<String>, Failure> {
        let at = self.issuer.as_str();
        let mut findings = vec![match (self.issuer.secure, self.issuer.is_loopback) {
            (true, _) => format!("{at} is reached over TLS"),
            (false, true) => format!("{at} is reached without TLS, on this machine"),
            (false, false) => {
                format!("{at} is reached without TLS: tokens can be read on the way; give it as https://")
            }
        }];
        let provider = self.discover()?;
        findings.push(format!("{at} answers, and calls itself so"));
        findings.push(match (self.ahead.get(), self.wrong_clock()) {
            (_, Some(words)) => format!("the clock here is wrong: {words}; tokens may be refused"),
            (Some(_), None) => "the clock here and the issuer's agree".to_owned(),
            (None, None) => "the issuer does not say what its clock says".to_owned(),
        });
        self.token_endpoint(&provider)?;
        if self.store.settings.is_machine {
            let key = self.key()?;
            findings.push(format!("a machine signs in: the user `{}`, with the key `{}`", key.user_id, key.key_id));
        } else {
            let client = self.client_id()?;
            self.device_endpoint(&provider)?;
            findings.push(match provider.has_device_grant() {
                true => format!(
                    "the issuer offers device authorization; whether the client `{client}` may use it shows when somebody \
                     signs in"
                ),
                false => "the issuer has a device authorization endpoint, and does not list the grant among those it supports"
                    .to_owned(),
            });
            if provider.revocation.is_none() {
                findings
                    .push("the issuer has no way to take a session back: signing out removes it here only".to_owned());
            }
        }
        findings.push(match self.who()? {
            Some(record) => self.described(&record),
            None => format!("{}: run `{}`", self.nobody(), self.login()),
        });
        Ok(findings)
    }

    fn described(&self, record: &Record) -> String {
        let now = self.world.now();
        let who = record.email.as_deref().or(record.name.as_deref());
        let who = who.map_or(String::new(), |who| format!(" ({who})"));
        let age = time::length(now.saturating_sub(record.signed_in_at));
        let end = match (record.is_valid(now), self.store.settings.is_machine, record.refresh_token.is_some()) {
            (true, true, _) | (_, false, true) => {
                format!("its token ends at {} and is renewed", time::rfc3339(record.expires))
            }
            (false, true, _) => "its token has ended, and the key brings another".to_owned(),
            _ => format!(
                "it ends at {} and cannot be renewed: the issuer gave no refresh token (is `offline_access` allowed, \
                 and the grant type Refresh Token?)",
                time::rfc3339(record.expires)
            ),
        };
        format!("`{}`{who} is signed in since {age}; {end}", record.subject)
    }
}
