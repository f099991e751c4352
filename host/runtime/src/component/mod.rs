//! A plugin as a source: its instances, their bounds, the calls. What a plugin may use is `policy`'s, what the host
//! does for it `capability`'s.

mod clock;
mod convert;
mod held;
mod identity;
mod instance;
mod rest;
mod source;
mod state;
mod told;

pub use self::source::ComponentSource;
pub(crate) use self::{
    clock::{Attention, Clock, Times, Watch},
    held::Held,
    identity::{Asked, Token},
    state::State,
    told::{Credential, Told},
};
