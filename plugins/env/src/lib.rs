//! The source `env`: a whole struct as JSON in `{PREFIX}{KEY}`, single fields in `{PREFIX}{KEY}__{field}`, several values
//! of one key behind `__AT__{instance}`. It reads variables and nothing else; what they mean is `variables`, which the
//! source `dotenv` has in common with it.

use harmony_config_plugin_shared::variables::{Variables, names, read};
use harmony_config_sdk::{
    Entry, Expected, Failure, Feature, Host, NoSettings, Request, Source, environment, export_plugin,
};

struct EnvSource {
    prefix: String,
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
