//! What `configure` is handed: the author's settings, and what the host adds under `$host`.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::Failure;

/// Where the host's own words stand among the settings. No setting can be called so.
const HOST: &str = "$host";

/// What the host says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Host {
    /// The app that is served, for example `harmony`.
    pub app: String,
    /// What the app's environment variables begin with, for example `HARMONY_CONFIG_`.
    pub prefix: String,
    /// The namespace that the app uses where none is named.
    pub default_namespace: String,
    /// The native path of the directory at [`files::ROOT`](crate::files::ROOT), for people. Only for a plugin that wants files.
    pub directory: Option<String>,
    /// What the manifest calls this source: for a command that a person is told to run. None where the host does not say.
    pub source: Option<String>,
    /// How many milliseconds one call may take, waiting included: who tries again ends before. None where the host is of a
    /// release that does not say.
    pub timeout_ms: Option<u64>,
}

impl Host {
    /// As the host would say it of an app with this name: for native tests.
    pub fn of(app: &str) -> Self {
        Host {
            app: app.to_owned(),
            prefix: format!("{}_CONFIG_", app.to_ascii_uppercase().replace('-', "_")),
            default_namespace: app.to_owned(),
            directory: None,
            source: None,
            timeout_ms: None,
        }
    }
}

/// The settings of a plugin that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

/// Reads both. A value is in no message: a setting may be a credential.
pub(crate) fn read<S: DeserializeOwned>(settings: &str) -> Result<(S, Host), Failure> {
    let mut members = match serde_json::from_str(settings) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Err(Failure::invalid("the settings are not a JSON object")),
        Err(error) => return Err(Failure::invalid(format!("the settings are not JSON: {error}"))),
    };
    let host = members.remove(HOST).unwrap_or(Value::Null);
    let host = Host::deserialize(host).map_err(|_| {
        Failure::invalid(format!("the host said nothing that can be read under `{HOST}`"))
            .remedy("use a plugin and a program of the same release")
    })?;
    let settings = serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| wrong(&error))?;
    Ok((settings, host))
}

/// Names the setting and what it should be; serde's own text would quote what it is.
fn wrong(error: &serde_path_to_error::Error<serde_json::Error>) -> Failure {
    let text = error.inner().to_string();
    for phrase in ["missing field ", "unknown field "] {
        if let Some(rest) = text.strip_prefix(phrase) {
            let name = rest.split(',').next().unwrap_or(rest);
            return Failure::invalid(format!("{}setting {name}", phrase.trim_end_matches("field ")));
        }
    }
    // Only serde's own phrases are trusted to quote nothing behind the last "expected".
    let own = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "];
    let expected = match text.rsplit_once(", expected ") {
        Some((_, expected)) if own.iter().any(|phrase| text.starts_with(phrase)) => format!(": expected {expected}"),
        _ => String::new(),
    };
    Failure::invalid(format!("the setting `{}` cannot be used{expected}", error.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    struct Sample {
        path: String,
        #[serde(default)]
        read_only: bool,
    }

    const HOST: &str = r#""$host": {"app":"harmony","prefix":"HARMONY_CONFIG_","default-namespace":"harmony","new":1}"#;

    #[test]
    fn settings_and_host_are_told_apart() {
        let (sample, host) = read::<Sample>(&format!(r#"{{"path":"x","read-only":true,{HOST}}}"#)).unwrap();
        assert_eq!((sample.path.as_str(), sample.read_only), ("x", true));
        assert_eq!(host, Host::of("harmony"));
        read::<NoSettings>(&format!("{{{HOST}}}")).unwrap();
    }

    #[test]
    fn a_wrong_setting_is_named_and_its_value_is_not() {
        let message = |settings: &str| read::<Sample>(&format!("{{{settings},{HOST}}}")).unwrap_err().message;
        assert_eq!(
            message(r#""path":"x","read-only":"canary""#),
            "the setting `read-only` cannot be used: expected a boolean"
        );
        assert_eq!(message(r#""read-only":true"#), "missing setting `path`");
        assert_eq!(message(r#""path":"x","canary":1"#), "unknown setting `canary`");
        assert_eq!(message(r#""path":"x","path":"#), "the settings are not JSON: expected value at line 1 column 20");
    }

    #[test]
    fn a_host_that_says_nothing_of_itself_is_refused() {
        assert!(read::<NoSettings>("{}").unwrap_err().message.contains("`$host`"));
    }
}
