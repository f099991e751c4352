//! Has a person do something elsewhere while the plugin waits: open a page and confirm a code. For a plugin that wants
//! `attention`. The host shows the page; while it is shown, no deadline runs but that of the person.
//!
//! ```no_run
//! use harmony_config_sdk::{Failure, attention::{self, Page}};
//!
//! fn approved(code: &str, mut is_approved: impl FnMut() -> Result<bool, Failure>) -> Result<(), Failure> {
//!     let page = Page::new("Approve at sso.example.com", "https://sso.example.com/device", code);
//!     let notice = attention::show(&page)?;
//!     while !is_approved()? {
//!         // Fails as soon as the person says no.
//!         notice.wait(5_000)?;
//!         notice.say("not yet");
//!     }
//!     Ok(())
//! }
//! ```

use crate::{Failure, bindings::harmony::config::attention as contract};

/// What a person is being shown: `wait` waits, `say` says in one line how it goes. It goes when this is dropped, and with
/// the call at the latest.
pub use contract::Notice;
pub use contract::Page;

/// Shows the page. Its origin must be one that the plugin was granted requests to.
///
/// # Errors
/// `interaction-required` where nobody can be asked; `denied` where the address is none that may be shown.
pub fn show(page: &Page) -> Result<Notice, Failure> {
    contract::show(page)
}

impl Page {
    /// A page: what it is for, its address, and the code that the person types or compares there.
    pub fn new(title: impl Into<String>, address: impl Into<String>, code: impl Into<String>) -> Self {
        Page {
            title: title.into(),
            address: address.into(),
            address_with_code: None,
            code: code.into(),
            expires_in_ms: None,
            extra: Vec::new(),
        }
    }

    /// The address with the code in it: for the QR code and the browser. Of the same origin.
    #[must_use]
    pub fn address_with_code(mut self, address: impl Into<String>) -> Self {
        self.address_with_code = Some(address.into());
        self
    }

    /// In how many milliseconds the code ends.
    #[must_use]
    pub fn expires_in_ms(mut self, milliseconds: u64) -> Self {
        self.expires_in_ms = Some(milliseconds);
        self
    }
}
