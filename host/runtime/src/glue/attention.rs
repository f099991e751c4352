//! `harmony:config/attention`.

use std::time::Duration;

use harmony_config_core::{Blame, FailureCode};
use wasmtime::component::Resource;

use super::{
    bindings::harmony::config::{
        attention::{Host, HostNotice, Page},
        types::Failure,
    },
    to_guest,
};
use crate::{
    capability::{
        attention::{self, Shown},
        http::origin::Origin,
    },
    component::{Held, State},
    policy::Use,
    prompt::WebPage,
};

impl Host for State {
    async fn show(&mut self, page: Page) -> Result<Resource<Held<Shown>>, Failure> {
        let origin = Origin::of_page(&page.address);
        let origin = origin.as_ref().map(|(origin, _)| origin).map_err(String::as_str);
        let pass = self.decide(Use::Page { address: &page.address, origin }).map_err(to_guest)?;
        if self.call.notice {
            // The terminal is one.
            let message = "a page is being shown already";
            return Err(to_guest(
                harmony_config_core::Failure::new(FailureCode::Invalid, message).blamed_on(Blame::Plugin),
            ));
        }
        let shown = WebPage {
            source: self.source.to_string(),
            title: page.title,
            address: page.address.clone(),
            address_with_code: page.address_with_code,
            code: page.code,
            expires_in: page.expires_in_ms.map(Duration::from_millis),
        };
        // It may have to wait until somebody else's form is done: that is no time of this call either.
        let attention = self.call.clock.attend();
        let capabilities = self.capabilities();
        let shown = attention::show(&pass, &capabilities.prompter, shown, attention).await.map_err(to_guest)?;
        self.call.notice = true;
        self.hold(shown).map_err(to_guest)
    }
}

impl HostNotice for State {
    async fn wait(&mut self, notice: Resource<Held<Shown>>, milliseconds: u64) -> Result<(), Failure> {
        let Some(notice) = self.notice(&notice) else { return Ok(()) };
        attention::wait(&*notice, Duration::from_millis(milliseconds)).await.map_err(to_guest)
    }

    fn say(&mut self, notice: Resource<Held<Shown>>, text: String) {
        if let Some(notice) = self.notice(&notice) {
            attention::say(&*notice, &self.in_play.shown(&text));
        }
    }

    async fn drop(&mut self, notice: Resource<Held<Shown>>) -> wasmtime::Result<()> {
        self.call.notice = false;
        self.let_go(notice)
    }
}

impl State {
    fn notice(&self, handle: &Resource<Held<Shown>>) -> Option<std::sync::Arc<dyn crate::prompt::Notice>> {
        self.held(handle).ok()?.with(Shown::notice)
    }
}
