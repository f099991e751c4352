//! The source `env`: a whole struct as JSON in `{PREFIX}{KEY}`, single fields in `{PREFIX}{KEY}__{field}`, several values
//! of one key behind `__AT__{instance}`. It reads variables and nothing else; which names there are is `names`, what
//! their fields add up to is `fields`.

mod fields;
mod names;
mod typing;

use harmony_config_sdk::{
    Entry, Expected, Failure, Feature, Host, NoSettings, Request, Source, environment, export_plugin,
};

use crate::fields::Field;

struct EnvSource {
    prefix: String,
}

/// The variables, as they are now. A seam: the functions of the SDK exist only inside a host.
trait Variables {
    fn get(&self, name: &str) -> Result<Option<String>, Failure>;
    fn names(&self, prefix: &str) -> Result<Vec<String>, Failure>;
}

/// The host's.
struct Process;

impl Variables for Process {
    fn get(&self, name: &str) -> Result<Option<String>, Failure> {
        environment::get(name)
    }

    fn names(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        environment::names(prefix)
    }
}

impl Source for EnvSource {
    type Settings = NoSettings;

    fn configure(_: NoSettings, host: Host) -> Result<Self, Failure> {
        Ok(EnvSource { prefix: host.prefix })
    }

    fn features(&self) -> &'static [Feature] {
        &[Feature::Refs]
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        read(&Process, &self.prefix, request)
    }

    fn set(&self, request: &Request, _: &str, _: &Expected) -> Result<Option<String>, Failure> {
        let name = names::whole(&self.prefix, &request.at);
        Err(Failure::unsupported("a program cannot keep a value in its own environment")
            .remedy(format!("export {name} in the shell that starts the program, or write to another source")))
    }

    fn delete(&self, request: &Request, _: &Expected) -> Result<(), Failure> {
        let name = names::whole(&self.prefix, &request.at);
        Err(Failure::unsupported("a program cannot remove a value from its own environment")
            .remedy(format!("unset {name}, and what begins with {name}__, in the shell that starts the program")))
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        let names = Process.names(&self.prefix)?;
        Ok(names.iter().filter(|name| names::has_empty_part(name)).map(|name| unread(name)).collect())
    }
}

fn unread(name: &str) -> String {
    format!("the variable {name} is not read: between two `__` of it there is nothing")
}

fn read(variables: &impl Variables, prefix: &str, request: &Request) -> Result<Option<Entry>, Failure> {
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

export_plugin! {
    EnvSource,
    name: "env",
    description: "Environment variables: a whole value as JSON, or single fields",
    features: ["refs"],
    settings: r#"{"type":"object","additionalProperties":false}"#,
    wants: r#"{"environment":{}}"#,
}

#[cfg(test)]
mod tests;
