//! What variables mean: a whole value as JSON in `{PREFIX}{KEY}`, single fields in `{PREFIX}{KEY}__{field}`, several values
//! of one key behind `__AT__{instance}`. Which names there are is `names`, what their fields add up to is `fields`.

mod fields;
pub mod names;
mod typing;

use harmony_config_sdk::{Entry, Failure, Request};

use self::fields::Field;

/// Variables, as they are now.
pub trait Variables {
    /// The value of a variable, or none where it is not set.
    ///
    /// # Errors
    /// Why it could not be read.
    fn get(&self, name: &str) -> Result<Option<String>, Failure>;

    /// The names of all variables that begin with `prefix`.
    ///
    /// # Errors
    /// Why they could not be read.
    fn names(&self, prefix: &str) -> Result<Vec<String>, Failure>;
}

/// What the variables with this prefix say of a value. The entry's location is their names.
///
/// # Errors
/// `invalid` where fields stand over something that has none.
pub fn read(variables: &impl Variables, prefix: &str, request: &Request) -> Result<Option<Entry>, Failure> {
    if !request.locations.is_empty() {
        return elsewhere(variables, request);
    }
    let name = names::whole(prefix, &request.at);
    let whole = variables.get(&name)?;
    let start = format!("{name}__");
    let mut found = Vec::new();
    for variable in variables.names(&start)? {
        let rest = variable.get(start.len()..).unwrap_or_default();
        let Some(path) = names::field_path(rest, request.at.instance.is_some()) else { continue };
        // Gone since the names were read: then it is not there.
        if let Some(text) = variables.get(&variable)? {
            found.push(Field { path, text, variable });
        }
    }
    match (whole, found.is_empty()) {
        (None, true) => Ok(None),
        // The common case: the text is passed on as it is, and the host parses it.
        (Some(text), true) => Ok(Some(Entry::new(text, name))),
        (None, false) => fields::partial(&found).map(Some),
        (Some(text), false) => fields::merged(&name, &text, &found, request.schema.as_deref()).map(Some),
    }
}

/// What lies in variables of other names: a place is the name of a variable.
fn elsewhere(variables: &impl Variables, request: &Request) -> Result<Option<Entry>, Failure> {
    let mut whole = None;
    let mut found = Vec::new();
    for (path, variable) in &request.locations {
        let Some(text) = variables.get(variable)? else { continue };
        match path.is_empty() {
            true => whole = Some((variable, text)),
            false => found.push(Field { path: path.clone(), text, variable: variable.clone() }),
        }
    }
    match (whole, found.is_empty()) {
        (None, true) => Ok(None),
        (Some((name, text)), true) => Ok(Some(Entry::new(text, name))),
        (None, false) => fields::partial(&found).map(Some),
        (Some((name, text)), false) => fields::merged(name, &text, &found, request.schema.as_deref()).map(Some),
    }
}

#[cfg(test)]
mod tests;
