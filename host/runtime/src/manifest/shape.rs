//! What a manifest may say: the types that parse it, and that its JSON Schema for editors is made from. What the words mean
//! is `parse`'s.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::node::{Node, Table};

type Name = Spanned<String>;

/// A harmony-config manifest: where a project's configuration comes from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "harmony-config manifest", extend("required" = ["version"]))]
pub(super) struct Raw {
    /// The version of manifests: 1.
    #[schemars(with = "u8", extend("const" = 1))]
    #[serde(rename = "version")]
    _version: Option<Spanned<i64>>,
    /// The app: the prefix of variables, the name of the directories, the default namespace. Default: `harmony`, or what the
    /// program says.
    #[schemars(with = "Option<String>")]
    pub(super) app: Option<Name>,
    /// The profile that holds where neither `-p` nor the variable `{APP}_CONFIG_PROFILE` names one.
    #[schemars(with = "Option<String>")]
    pub(super) default_profile: Option<Name>,
    /// Named sets of lines that are laid over the others.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Profile>")]
    pub(super) profile: BTreeMap<Name, Profile>,
    /// What keeps projects apart in one store. Default: the app's name.
    #[schemars(with = "Option<String>")]
    pub(super) namespace: Option<Name>,
    /// The sources, in order of precedence: move a name to reorder. Default, with no manifest: env, (openbao, if `OPENBAO_URL` is
    /// set,) sqlite, prompt.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) chain: Option<Spanned<Vec<Name>>>,
    /// What a source is told. A source needs a table only to be told something.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Source>")]
    pub(super) source: BTreeMap<Name, Source>,
    /// Where values are kept, best first. Default: the first source of the chain that persists.
    #[serde(default)]
    pub(super) persist: Persist,
    /// What holds for some keys only, by a key or a pattern with `*` and `?`; `KEY@INSTANCE` for instances.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Key>")]
    pub(super) key: BTreeMap<Name, Key>,
    /// Committed defaults, by key: below every source, and asked before a person is. A secret here is refused.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub(super) value: Table,
    /// Variables that settings, paths, places and the namespace may use as `${NAME}`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Var>")]
    pub(super) vars: Table,
    /// What the program needs.
    #[serde(default)]
    pub(super) schema: Schema,
}

/// Lines that are laid over the others while the profile is chosen.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Profile {
    /// What keeps projects apart in one store.
    #[schemars(with = "Option<String>")]
    #[serde(rename = "namespace")]
    _namespace: Option<Name>,
    /// The sources, in order of precedence.
    #[schemars(with = "Option<Vec<String>>")]
    #[serde(rename = "chain")]
    _chain: Option<Spanned<Vec<Name>>>,
    /// What a source is told.
    #[serde(default, rename = "source")]
    #[schemars(with = "BTreeMap<String, Source>")]
    _source: BTreeMap<Name, Source>,
    /// Where values are kept, best first.
    #[serde(default, rename = "persist")]
    _persist: Persist,
    /// What holds for some keys only.
    #[serde(default, rename = "key")]
    #[schemars(with = "BTreeMap<String, Key>")]
    _key: BTreeMap<Name, Key>,
    /// Committed defaults, by key.
    #[serde(default, rename = "value")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    _value: Table,
    /// Variables that settings, paths, places and the namespace may use as `${NAME}`.
    #[serde(default, rename = "vars")]
    #[schemars(with = "BTreeMap<String, Var>")]
    _vars: Table,
    /// What the program needs.
    #[serde(default, rename = "schema")]
    _schema: Schema,
}

/// What a source is told.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Source {
    /// The plugin that serves it: `builtin:NAME`, or `{ path = "…", sha256 = "…" }`. Default: the bundled plugin of the
    /// source's own name.
    #[schemars(with = "Option<Plugin>")]
    pub(super) plugin: Option<Spanned<Node>>,
    /// How long a call may take, waiting included: `500ms`, `2s`. Default: 2s.
    #[schemars(with = "Option<String>")]
    pub(super) timeout: Option<Name>,
    /// How long a person may take. Default: 10m.
    #[schemars(with = "Option<String>")]
    pub(super) interaction_timeout: Option<Name>,
    /// What a failure means, by its code: `continue` with the next source, or `fail`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Code, OnError>")]
    pub(super) on_error: BTreeMap<Name, Name>,
    /// Whether the host seals secret values before a source that keeps them in plain sees them. Default: true.
    #[schemars(with = "Option<bool>")]
    pub(super) seal: Option<Spanned<bool>>,
    /// Of a plugin that uses the network: which certificates of servers are accepted. Default: those that the system trusts.
    pub(super) tls: Option<Tls>,
    /// Of a plugin that uses the network: the address of a proxy that its requests over TLS go through,
    /// `http://proxy:3128`. Default: none, whatever the environment says.
    #[schemars(with = "Option<String>")]
    pub(super) proxy: Option<Name>,
    /// The plugin's own settings. A value may be another source's: `{ from = "SOURCE", key = "KEY", field = "FIELD" }`.
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub(super) settings: Option<Spanned<Table>>,
}

/// Which certificates of servers are accepted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Tls {
    /// A file with certificates in PEM that are trusted instead of the system's. Relative paths start at the folder of this
    /// file.
    #[schemars(with = "Option<String>")]
    pub(super) ca_file: Option<Name>,
    /// The name that the certificate has to be for. Default: the host of the address.
    #[schemars(with = "Option<String>")]
    pub(super) server_name: Option<Name>,
    /// Whether no certificate is checked, so that anybody on the way can read and change all of it. It is warned of every
    /// time. Default: false.
    #[schemars(with = "Option<bool>")]
    pub(super) skip_verify: Option<Spanned<bool>>,
}

impl Tls {
    /// Where it says its first thing.
    pub(super) fn span(&self) -> Option<std::ops::Range<usize>> {
        let texts = [&self.ca_file, &self.server_name].into_iter().flatten().map(Spanned::span);
        texts.chain(self.skip_verify.as_ref().map(Spanned::span)).min_by_key(|span| span.start)
    }
}

/// Where values are kept, best first; the next is for when one is unavailable.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Persist {
    /// Values of types with a secret field, and of keys that nobody declared.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) secret: Vec<Name>,
    /// All other values.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) standard: Vec<Name>,
}

/// What holds for some keys only.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Key {
    /// The chain of these keys, instead of the manifest's.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) chain: Option<Spanned<Vec<Name>>>,
    /// Values that already lie elsewhere: `ref.SOURCE = "PLACE"` for the whole, `ref.SOURCE.FIELD = "PLACE"` for a field.
    #[serde(default, rename = "ref")]
    #[schemars(with = "BTreeMap<String, Ref>")]
    pub(super) refs: Table,
}

/// The file that the program exports.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Schema {
    /// Its path, from the manifest's folder: `harmony-config.schema.json`.
    #[schemars(with = "Option<String>")]
    pub(super) file: Option<Name>,
}

/// A bundled plugin, or a component in a file.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "says in the JSON Schema what `sources` reads by hand")]
enum Plugin {
    /// `builtin:NAME`.
    Bundled(String),
    /// A component in a file.
    File(PluginFile),
}

/// A component in a file.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "says in the JSON Schema what `sources` reads by hand")]
struct PluginFile {
    /// Where it is, from the manifest's folder.
    path: String,
    /// The digest that it must have, in hexadecimal.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    sha256: String,
}

/// The value of a variable, or where it is read from.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "says in the JSON Schema what `vars` reads by hand")]
enum Var {
    /// The value.
    Text(String),
    /// A variable of the environment.
    Environment(VarFrom),
}

/// A variable of the environment.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "says in the JSON Schema what `vars` reads by hand")]
struct VarFrom {
    /// Its name.
    env: String,
    /// The value where it is not set.
    default: Option<String>,
}

/// A place in the source's own notation, or places of fields.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "says in the JSON Schema what `keys` reads by hand")]
enum Ref {
    /// The place of the whole value.
    Place(String),
    /// The places of fields.
    Fields(BTreeMap<String, Ref>),
}

/// The code of a failure.
#[derive(JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
#[allow(dead_code, reason = "says in the JSON Schema what `sources` reads by hand")]
enum Code {
    Denied,
    Unavailable,
    InteractionRequired,
    Invalid,
    Unsupported,
    Cancelled,
}

/// What a failure means.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(dead_code, reason = "says in the JSON Schema what `sources` reads by hand")]
enum OnError {
    /// Go on to the next source.
    Continue,
    /// The call fails.
    Fail,
}
