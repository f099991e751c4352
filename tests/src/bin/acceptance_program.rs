//! A program such as Harmony: it declares what it needs, asks for it, and says where it came from. The acceptance tests
//! start it as a person would. It is told what to do, one step after the other, on its command line, and never prints a
//! secret. What is to be true of its runs stands in `tests/acceptance`.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
    thread,
    time::Duration,
};

use harmony_config::{Config, ConfigError, ConfigManager, Loader, Origin, Secret, terminal::log_writer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How to log in at the switch.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct BrocadeSwitchAuth {
    /// Name or address of the switch.
    host: String,
    /// The account there.
    user: String,
    /// What the account logs in with.
    #[config(secret)]
    password: String,
}

/// How the program serves.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct AppConfig {
    /// Where it listens.
    #[schemars(range(min = 1024))]
    port: u16,
    /// How much it says.
    #[serde(default)]
    level: Level,
    /// Encryption; without it, plain HTTP.
    tls: Option<Tls>,
    /// Words to find it by.
    tags: Vec<String>,
}

/// How much a program says.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// Faults alone.
    Quiet,
    /// What matters.
    #[default]
    Normal,
    /// Everything.
    Loud,
}

/// What encryption needs.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Tls {
    /// The file of the certificate.
    certificate: String,
}

/// Where jobs run.
#[derive(Config, Serialize, Deserialize, JsonSchema)]
struct Worker {
    /// How many at once.
    #[schemars(range(min = 1, max = 64))]
    jobs: u32,
    /// Which of them go first.
    order: Order,
    /// Whether to begin at once.
    eager: bool,
    /// Whom to tell.
    contact: Option<String>,
    /// How far they may go.
    limits: Limits,
    /// How long to wait, in seconds.
    #[serde(default = "pause")]
    pause: u32,
}

/// Which jobs go first.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Order {
    Oldest,
    Newest,
    Smallest,
}

/// How far jobs may go.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Limits {
    /// In MiB.
    memory: u32,
    /// Of 1.
    share: f64,
}

fn pause() -> u32 {
    30
}

/// A token for the program's interface.
#[derive(Config, Debug, Serialize, Deserialize, JsonSchema)]
struct ApiToken {
    token: Secret<String>,
}

/// What a value looks like where no secret may be seen.
trait Shown {
    fn shown(&self) -> String;
}

impl Shown for BrocadeSwitchAuth {
    fn shown(&self) -> String {
        let letters = self.password.chars().count();
        format!("{}@{}, a password of {letters} characters", self.user, self.host)
    }
}

impl Shown for AppConfig {
    fn shown(&self) -> String {
        let tls = self.tls.as_ref().map_or("none", |tls| tls.certificate.as_str());
        format!("port {}, level {:?}, tls {tls}, tags [{}]", self.port, self.level, self.tags.join(" "))
    }
}

impl Shown for Worker {
    fn shown(&self) -> String {
        format!(
            "{} jobs, {:?} first, eager {}, contact {}, {} MiB, share {}, pause {}",
            self.jobs,
            self.order,
            self.eager,
            self.contact.as_deref().unwrap_or("none"),
            self.limits.memory,
            self.limits.share,
            self.pause
        )
    }
}

impl Shown for ApiToken {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

type Outcome = Result<(), ConfigError>;

const USAGE: &str = "\
usage: acceptance_program STEP…
  get TYPE          asks nobody
  ask TYPE          asks a person for what is missing
  ask-both          AppConfig and BrocadeSwitchAuth, in one form
  set TYPE          keeps the JSON of the next line of standard input
  set-at-once       two tasks keep AppConfig and BrocadeSwitchAuth at the same moment
  set-again TYPE N  keeps the JSON of the next line of standard input N times
  explain TYPE      which source has what, as JSON
  die-of TYPE       as a careless program does: panics with the error of get
  wait FILE         until there is such a file
  log               logs everything from here on, as RUST_LOG says or all of it
  chatter           goes on logging while the next steps run";

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let code = match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(async {
                let code = run(std::env::args().skip(1).collect()).await;
                harmony_config::settle().await;
                code
            });
            runtime.shutdown_background();
            code
        }
        Err(error) => complain(&format!("error: {error}"), 1),
    };
    ExitCode::from(code)
}

async fn run(arguments: Vec<String>) -> u8 {
    let mut arguments = arguments.into_iter();
    let mut manager = None;
    while let Some(step) = arguments.next() {
        let word = match step.as_str() {
            "get" | "ask" | "set" | "set-again" | "explain" | "die-of" | "wait" => arguments.next().unwrap_or_default(),
            _ => String::new(),
        };
        let times = if step == "set-again" { arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1) } else { 1 };
        match step.as_str() {
            "log" => {
                start_log();
                continue;
            }
            "chatter" => {
                chatter();
                continue;
            }
            "wait" => {
                while !std::path::Path::new(&word).exists() {
                    thread::sleep(Duration::from_millis(2));
                }
                continue;
            }
            _ => {}
        }
        let loaded = match manager.take() {
            Some(loaded) => Ok(loaded),
            None => Loader::new().load().map(|loaded| loaded.manager),
        };
        let done = match loaded {
            Ok(loaded) => {
                let done = perform(&loaded, &step, &word, times).await;
                manager = Some(loaded);
                done
            }
            Err(error) => Err(error),
        };
        match done {
            Ok(true) => {}
            Ok(false) => return complain(USAGE, 2),
            Err(error) => return fail(&error),
        }
    }
    0
}

/// Does one step; false where there is no such step.
async fn perform(manager: &ConfigManager, step: &str, name: &str, times: usize) -> Result<bool, ConfigError> {
    match (step, name) {
        ("ask-both", _) => both(manager).await?,
        ("set-at-once", _) => at_once(manager).await?,
        (_, "BrocadeSwitchAuth") => return one::<BrocadeSwitchAuth>(manager, step, times).await,
        (_, "AppConfig") => return one::<AppConfig>(manager, step, times).await,
        (_, "Worker") => return one::<Worker>(manager, step, times).await,
        (_, "ApiToken") => return one::<ApiToken>(manager, step, times).await,
        _ => return Ok(false),
    }
    Ok(true)
}

async fn one<T: Config + Shown + Send + Sync>(
    manager: &ConfigManager,
    step: &str,
    times: usize,
) -> Result<bool, ConfigError> {
    match step {
        "get" => {
            let found = manager.resolve::<T>().await?;
            say(&line::<T>(&found.value, &found.origin));
        }
        "ask" => {
            let found = manager.resolve_or_prompt::<T>(None).await?;
            say(&line::<T>(&found.value, &found.origin));
        }
        "set" | "set-again" => {
            let value: T = from_stdin()?;
            for _ in 0..times {
                manager.set(&value).await?;
            }
            say(&format!("{} is kept", T::KEY));
        }
        "explain" => {
            let explanation = manager.explain::<T>().await?;
            say(&serde_json::to_string_pretty(&explanation).unwrap_or_default());
        }
        "die-of" => {
            if let Err(error) = manager.get::<T>().await {
                #[allow(clippy::panic, reason = "what a panic prints is under test")]
                {
                    panic!("{error:?}");
                }
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The value, and the source of each field.
fn line<T: Config + Shown>(value: &T, origin: &Origin) -> String {
    let mut text = format!("{}: {}", T::KEY, value.shown());
    for (field, source) in &origin.fields {
        let _ = write!(text, "; {field} from {source}");
    }
    if let Some(place) = origin.location() {
        let _ = write!(text, "; at {place}");
    }
    if origin.degraded {
        text.push_str("; degraded");
    }
    text
}

async fn both(manager: &ConfigManager) -> Outcome {
    let (app, auth) = manager.ensure::<(AppConfig, BrocadeSwitchAuth)>().await?;
    say(&format!("both: {}; {}", app.shown(), auth.shown()));
    Ok(())
}

async fn at_once(manager: &ConfigManager) -> Outcome {
    let app: Arc<AppConfig> = Arc::new(from_stdin()?);
    let auth: Arc<BrocadeSwitchAuth> = Arc::new(from_stdin()?);
    let (first, second) = (manager.clone(), manager.clone());
    let tasks =
        [tokio::spawn(async move { first.set(&*app).await }), tokio::spawn(async move { second.set(&*auth).await })];
    for task in tasks {
        task.await.map_err(|_| ConfigError::other("a task did not end"))??;
    }
    say("both are kept");
    Ok(())
}

/// A value from the next line of standard input, so that it stands in no list of processes.
fn from_stdin<T: Config>() -> Result<T, ConfigError> {
    let mut text = String::new();
    let read = io::stdin().read_line(&mut text);
    read.ok()
        .and_then(|_| serde_json::from_str(&text).ok())
        .ok_or_else(|| ConfigError::other("the line on standard input is not the value that was announced"))
}

fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("trace"));
    // A second `log` changes nothing.
    let _ = tracing_subscriber::fmt().with_writer(log_writer).with_env_filter(filter).try_init();
}

fn chatter() {
    thread::spawn(|| {
        for number in 0_u32.. {
            tracing::info!(
                "still at work, line {number}, with many words so that it would spoil a question if it could"
            );
            thread::sleep(Duration::from_millis(5));
        }
    });
}

/// As a program should end that could not have what it needs.
fn fail(error: &ConfigError) -> u8 {
    let mut text = format!("error: {error}\n  code: {}", error.code());
    if std::env::var_os("ACCEPTANCE_DEBUG").is_some() {
        let _ = write!(text, "\n{error:?}\n{error:#?}");
        let mut cause = error.source();
        while let Some(inner) = cause {
            let _ = write!(text, "\ncause: {inner}\n{inner:?}");
            cause = inner.source();
        }
        if let Some(origin) = error.origin() {
            let _ = write!(text, "\n{origin:?}");
        }
    }
    complain(&text, error.exit_code())
}

fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

fn complain(text: &str, code: u8) -> u8 {
    let _ = writeln!(log_writer(), "{text}");
    code
}
