//! From the texts of the layers to a manifest: they are joined, the profile is laid over them, and every word is checked.
//! Unknown words are errors, with what was probably meant. What single tables mean is `sources`', `settings`' and `keys`'.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use harmony_config_core::{ConfigError, DEFAULT_NAMESPACE, Sensitivity};
use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeTable, DeValue, Deserializer},
};

use super::{
    Layer, Manifest, ManifestFile,
    implied::{Implied, by_itself},
    keys, lines,
    shape::Raw,
    sources::{Sources, checked, marked},
    texts::{Span, Text, Texts},
    tree,
    vars::Vars,
};
use crate::{Variables, words::closest};

/// The version of manifests that this program reads.
const VERSION: i64 = 1;

/// What a manifest is read from.
pub(crate) struct Input<'a> {
    /// The layers, the lowest first.
    pub(crate) layers: Vec<(Layer, PathBuf, String)>,
    /// Which profile is in it.
    pub(crate) profile: Profile,
    /// The app where no layer names one.
    pub(crate) app: &'a str,
    /// Where declared variables are read from.
    pub(crate) variables: &'a Variables,
}

/// Which profile is chosen.
pub(crate) enum Profile {
    /// The default one, if there is one.
    Default,
    /// This one; and how it was chosen, in words.
    Named(String, String),
}

/// One text alone, as a program gives it.
pub(super) fn parse(text: &str, file: &Path) -> Result<Manifest, ConfigError> {
    read_layers(Input {
        layers: vec![(Layer::Program, file.to_owned(), text.to_owned())],
        profile: Profile::Default,
        app: DEFAULT_NAMESPACE,
        variables: &Variables::Process,
    })
}

/// Reads the layers as one manifest.
pub(crate) fn read_layers(input: Input<'_>) -> Result<Manifest, ConfigError> {
    let mut texts = Texts::default();
    for (layer, file, text) in input.layers {
        texts.add(layer, &file, text);
    }
    let mut root = DeTable::new();
    for text in texts.iter() {
        let layer = tree::read(text)?;
        check_layer(text, &layer)?;
        tree::merge(&mut root, layer);
    }
    // Every profile is checked for its words, the chosen one for what they mean too.
    let mut raw = shaped(&texts, root.clone())?;
    let profile = chosen(&texts, &raw, input.profile)?;
    let profiles = root.remove("profile").map(Spanned::into_inner);
    if let (Some(name), Some(DeValue::Table(mut profiles))) = (&profile, profiles)
        && let Some(DeValue::Table(lines)) = profiles.remove(name.as_str()).map(Spanned::into_inner)
    {
        tree::merge(&mut root, lines);
        raw = shaped(&texts, root.clone())?;
    }
    let mut manifest = meaning(&texts, &raw, &root, input.app, input.variables)?;
    manifest.profile = profile;
    Ok(manifest)
}

/// What each file must say itself.
fn check_layer(text: &Text, table: &DeTable<'_>) -> Result<(), ConfigError> {
    let base = text.base;
    let at = |span: Span| span.start - base..span.end - base;
    match table.get("version") {
        None if text.layer == Layer::Local => {}
        None => {
            return Err(text.error_of_all("it does not say its version").with_remedy("add the line: version = 1"));
        }
        Some(version) => {
            if let DeValue::Integer(number) = version.get_ref()
                && number.as_str() != VERSION.to_string()
            {
                let message = format!("version {} of manifests is not known to this program", number.as_str());
                return Err(text
                    .error(at(version.span()), &message)
                    .with_remedy("update this program, or write: version = 1"));
            }
        }
    }
    match table.get_key_value("app") {
        Some((name, _)) if text.layer == Layer::User => Err(text
            .error(at(name.span()), "your own manifest lies in the folder of one app, and cannot name another")
            .with_remedy("take the line out; a project's manifest may have it")),
        _ => Ok(()),
    }
}

fn shaped(texts: &Texts, root: DeTable<'_>) -> Result<Raw, ConfigError> {
    Raw::deserialize(Deserializer::from(Spanned::new(0..0, root))).map_err(|error| wrong_shape(texts, &error))
}

/// The profile that holds, if any does.
fn chosen(texts: &Texts, raw: &Raw, profile: Profile) -> Result<Option<String>, ConfigError> {
    for name in raw.profile.keys() {
        checked(texts, "profile", name)?;
    }
    let known: Vec<&str> = raw.profile.keys().map(|name| name.get_ref().as_str()).collect();
    let unknown = |name: &str| match closest(name, known.iter().copied()) {
        Some(close) => format!("there is no profile `{}`; did you mean `{close}`?", crate::words::shown(name)),
        None => format!("there is no profile `{}`", crate::words::shown(name)),
    };
    let remedy = |name: &str| match known.as_slice() {
        [] => format!("no manifest has a profile: add a table [profile.{}]", crate::words::shown(name)),
        known => format!("there are: {}", known.join(", ")),
    };
    match (profile, &raw.default_profile) {
        (Profile::Named(name, how), _) if !known.contains(&name.as_str()) => {
            Err(ConfigError::manifest(format!("{} ({how})", unknown(&name))).with_remedy(remedy(&name)))
        }
        (Profile::Named(name, _), _) => Ok(Some(name)),
        (Profile::Default, None) => Ok(None),
        (Profile::Default, Some(name)) if !known.contains(&name.get_ref().as_str()) => {
            Err(texts.error(name.span(), &unknown(name.get_ref())).with_remedy(remedy(name.get_ref())))
        }
        (Profile::Default, Some(name)) => Ok(Some(name.get_ref().clone())),
    }
}

/// What the words of the joined layers mean.
fn meaning(
    texts: &Texts,
    raw: &Raw,
    root: &DeTable<'_>,
    default_app: &str,
    environment: &Variables,
) -> Result<Manifest, ConfigError> {
    let vars = Vars::read(texts, &raw.vars, environment)?;
    let mut implied = Vec::new();
    let app = match &raw.app {
        None => default_app.to_owned(),
        Some(app) => {
            checked(texts, "app", app)?;
            app.get_ref().clone()
        }
    };
    let namespace = match &raw.namespace {
        None => {
            implied.push(by_itself("namespace", app.as_str().into()));
            app.clone()
        }
        Some(given) => {
            let filled = vars.fill(texts, &given.span(), given.get_ref())?.text;
            harmony_config_core::check_name("namespace", &filled)
                .map_err(|error| marked(texts, given.span(), &error))?;
            filled
        }
    };
    let mut sources = Sources::read(texts, &vars, &raw.source)?;
    let mut because = BTreeMap::new();
    let chain = match &raw.chain {
        Some(chain) if chain.get_ref().is_empty() => {
            return Err(texts
                .error(chain.span(), "the chain is empty: there is nothing to ask")
                .with_remedy("name at least one source: chain = [\"env\", \"sqlite\", \"prompt\"]"));
        }
        Some(chain) => sources.list(chain.get_ref())?,
        None => {
            // The person's own lines alone are no reason to give up the default.
            if let Some(text) = texts.iter().find(|text| text.layer != Layer::User) {
                return Err(text.error_of_all("it has no `chain`").with_remedy(
                    "say which sources are asked, in which order: chain = [\"env\", \"sqlite\", \"prompt\"]",
                ));
            }
            let default = Implied::of(environment);
            implied.push(default.line());
            let names: Vec<_> = default.chain.iter().map(|name| Spanned::new(0..0, (*name).to_owned())).collect();
            let chain = sources.list(&names)?;
            sources.add_implied(&raw.source, default.sources());
            because = default.because;
            chain
        }
    };
    let mut persist = BTreeMap::new();
    for (class, names) in [(Sensitivity::Secret, &raw.persist.secret), (Sensitivity::Standard, &raw.persist.standard)] {
        let names = sources.list(names)?;
        if !names.is_empty() {
            persist.insert(class, names);
        }
    }
    let keys = keys::read(texts, &vars, &mut sources, &raw.key)?;
    let values = keys::values(texts, &raw.value)?;
    let schema = match &raw.schema.file {
        None => None,
        Some(file) => {
            let path = vars.fill(texts, &file.span(), file.get_ref())?.text;
            Some(texts.folder(&file.span()).unwrap_or_else(|| Path::new("")).join(path))
        }
    };
    let mut lines = lines::read(texts, &vars, &sources, root);
    lines.splice(0..0, implied);

    let credentials: Vec<String> =
        sources.known.values().flat_map(|source| &source.credentials).map(|one| one.source.clone()).collect();
    let identities: Vec<String> =
        sources.known.values().flat_map(|source| &source.identities).map(|one| one.source.clone()).collect();
    let used = |name: &String| {
        chain.contains(name)
            || persist.values().any(|names: &Vec<String>| names.contains(name))
            || keys.iter().any(|key| key.chain.iter().flatten().any(|one| one == name) || key.refs.contains_key(name))
            || credentials.contains(name)
            || identities.contains(name)
    };
    let mut warnings = Vec::new();
    for (name, _) in raw.source.iter().filter(|(name, _)| !used(name.get_ref())) {
        let place = texts.place(&name.span());
        // A person's own manifest describes sources for all their projects.
        if place.layer != Layer::User {
            let name = name.get_ref();
            warnings.push(format!("{place}: source `{name}` is described and used nowhere; add it to `chain`"));
        }
    }
    let mut known = sources.known;
    known.retain(|name, _| used(name));
    let project = texts.iter().rev().find(|text| matches!(text.layer, Layer::Project | Layer::Program));
    Ok(Manifest {
        file: project.map(|text| text.file.to_path_buf()),
        files: texts.iter().map(|text| ManifestFile { layer: text.layer, path: text.file.clone() }).collect(),
        profile: None,
        app,
        namespace,
        chain,
        sources: known,
        persist,
        keys,
        values,
        schema,
        variables: vars.declared,
        lines,
        because,
        warnings,
    })
}

/// A shape that is not the manifest's.
fn wrong_shape(texts: &Texts, error: &toml::de::Error) -> ConfigError {
    let said = error.message();
    let span = error.span().unwrap_or(0..0);
    let unknown = said.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let Some((name, rest)) = unknown else {
        let mut message = said.trim_end().replace('\n', "; ");
        for (of_rust, of_people) in [
            ("expected i64", "expected a whole number"),
            ("a sequence", "a list"),
            ("a map", "a table"),
            ("struct ", "table "),
        ] {
            message = message.replace(of_rust, of_people);
        }
        return texts.error(span, &message).with_remedy("see docs/manifest.md for what a manifest may say");
    };
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let message = match closest(name, known.iter().copied()) {
        Some(close) => format!("there is no `{name}` here; did you mean `{close}`?"),
        None => format!("there is no `{name}` here"),
    };
    texts.error(span, &message).with_remedy(format!("there are: {}", known.join(", ")))
}

#[cfg(test)]
mod tests;
