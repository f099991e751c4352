//! `harmony:config/attention`.

use std::time::Duration;

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
        self.holds_nothing("no page is shown").map_err(to_guest)?;
        let shown = WebPage {
            source: self.source.to_string(),
            title: self.in_play.shown(&page.title),
            address: page.address.clone(),
            address_with_code: page.address_with_code,
            code: self.in_play.shown(&page.code),
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
        let clock = std::sync::Arc::clone(&self.call.clock);
        attention::wait(&*notice, Duration::from_millis(milliseconds), &clock).await.map_err(to_guest)
    }

    fn say(&mut self, notice: Resource<Held<Shown>>, text: String) {
        if let Some(notice) = self.notice(&notice) {
            attention::say(&*notice, &self.in_play.shown(&text));
        }
    }

    async fn drop(&mut self, notice: Resource<Held<Shown>>) -> wasmtime::Result<()> {
        // One of a call before may be let go of while another is being shown.
        if self.let_go(notice)? {
            self.call.notice = false;
        }
        Ok(())
    }
}

impl State {
    fn notice(&self, handle: &Resource<Held<Shown>>) -> Option<std::sync::Arc<dyn crate::prompt::Notice>> {
        self.held(handle).ok()?.with(Shown::notice)
    }
}
