//! Showing a person a page for a plugin, and waiting for them: the words are made fit to be shown, and addresses are of
//! the one origin that the policy let pass.

use std::{sync::Arc, time::Duration};

use harmony_config_core::{Blame, Failure, FailureCode};

use crate::{
    capability::http::origin::Origin,
    component::{Attention, Clock},
    policy::{Pass, Use},
    prompt::{Left, Notice, Prompter, WebPage},
    words::shown,
};

/// The longest address, in bytes.
const MAX_ADDRESS: usize = 2048;

/// The longest code, in characters: what is longer nobody types.
const MAX_CODE: usize = 64;

/// A page that a person is being shown. The deadline of the call stands still until it is dropped.
#[allow(unreachable_pub, reason = "the generated bindings name it as public")]
pub struct Shown {
    notice: Arc<dyn Notice>,
    _attention: Attention,
}

/// Shows the page that the pass is for.
pub(crate) async fn show(
    pass: &Pass<'_>,
    prompter: &Arc<dyn Prompter>,
    mut page: WebPage,
    attention: Attention,
) -> Result<Shown, Failure> {
    let Use::Page { address, origin: Ok(origin) } = pass.what() else {
        return Err(Failure::new(FailureCode::Denied, "this leave is not for a page"));
    };
    let invalid = |why: &str| Failure::new(FailureCode::Invalid, why.to_owned()).blamed_on(Blame::Plugin);
    // As a browser spells it: what stands in a terminal is where it leads.
    page.address = Origin::of_page(address).map(|(_, whole)| whole).map_err(|why| invalid(&why))?;
    if let Some(with_code) = &page.address_with_code {
        match Origin::of_page(with_code) {
            Ok((other, whole)) if other == *origin => page.address_with_code = Some(whole),
            // The short one does as well.
            _ => page.address_with_code = None,
        }
    }
    if page.address.len() > MAX_ADDRESS {
        return Err(invalid("the address of the page is too long to be typed"));
    }
    page.title = shown(&page.title);
    page.code = shown(&page.code);
    if page.code.is_empty() || page.code.chars().count() > MAX_CODE {
        return Err(invalid("the code to show has no characters, or too many"));
    }
    if let Some(failure) = prompter.unavailable() {
        return Err(failure);
    }
    Ok(Shown { notice: Arc::from(prompter.show(page).await?), _attention: attention })
}

impl Shown {
    pub(crate) fn notice(&self) -> Arc<dyn Notice> {
        Arc::clone(&self.notice)
    }
}

/// Waits, unless the person says no meanwhile, or nobody wants what they are asked for any more.
pub(crate) async fn wait(notice: &dyn Notice, time: Duration, clock: &Clock) -> Result<(), Failure> {
    tokio::select! {
        biased;
        left = notice.left() => Err(said_no(left)),
        () = clock.abandoned() => Err(said_no(Left::Skipped)),
        () = tokio::time::sleep(time) => Ok(()),
    }
}

/// Says how it goes.
pub(crate) fn say(notice: &dyn Notice, line: &str) {
    notice.say(&shown(line));
}

/// The failure of a call whose person said no.
pub(crate) fn said_no(left: Left) -> Failure {
    let failure = match left {
        // It goes on without this source, as without one that could not ask.
        Left::Skipped => Failure::new(FailureCode::InteractionRequired, "the sign-in was left"),
        Left::Cancelled => Failure::new(FailureCode::Cancelled, "the sign-in was cancelled"),
    };
    failure.blamed_on(Blame::Person)
}
