//! From a manifest to a chain: each of its sources is made, with the settings, credentials and bounds that it gives.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use harmony_config_core::{ConfigError, ConfigManager, ConfigSource, Coordinate};

use crate::{
    ComponentSource, Host, HttpTerms, Identity, Manifest, Places, SourceBuilder,
    component::Credential,
    defaults::Defaults,
    limits,
    manifest::{KeyRoutes, ManifestPlugin, ManifestSource},
    paths,
    plugin::Plugin,
    trust::{Granting, Named, Trust},
};

/// What a chain is made of.
pub(super) struct Chain<'a> {
    pub(super) host: &'a Host,
    pub(super) manifest: &'a Manifest,
    pub(super) trust: &'a Trust,
    pub(super) granting: Granting,
    /// What a person types before a command.
    pub(super) command: String,
}

/// What a manifest comes to.
pub(super) struct Made {
    pub(super) manager: ConfigManager,
    /// The sources that keep values in plain files.
    pub(super) keepers: Vec<ComponentSource>,
    pub(super) identities: BTreeMap<String, Identity>,
}

/// The chain, and what belongs to it.
pub(super) fn chain(made_of: &mut Chain<'_>) -> Result<Made, ConfigError> {
    let manifest = made_of.manifest;
    let mut builder = ConfigManager::builder().namespace(&manifest.namespace);
    if !made_of.trust.is_settled() {
        builder = builder.gate(Arc::new(made_of.trust.clone()));
    }
    let (mut sources, identities) = sources(made_of)?;
    let keepers = sources.values().filter(|source| source.seal().keeps_plain()).cloned().collect();
    for name in &manifest.chain {
        if let Some(source) = sources.remove(name.as_str()) {
            builder = builder.source(Arc::new(source));
        }
    }
    for source in sources.into_values() {
        builder = builder.off_chain(Arc::new(source));
    }
    if !manifest.values.is_empty() {
        builder = builder.below_all(Arc::new(Defaults::new(&manifest.namespace, manifest.values.clone())));
    }
    if !manifest.keys.is_empty() {
        builder = builder.routes(Arc::new(KeyRoutes::new(&manifest.keys)));
    }
    for (name, table) in &manifest.sources {
        for (code, on_error) in &table.on_error {
            builder = builder.on_error(name, *code, *on_error);
        }
    }
    for (name, why) in &manifest.because {
        builder = builder.because(name, why);
    }
    for (class, names) in &manifest.persist {
        builder = builder.persist(*class, names.clone());
    }
    Ok(Made { manager: builder.build()?, keepers, identities })
}

/// The sources of a manifest, by name, and who of them signs in for others.
type Sources<'a> = (BTreeMap<&'a str, ComponentSource>, BTreeMap<String, Identity>);

/// All sources of the manifest, by name: first those that need no other, because the others may need them.
fn sources<'a>(made_of: &mut Chain<'a>) -> Result<Sources<'a>, ConfigError> {
    let manifest = made_of.manifest;
    let mut made: BTreeMap<&str, ComponentSource> = BTreeMap::new();
    let mut identities = BTreeMap::new();
    let (needing, plain): (Vec<_>, Vec<_>) =
        manifest.sources.iter().partition(|(_, table)| !table.credentials.is_empty() || !table.identities.is_empty());
    // A program may have put a name into the chain by itself.
    for name in manifest.chain.iter().filter(|name| !manifest.sources.contains_key(*name)) {
        made.insert(name, builder(made_of, name, &ManifestSource::bundled(name))?.build()?);
    }
    for (name, table) in plain {
        let builder = builder(made_of, name, table)?;
        // One that nobody names is there to be signed in to by hand all the same.
        let source = match builder.plugin().facts().is_identity() {
            true => {
                let identity = builder.build_identity()?;
                let source = identity.source().clone();
                identities.insert(name.clone(), identity);
                source
            }
            false => builder.build()?,
        };
        made.insert(name, source);
    }
    if needing.is_empty() {
        return Ok((made, identities));
    }
    let mut keeper = ConfigManager::builder().namespace(&manifest.namespace);
    for source in made.values().filter(|source| !source.features().interactive) {
        keeper = keeper.source(Arc::new(source.clone()));
    }
    let keeper = keeper.build()?;
    for (name, table) in needing {
        let mut builder = builder(made_of, name, table)?;
        for said in &table.credentials {
            builder = builder.credential(Credential {
                setting: said.setting.clone(),
                keeper: keeper.clone(),
                source: said.source.clone(),
                at: Coordinate::parse(&manifest.namespace, &said.key)?,
                field: said.field.clone(),
                said: said.place.to_string(),
            });
        }
        for said in &table.identities {
            let wanted = builder.plugin().facts().wants.is_an_identity(&said.setting);
            if !wanted {
                // A plugin of somebody else may mean anything by the word.
                continue;
            }
            let Some(identity) = identities.get(&said.source) else {
                let setting = said.setting.join(".");
                let message =
                    format!("source `{name}`: its setting `{setting}` names `{}`, which signs nobody in", said.source);
                return Err(ConfigError::manifest(message).with_remedy("name an identity, for example `zitadel`"));
            };
            let setting: Vec<&str> = said.setting.iter().map(String::as_str).collect();
            builder = builder.identity(&setting, identity, said.audience.as_deref());
        }
        made.insert(name, builder.build()?);
    }
    Ok((made, identities))
}

/// How a source's requests travel, as the manifest says.
fn terms(manifest: &Manifest, name: &str, table: &ManifestSource, places: &Places) -> HttpTerms {
    let mut terms = HttpTerms::default();
    if let Some(file) = &table.tls.ca_file {
        terms = terms.ca_file(paths::absolute(&file.to_string_lossy(), Path::new(""), places.home.as_deref()));
    }
    if let Some(server_name) = &table.tls.server_name {
        terms = terms.server_name(server_name);
    }
    if table.tls.skip_verify {
        terms = terms.skip_verify(&match manifest.place(&["source", name, "tls", "skip-verify"]) {
            Some(place) => format!("`tls.skip-verify` at {place}"),
            None => "`tls.skip-verify`".to_owned(),
        });
    }
    match &table.proxy {
        Some(proxy) => terms.proxy(proxy),
        None => terms,
    }
}

fn builder(made_of: &mut Chain<'_>, name: &str, table: &ManifestSource) -> Result<SourceBuilder, ConfigError> {
    let Chain { host, manifest, trust, .. } = *made_of;
    let mut builder = match &table.plugin {
        ManifestPlugin::Bundled(plugin) => {
            let plugin = Plugin::bundled(plugin)
                .ok_or_else(|| ConfigError::manifest(format!("source `{name}`: there is no plugin `{plugin}`")))?;
            host.source(name, plugin).app(&manifest.app).settings(table.settings.clone()).grant_what_it_wants()
        }
        ManifestPlugin::File { path, sha256, place } => {
            let path = paths::absolute(&path.to_string_lossy(), Path::new(""), host.places().home.as_deref());
            let plugin = Plugin::from_file_of(&path, sha256, place).map_err(|error| error.with_source_name(name))?;
            // One project's plugin does not find what another's kept.
            host.source(name, plugin)
                .app(&manifest.app)
                .settings(table.settings.clone())
                .own_folder(&trust.folder_name())
        }
    };
    builder = builder.behind(trust).http(terms(manifest, name, table, host.places()));
    if let Some(folder) = manifest.file.as_deref().and_then(Path::parent) {
        builder = builder.base(folder);
    }
    for setting in table.settings.keys() {
        // A relative path starts where it was said.
        let place = manifest.place(&["source", name, "settings", setting]);
        if let Some(folder) = place.and_then(|place| place.file.parent()) {
            builder = builder.base_of(setting, folder);
        }
    }
    if matches!(&table.plugin, ManifestPlugin::Bundled(plugin) if plugin == "env") {
        // A place in the environment is a variable's name, and the manifest names it: that is the leave to read it.
        let refs = manifest.keys.iter().filter_map(|key| key.refs.get(name)).flatten();
        builder = builder.grant_variables(refs.map(|said| said.at.clone()));
    }
    builder = builder.seal(table.seal);
    if matches!(table.plugin, ManifestPlugin::File { .. }) {
        let named = Named {
            directory: builder.directory()?,
            file: builder.document()?,
            credential_files: builder.credential_files()?,
            identities: table
                .identities
                .iter()
                .filter(|said| builder.plugin().facts().wants.is_an_identity(&said.setting))
                .map(|said| (said.setting.clone(), said.source.clone()))
                .collect(),
        };
        made_of.granting.add_plugin(name, builder.plugin(), named);
        let command = format!("{} grant {name}", made_of.command);
        builder = builder.grants(made_of.granting.grants(name)?).granted_by(command);
    }
    if let Some(timeout) = table.timeout {
        builder = builder.timeout(timeout);
    } else if builder.plugin().facts().is_identity() {
        // Nobody waits for it longer than their own deadline; what it does must not be cut off for want of time.
        builder = builder.timeout(limits::IDENTITY_TIMEOUT);
    }
    if let Some(timeout) = table.interaction_timeout {
        builder = builder.interaction_timeout(timeout);
    }
    Ok(builder)
}
