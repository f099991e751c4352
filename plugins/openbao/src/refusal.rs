//! Requests with a token, and what it means that one is refused: 403 is said of a token that is not good any more and of a
//! path outside its policies, and only the token's own lookup tells which. The lookup costs a use, so a token of few uses is
//! spared it.

use harmony_config_sdk::{Expected, Failure};
use serde::{Deserialize, Serialize};

use crate::{
    call::{Call, Repeat},
    http::{Answer, Method, Outgoing},
    session::{Origin, Signed},
    time,
    trouble::Deed,
    world::World,
};

/// A request that needs a token.
pub(crate) struct Wanted {
    pub(crate) method: Method,
    /// Below `/v1/`, percent-encoded.
    pub(crate) path: String,
    pub(crate) body: Option<String>,
    pub(crate) deed: Deed,
}

/// Why a token was refused.
enum Why {
    /// It is not good any more.
    Ended,
    /// It is good, and its policies do not say so.
    Policies(Vec<String>),
    /// Nobody can tell.
    Unknown,
}

/// What the server says of a token.
#[derive(Deserialize)]
pub(crate) struct Lookup {
    #[serde(default)]
    pub(crate) policies: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) identity_policies: Option<Vec<String>>,
    /// How long it is still good, in seconds; 0 is for ever.
    #[serde(default)]
    pub(crate) ttl: u64,
    #[serde(default)]
    pub(crate) num_uses: u64,
    #[serde(default)]
    pub(crate) renewable: bool,
}

impl Lookup {
    pub(crate) fn all_policies(self) -> Vec<String> {
        let mut policies = self.policies.unwrap_or_default();
        policies.extend(self.identity_policies.unwrap_or_default());
        policies
    }
}

/// What was once found out about a token that somebody gave.
#[derive(Serialize, Deserialize)]
struct Known {
    /// In seconds since 1970; none is never.
    end: Option<u64>,
    limited: bool,
}

impl<W: World> Call<'_, W> {
    /// Sends one request with a token.
    pub(crate) fn ask_one(&self, wanted: Wanted, repeat: Repeat) -> Result<Answer, Failure> {
        let doing = self.doing(&wanted.deed);
        self.ask(&[wanted], repeat)?.pop().unwrap_or_else(|| {
            Err(Failure::unavailable(format!("OpenBao at {} gave no answer{doing}", self.address.shown)))
        })
    }

    /// Sends requests with a token, and answers each in its place. Where the server does not accept the token of a login any
    /// more, there is one new login, and what was refused is sent once more: it has not happened.
    pub(crate) fn ask(&self, wanted: &[Wanted], repeat: Repeat) -> Result<Vec<Result<Answer, Failure>>, Failure> {
        let signed = self.sign_in()?;
        let mut answers = self.send_with(&signed, &wanted.iter().collect::<Vec<_>>(), repeat);
        if !answers.iter().any(is_refused) {
            return Ok(answers);
        }
        let why = self.why(&signed);
        let again = match (&why, &signed.origin) {
            (Ok(Why::Ended), Origin::Login { .. }) => true,
            // It may be used up, or revoked: a login of this call is neither.
            (Ok(Why::Unknown), Origin::Login { .. }) => !signed.fresh,
            _ => false,
        };
        if !again {
            for (answer, wanted) in answers.iter_mut().zip(wanted).filter(|(answer, _)| is_refused(answer)) {
                *answer = Err(match &why {
                    Ok(why) => self.denied(&signed, why, &wanted.deed),
                    Err(failure) => failure.clone(),
                });
            }
            return Ok(answers);
        }
        let places = answers.iter().map(is_refused).collect::<Vec<_>>();
        let refused: Vec<&Wanted> =
            wanted.iter().zip(&places).filter(|(_, refused)| **refused).map(|(wanted, _)| wanted).collect();
        let renewed = self.sign_in_again(&signed.token);
        let repeated = match &renewed {
            Ok(signed) => self.send_with(signed, &refused, repeat),
            Err(failure) => refused.iter().map(|_| Err(failure.clone())).collect(),
        };
        let places = answers.iter_mut().zip(places).filter(|(_, refused)| *refused).map(|(answer, _)| answer);
        for ((place, answer), wanted) in places.zip(repeated).zip(refused) {
            *place = match (answer, &renewed) {
                (Ok(answer), Ok(signed)) if answer.status == 403 => {
                    Err(self.denied(signed, &Why::Policies(signed.policies.clone()), &wanted.deed))
                }
                (answer, _) => answer,
            };
        }
        Ok(answers)
    }

    fn send_with(&self, signed: &Signed, wanted: &[&Wanted], repeat: Repeat) -> Vec<Result<Answer, Failure>> {
        let requests: Vec<Outgoing<'_>> = wanted
            .iter()
            .map(|wanted| Outgoing {
                method: wanted.method,
                path: &wanted.path,
                token: Some(&signed.token),
                namespace: self.namespace.as_deref(),
                body: wanted.body.as_deref().map(str::as_bytes),
            })
            .collect();
        let results = self.exchange(&requests, repeat);
        let results = results.into_iter().zip(wanted);
        results.map(|(result, wanted)| result.map_err(|fault| self.of_fault(fault, &wanted.deed))).collect()
    }

    /// What the server says of a token; none where it does not accept it.
    pub(crate) fn look_up(&self, token: &str) -> Result<Option<Lookup>, Failure> {
        #[derive(Deserialize)]
        struct Body {
            data: Lookup,
        }
        let deed = Deed::reading("auth/token/lookup-self");
        let request = Outgoing {
            method: Method::Get,
            path: "auth/token/lookup-self",
            token: Some(token),
            namespace: self.namespace.as_deref(),
            body: None,
        };
        let answer = self.exchange_one(request, Repeat::Safe).map_err(|fault| self.of_fault(fault, &deed))?;
        match answer.status {
            200 => match serde_json::from_slice(&answer.body) {
                Ok(Body { data }) => Ok(Some(data)),
                Err(_) => Err(self.not_json(&answer, &deed)),
            },
            403 => Ok(None),
            _ => Err(self.of_answer(&answer, &deed)),
        }
    }

    fn why(&self, signed: &Signed) -> Result<Why, Failure> {
        if signed.fresh {
            return Ok(Why::Policies(signed.policies.clone()));
        }
        if signed.mute || self.known(signed).is_some_and(|known| known.limited) {
            return Ok(Why::Unknown);
        }
        let Some(lookup) = self.look_up(&signed.token)? else { return Ok(Why::Ended) };
        self.learn(signed, &lookup);
        Ok(Why::Policies(lookup.all_policies()))
    }

    /// Keeps what a lookup says of a token that was given: when it ends cannot be asked any more when it has.
    pub(crate) fn learn(&self, signed: &Signed, lookup: &Lookup) {
        if let Origin::Given(_) = signed.origin {
            let end = (lookup.ttl > 0).then(|| self.world.now() + lookup.ttl);
            let known = Known { end, limited: lookup.num_uses > 0 };
            let text = serde_json::to_string(&known).unwrap_or_default();
            if let Err(failure) = self.world.save(&self.name_of(&signed.token), &text, &Expected::Anything) {
                self.world.debug(&format!("the end of a token was not kept: {}", failure.message));
            }
        }
    }

    fn known(&self, signed: &Signed) -> Option<Known> {
        let Origin::Given(_) = signed.origin else { return None };
        let kept = self.world.load(&self.name_of(&signed.token)).ok()??;
        serde_json::from_str(&kept.value).ok()
    }

    /// The session of a token that was given. It says no more of the token than whether it is the same.
    fn name_of(&self, token: &str) -> String {
        self.session_name("token", "", &[&harmony_config_sdk::version_of(token)])
    }

    fn denied(&self, signed: &Signed, why: &Why, deed: &Deed) -> Failure {
        let (at, doing) = (&self.address.shown, self.doing(deed));
        let token = match &signed.origin {
            Origin::Given(from) => format!("the token of {from}"),
            Origin::Login { method, credential } => format!("the token of the login with {credential} ({method})"),
        };
        match why {
            Why::Policies(policies) => {
                let policies = match policies.is_empty() {
                    true => "it has no policies".to_owned(),
                    false => format!("its policies are {}", policies.join(", ")),
                };
                Failure::denied(format!("OpenBao at {at} does not let {token} do that{doing}; {policies}")).remedy(
                    format!("give one of its policies the capability {} on the path `{}`", deed.capability, deed.path),
                )
            }
            Why::Ended => {
                let now = self.world.now();
                let how = match self.known(signed).and_then(|known| known.end) {
                    Some(end) if end <= now => format!("it expired at {}", time::of_day(end)),
                    _ => "it was revoked, has ended, or never was one".to_owned(),
                };
                Failure::denied(format!("OpenBao at {at} does not accept {token}: {how}{doing}"))
                    .remedy(self.another_token(signed))
            }
            Why::Unknown => Failure::denied(format!(
                "OpenBao at {at} refused {token}: it is used up, or its policies do not allow that{doing}"
            ))
            .remedy(format!(
                "{}; or give one of its policies the capability {} on the path `{}`",
                self.another_token(signed),
                deed.capability,
                deed.path
            )),
        }
    }

    fn another_token(&self, signed: &Signed) -> String {
        match &signed.origin {
            Origin::Given(from) => format!("put another token into {from}"),
            Origin::Login { .. } => "try again".to_owned(),
        }
    }
}

fn is_refused(answer: &Result<Answer, Failure>) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.status == 403)
}
