//! One call of the host: the issuer that is meant, who is its client, the time that is left, and single requests.

use std::{cell::Cell, time::Duration};

use harmony_config_plugin_shared::http::{Answer, Fault, Method, Outgoing};
use harmony_config_sdk::Failure;
use openidconnect::url::{Url, form_urlencoded};

use crate::{
    Store,
    issuer::{Issuer, authority},
    time,
    world::World,
};

/// Where the host does not say how long a call may take.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a request may take while a person is shown a page: no deadline runs then.
const WHILE_ATTENDED: Duration = Duration::from_secs(10);

/// How long it is waited before something is read again.
const REST: Duration = Duration::from_millis(100);

/// The variable that says whose client this is.
const CLIENT_ID: &str = "HARMONY_SSO_CLIENT_ID";

/// One call.
pub(crate) struct Call<'a, W: World> {
    pub(crate) store: &'a Store<W>,
    pub(crate) world: &'a W,
    pub(crate) issuer: &'a Issuer,
    /// None for a machine, which is known by its key.
    client_id: Option<String>,
    /// When it began, without the time that a person took.
    began: Cell<Duration>,
    attended: Cell<bool>,
    /// How much the issuer's clock is ahead of this one, in seconds, as its last answer says.
    pub(crate) ahead: Cell<Option<i64>>,
}

impl<'a, W: World> Call<'a, W> {
    pub(crate) fn begin(store: &'a Store<W>) -> Result<Self, Failure> {
        let world = &store.world;
        let issuer = store.settings.issuer.as_ref().ok_or_else(|| {
            Failure::unavailable("nobody said where people sign in")
                .remedy("set HARMONY_SSO_URL, or give the setting `issuer`, as https://HOST")
        })?;
        let client_id = match &store.settings.client_id {
            Some(id) => Some(id.clone()),
            None => world.variable(CLIENT_ID)?.map(|text| text.trim().to_owned()),
        };
        let began = Cell::new(world.clock());
        Ok(Call { store, world, issuer, client_id, began, attended: Cell::new(false), ahead: Cell::new(None) })
    }

    pub(crate) fn client_id(&self) -> Result<&str, Failure> {
        self.client_id.as_deref().ok_or_else(|| {
            Failure::unavailable(format!("nobody said which client of {} this is", self.issuer.as_str())).remedy(
                "set HARMONY_SSO_CLIENT_ID, or give the setting `client-id`: the client id of an application of type \
                 Native in the console of Zitadel",
            )
        })
    }

    /// What a person is told to run.
    pub(crate) fn login(&self) -> &str {
        &self.store.login
    }

    fn time_left(&self) -> Duration {
        if self.attended.get() {
            return WHILE_ATTENDED;
        }
        let spent = self.world.clock().saturating_sub(self.began.get());
        // A little less than the host's, so that it is said here what was not answered, and the instance lives on.
        (self.store.timeout - self.store.timeout / 20).saturating_sub(spent)
    }

    /// Does something while a person is shown a page.
    pub(crate) fn attended<T>(&self, act: impl FnOnce() -> T) -> T {
        let before = self.world.clock();
        self.attended.set(true);
        let done = act();
        self.attended.set(false);
        self.began.set(self.began.get() + self.world.clock().saturating_sub(before));
        done
    }

    /// Reads. What got lost on the way is asked for once more.
    pub(crate) fn get(&self, url: &Url) -> Result<Answer, Fault> {
        let result = self.send(Method::Get, url, None);
        let is_worth_it = match &result {
            Err(fault) => matches!(fault, Fault::Unreachable | Fault::Lost),
            Ok(answer) => matches!(answer.status, 502..=504) && answer.head.retry_after.is_none(),
        };
        if !is_worth_it || self.time_left() < REST * 2 {
            return result;
        }
        self.world.rest(REST);
        self.send(Method::Get, url, None)
    }

    /// Posts a form, once: what it asks for may be possible only once.
    pub(crate) fn post(&self, url: &Url, form: &[(&str, &str)]) -> Result<Answer, Fault> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.send(Method::Post, url, Some(body.as_bytes()))
    }

    fn send(&self, method: Method, url: &Url, body: Option<&[u8]>) -> Result<Answer, Fault> {
        let authority = authority(url).ok_or(Fault::Denied)?;
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut headers = vec![("accept".to_owned(), b"application/json".to_vec())];
        if body.is_some() {
            headers.push(("content-type".to_owned(), b"application/x-www-form-urlencoded".to_vec()));
        }
        let secure = url.scheme() == "https";
        let outgoing = Outgoing { method, secure, authority: &authority, path, headers, body };
        let answer = self.world.send(outgoing, self.time_left())?;
        if let Some(theirs) = answer.head.date.as_deref().and_then(time::of_http) {
            self.ahead.set(i64::try_from(theirs).ok().zip(i64::try_from(self.world.now()).ok()).map(|(a, b)| a - b));
        }
        Ok(answer)
    }
}
