//! Another process at a store, for the storage tests: writes, reads, or fails, and says what came of it, a line each.
//!
//! The key that seals is below the folder `KEYS`.
//!
//! `storage_writer PLUGIN PATH CACHE (write PREFIX COUNT | same NAME COUNT | forever | get KEY | set KEY)`

use std::{error::Error, io::Write, path::PathBuf, sync::Arc, time::Duration};

use harmony_config_core::{ConfigSource, Coordinate, Failure, Request};
use harmony_config_host::{Host, Places, Plugin};
use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("an argument is missing");
    let (plugin, path, cache, deed) = (next()?, next()?, next()?, next()?);
    let rest: Vec<String> = arguments.collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(run(&*source(&plugin, &path, &cache)?, &deed, &rest))
}

fn source(plugin: &str, path: &str, cache: &str) -> Result<Arc<dyn ConfigSource>, Box<dyn Error>> {
    let cache = Some(cache).filter(|cache| !cache.is_empty()).map(PathBuf::from);
    let host = Host::builder()
        .places(Places { cache, config: std::env::var_os("KEYS").map(PathBuf::from), ..Places::default() })
        .build();
    let setting = if plugin == "local-file" { "dir" } else { "path" };
    let settings = Map::from_iter([(setting.to_owned(), Value::from(path))]);
    let plugin_of = Plugin::bundled(plugin).ok_or("no such plugin")?;
    let source = host.source(plugin, plugin_of).grant_what_it_wants().settings(settings);
    // Two processes take turns at a disk that others use as well: the bound is against hanging.
    let timeout = if std::env::var_os("SHORT_TIMEOUT").is_some() { 1 } else { 30 };
    Ok(Arc::new(source.timeout(Duration::from_secs(timeout)).build()?))
}

async fn run(source: &dyn ConfigSource, deed: &str, rest: &[String]) -> Result<(), Box<dyn Error>> {
    let argument = |index: usize| rest.get(index).map(String::as_str).ok_or("an argument is missing");
    match deed {
        "write" => {
            for number in 0..argument(1)?.parse::<u64>()? {
                write(source, &format!("{}{number}", argument(0)?), number).await?;
            }
        }
        "same" => {
            for number in 0..argument(1)?.parse::<u64>()? {
                write(source, argument(0)?, number).await?;
            }
        }
        "forever" => {
            for number in 0.. {
                let key = format!("Key{}", number % 20);
                write(source, &key, number).await?;
                say(&format!("{key} {number}"))?;
            }
        }
        "get" => match source.read(&request(argument(0)?)?).await {
            Ok(Some(entry)) => say(&format!("value {}", entry.value))?,
            Ok(None) => say("absent")?,
            Err(failure) => tell(&failure)?,
        },
        "set" => match source.write(&request(argument(0)?)?, &json!("canary-of-the-writer"), None).await {
            Ok(_) => say("written")?,
            Err(failure) => tell(&failure)?,
        },
        other => return Err(format!("there is no deed `{other}`").into()),
    }
    Ok(())
}

fn request(at: &str) -> Result<Request, Box<dyn Error>> {
    Ok(Request::new(Coordinate::parse("harmony", at)?))
}

/// A value whose parts must agree, and large enough to be more than one page or block.
async fn write(source: &dyn ConfigSource, at: &str, number: u64) -> Result<(), Box<dyn Error>> {
    let process = std::process::id();
    let value = json!({ "head": [process, number], "body": "x".repeat(6_000), "tail": [process, number] });
    source.write(&request(at)?, &value, None).await?;
    Ok(())
}

fn tell(failure: &Failure) -> Result<(), Box<dyn Error>> {
    say(&format!("{} | {} | {}", failure.code, failure.message, failure.remedy.as_deref().unwrap_or_default()))
}

fn say(line: &str) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
