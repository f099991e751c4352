//! The commands, one file each: its arguments, and what it does. A command prints nothing; it answers with an
//! [`Output`](crate::Output).

pub mod check;
pub mod completions;
pub mod doctor;
pub mod edit;
pub mod explain;
pub mod get;
pub mod grant;
pub mod identity;
pub mod init;
pub mod list;
pub mod man;
pub mod manifest;
pub mod rekey;
pub mod schema;
pub mod seal;
pub mod set;
pub mod team;
pub mod transfer;
pub mod trust;
pub mod unset;
