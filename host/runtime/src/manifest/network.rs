//! How a source's requests travel, as the manifest says: `tls` and `proxy`, which are the host's keys and not the plugin's.

use std::path::PathBuf;

use harmony_config_core::ConfigError;
use toml::Spanned;

use super::{ManifestPlugin, ManifestTls, shape, texts::Texts, vars::Vars};
use crate::{Origin, plugin::Plugin};

/// Reads `tls`.
pub(super) fn tls(texts: &Texts, vars: &Vars, said: &Option<shape::Tls>) -> Result<ManifestTls, ConfigError> {
    let Some(said) = said else { return Ok(ManifestTls::default()) };
    let ca_file = said.ca_file.as_ref().map(|file| ca_file(texts, vars, file)).transpose()?;
    let server_name = said.server_name.as_ref().map(|name| server_name(texts, vars, name)).transpose()?;
    let skip_verify = said.skip_verify.as_ref().is_some_and(|skip| *skip.get_ref());
    Ok(ManifestTls { ca_file, server_name, skip_verify })
}

fn ca_file(texts: &Texts, vars: &Vars, said: &Spanned<String>) -> Result<PathBuf, ConfigError> {
    let path = vars.fill(texts, &said.span(), said.get_ref())?.text;
    match path.as_str() {
        "" => Err(texts
            .error(said.span(), "this names no file")
            .with_remedy("name a file with certificates in PEM: ca-file = \"ca.pem\"")),
        path => Ok(texts.path(&said.span(), path)),
    }
}

fn server_name(texts: &Texts, vars: &Vars, said: &Spanned<String>) -> Result<String, ConfigError> {
    let name = vars.fill(texts, &said.span(), said.get_ref())?.text;
    match url::Host::parse(&name) {
        Ok(_) => Ok(name),
        Err(_) => Err(texts
            .error(said.span(), "this is no name that a certificate could be for")
            .with_remedy("write a host's name or address, without scheme and port: server-name = \"bao.example.com\"")),
    }
}

/// Reads `proxy`: the address, in the one spelling that equal ones have.
pub(super) fn proxy(texts: &Texts, vars: &Vars, said: &Option<Spanned<String>>) -> Result<Option<String>, ConfigError> {
    let Some(said) = said else { return Ok(None) };
    let text = vars.fill(texts, &said.span(), said.get_ref())?.text;
    let wrong =
        |message: String| Err(texts.error(said.span(), &message).with_remedy("write: proxy = \"http://HOST:PORT\""));
    match Origin::parse(&text) {
        Ok(proxy) if proxy.is_secure() => {
            wrong("a proxy is spoken to by http; what goes through it is encrypted".to_owned())
        }
        Ok(proxy) => Ok(Some(proxy.to_string())),
        // The text is not repeated: there may be a password in it.
        Err(why) => wrong(format!("the address of the proxy {why}")),
    }
}

/// A source that sends no requests is not told how they travel.
pub(super) fn check(
    texts: &Texts,
    source: &str,
    plugin: &ManifestPlugin,
    table: &shape::Source,
) -> Result<(), ConfigError> {
    let ManifestPlugin::Bundled(plugin) = plugin else { return Ok(()) };
    let tls = table.tls.as_ref().and_then(shape::Tls::span);
    let Some(span) = tls.or(table.proxy.as_ref().map(Spanned::span)) else { return Ok(()) };
    let asks = |plugin: &str| Plugin::bundled(plugin).is_some_and(|plugin| plugin.facts().wants.http.is_some());
    if asks(plugin) {
        return Ok(());
    }
    let able: Vec<&str> = Plugin::bundled_names().filter(|plugin| asks(plugin)).collect();
    Err(texts
        .error(span, &format!("source `{source}` sends nothing over the network: its plugin is `{plugin}`"))
        .with_remedy(format!("leave it out; these plugins do: {}", able.join(", "))))
}
