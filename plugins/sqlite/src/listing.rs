//! What is stored in a namespace, in pages: ordered by key, the plain key before its instances. The default namespace is
//! in both tables.

use harmony_config_sdk::{
    Coordinate, Failure, Page, Sensitivity,
    sql::{Statement, Value},
};

use crate::{Database, tables::present};

/// The keys of one page.
const PAGE: usize = 500;

pub(crate) fn list(
    database: &impl Database,
    default: &str,
    namespace: &str,
    prefix: &str,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let (after_key, after_instance) = match after {
        Some(after) => after.split_once('@').unwrap_or((after, "")),
        None => ("", ""),
    };
    let mut found: Vec<(String, String)> = Vec::new();
    if namespace == default {
        // Rows of older programs whose names are no keys are left out: `@` would be taken for an instance.
        let select = Statement::new(
            "SELECT key, '' FROM config WHERE substr(key, 1, length(?)) = ? AND key > ? \
             AND key NOT GLOB '*[^A-Za-z0-9_-]*' AND key <> '' ORDER BY key LIMIT ?",
        );
        found.extend(rows(database, select.bind(prefix).bind(prefix).bind(after_key).bind(LIMIT))?);
    }
    let select = Statement::new(
        "SELECT key, instance FROM config_scoped WHERE namespace = ? AND substr(key, 1, length(?)) = ? \
         AND (key, instance) > (?, ?) AND (instance <> '' OR namespace <> ?) ORDER BY key, instance LIMIT ?",
    );
    let select = select.bind(namespace).bind(prefix).bind(prefix).bind(after_key).bind(after_instance);
    found.extend(rows(database, select.bind(default).bind(LIMIT))?);
    found.sort_unstable();
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|(key, instance)| match instance.is_empty() {
        true => key.clone(),
        false => format!("{key}@{instance}"),
    });
    let entries = found
        .into_iter()
        .map(|(key, instance)| {
            let instance = Some(instance).filter(|instance| !instance.is_empty());
            // The tables do not say how careful to be.
            (Coordinate { namespace: namespace.to_owned(), key, instance }, Sensitivity::Secret)
        })
        .collect();
    Ok(Page { entries, next })
}

/// One more than a page, to know whether there is another.
const LIMIT: i64 = PAGE as i64 + 1;

fn rows(database: &impl Database, select: Statement) -> Result<Vec<(String, String)>, Failure> {
    let outcome = present(database, database.query(&select))?;
    let names = outcome.into_iter().flat_map(|outcome| outcome.rows).filter_map(|row| {
        let mut row = row.into_iter();
        match (row.next()?, row.next()?) {
            (Value::Text(key), Value::Text(instance)) => Some((key, instance)),
            _ => None,
        }
    });
    Ok(names.collect())
}
