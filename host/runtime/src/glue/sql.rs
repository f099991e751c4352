//! `harmony:config/sql`.

use std::sync::Arc;

use super::{
    bindings::harmony::config::{
        sql::{Host, Outcome, Statement, Value},
        types::Failure,
    },
    to_guest,
};
use crate::{
    capability::{
        no_home,
        sql::{self, Database, SqlFailure},
    },
    component::State,
    policy::Use,
};

impl Host for State {
    async fn query(&mut self, statement: Statement) -> Result<Outcome, Failure> {
        let pass = self.decide(Use::Sql).map_err(to_guest)?;
        let database = database(self)?;
        let time_left = self.call.clock.time_left();
        let of_the_tables = is_pragma(&statement.sql);
        let outcome = database.query(&pass, from(statement), time_left).await.map_err(fault)?;
        Ok(answer(self, outcome, of_the_tables))
    }

    async fn transaction(&mut self, statements: Vec<Statement>) -> Result<Vec<Outcome>, Failure> {
        let pass = self.decide(Use::Sql).map_err(to_guest)?;
        let database = database(self)?;
        let time_left = self.call.clock.time_left();
        let statements = statements.into_iter().map(from).collect();
        let outcomes = database.transaction(&pass, statements, time_left).await.map_err(fault)?;
        Ok(outcomes.into_iter().map(|outcome| answer(self, outcome, false)).collect())
    }

    fn location(&mut self) -> String {
        match self.decide(Use::Sql).map(|_| self.capabilities().database.clone()) {
            Ok(Some(database)) => database.path().display().to_string(),
            _ => "no database".to_owned(),
        }
    }
}

/// The source's database. Where it has none, there is no home for one.
fn database(state: &State) -> Result<Arc<Database>, Failure> {
    state.capabilities().database.clone().ok_or_else(|| to_guest(no_home()))
}

fn fault(error: SqlFailure) -> Failure {
    let mut failure = to_guest(error.failure);
    if error.missing_table {
        "missing-table".clone_into(&mut failure.code);
    }
    failure
}

fn from(statement: Statement) -> sql::Statement {
    let params = statement
        .params
        .into_iter()
        .map(|value| match value {
            Value::Null => sql::Value::Null,
            Value::Integer(value) => sql::Value::Integer(value),
            Value::Real(value) => sql::Value::Real(value),
            Value::Text(value) => sql::Value::Text(value),
            Value::Blob(value) => sql::Value::Blob(value),
        })
        .collect();
    sql::Statement { sql: statement.sql, params }
}

/// The one PRAGMA that is allowed tells the names of columns (`value`): no secrets, and words of many a message.
fn is_pragma(sql: &str) -> bool {
    sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("pragma"))
}

fn answer(state: &mut State, outcome: sql::Outcome, of_the_tables: bool) -> Outcome {
    let mut value = |value| match value {
        sql::Value::Null => Value::Null,
        sql::Value::Integer(value) => Value::Integer(value),
        sql::Value::Real(value) => Value::Real(value),
        sql::Value::Text(value) => {
            if !of_the_tables {
                state.in_play.add(&value);
            }
            Value::Text(value)
        }
        sql::Value::Blob(value) => Value::Blob(value),
    };
    let rows = outcome.rows.into_iter().map(|row| row.into_iter().map(&mut value).collect()).collect();
    Outcome { rows, changes: outcome.changes }
}
