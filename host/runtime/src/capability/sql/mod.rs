//! The database of a source: one SQLite file, opened when it is first needed, guarded against what a plugin must not do
//! with it. Which statements a plugin runs is the plugin's business.

mod database;
mod failure;
mod guard;
mod statement;

pub(crate) use self::{
    database::Database,
    failure::SqlFailure,
    statement::{Outcome, Statement, Value},
};
