//! What several of the bundled plugins have in common: what variables mean, whether of a process or in a file
//! ([`variables`]); what a coordinate is called where it has one name ([`names`]); changing a file that others change too
//! ([`document`]); the text of a file as editors leave it ([`text`]); requests over the network ([`http`]); and moments
//! as people read them ([`moment`]). No source of its own.

pub mod document;
pub mod http;
mod leave;
pub mod moment;
pub mod names;
pub mod text;
pub mod variables;

pub use leave::may_write;
