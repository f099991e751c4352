//! A real OpenBao server: the program that `BAO_BIN` names, or `bao` on PATH, on a free port of this machine, with all
//! that it writes in a folder that goes when it does. Its arguments and its configuration are in `real/command.rs`.

mod command;

use std::{
    env,
    fmt::{self, Debug, Formatter},
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use self::command::{Home, arguments, configuration, unseal_key};
use crate::{
    admin::Admin,
    background,
    client::Target,
    error::{Error, Result},
    peer::Kind,
};

/// A server that runs. It is killed when this is dropped, a panic included.
pub struct Real {
    program: PathBuf,
    version: String,
    kind: Kind,
    socket: SocketAddr,
    folder: TempDir,
    ca_file: Option<PathBuf>,
    root_token: String,
    keys: Vec<String>,
    child: Option<Child>,
}

/// The program to run, if there is one.
///
/// # Errors
/// If `BAO_BIN` names what is not there: who names a server does not want to be given a stand-in.
pub fn program() -> Result<Option<PathBuf>> {
    if let Some(named) = env::var_os("BAO_BIN").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        let missing = || Error::new(format!("BAO_BIN names {}, which is no file", named.display()));
        return if named.is_file() { Ok(Some(named)) } else { Err(missing()) };
    }
    let name = format!("bao{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file()))
}

impl Real {
    /// A dev server; `None` where there is no program.
    ///
    /// # Errors
    /// If it does not start; the end of its log is in the error.
    pub fn dev() -> Result<Option<Self>> {
        Self::start(Kind::Dev)
    }

    /// A dev server over TLS; `None` where there is no program.
    ///
    /// # Errors
    /// If it does not start; the end of its log is in the error.
    pub fn dev_tls() -> Result<Option<Self>> {
        Self::start(Kind::DevTls)
    }

    /// A server that keeps its data in raft's storage, initialised and unsealed over HTTP; `None` where there is no program.
    ///
    /// # Errors
    /// If it does not start; the end of its log is in the error.
    pub fn initialised() -> Result<Option<Self>> {
        Self::start(Kind::Initialised)
    }

    pub(crate) fn start(kind: Kind) -> Result<Option<Self>> {
        let Some(program) = program()? else { return Ok(None) };
        let version = Command::new(&program).arg("version").output();
        let version = version.map_err(|error| Error::while_doing(&program.display().to_string(), error))?;
        let version = String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or_default().trim().to_owned();
        let folder = TempDir::new().map_err(|error| Error::while_doing("a folder for the server", error))?;
        let root_token = if kind == Kind::Initialised { String::new() } else { "root-of-the-test".to_owned() };
        let ca_file = (kind == Kind::DevTls).then(|| folder.path().join("vault-ca.pem"));
        let mut real = Self {
            program,
            version,
            kind,
            socket: free_port()?,
            folder,
            ca_file,
            root_token,
            keys: Vec::new(),
            child: None,
        };
        real.prepare()?;
        real.run()?;
        if kind == Kind::Initialised {
            real.initialise()?;
        }
        Ok(Some(real))
    }

    /// `http://127.0.0.1:…` or `https://127.0.0.1:…`.
    #[must_use]
    pub fn address(&self) -> String {
        let scheme = if self.kind == Kind::DevTls { "https" } else { "http" };
        format!("{scheme}://{}", self.socket)
    }

    /// The address for a proxy in front of it.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The PEM file that a client has to trust, where it speaks TLS.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// A token that may do all.
    #[must_use]
    pub fn root_token(&self) -> &str {
        &self.root_token
    }

    /// Speaks to it as root.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.target(), &self.root_token)
    }

    pub(crate) fn unseal_keys(&self) -> Result<Vec<String>> {
        if !self.keys.is_empty() {
            return Ok(self.keys.clone());
        }
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let missing = || Error::new(format!("{} names no unseal key", self.log().display()));
        unseal_key(&log).map(|key| vec![key]).ok_or_else(missing)
    }

    /// Ends it as a crash does.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Stops it and starts it at the same port.
    ///
    /// # Errors
    /// If it does not start again; the end of its log is in the error.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        self.run()
    }

    /// One line for a report of tests.
    #[must_use]
    pub fn which(&self) -> String {
        format!("real {} at {}", self.version, self.program.display())
    }

    fn target(&self) -> Target {
        let tls = self.ca_file.as_ref().map(|file| (file.clone(), "localhost".to_owned()));
        Target { authority: self.socket.to_string(), tls }
    }

    fn home(&self) -> Home<'_> {
        Home { folder: self.folder.path(), socket: self.socket, root_token: &self.root_token }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn prepare(&self) -> Result<()> {
        if self.kind != Kind::Initialised {
            return Ok(());
        }
        let failed = |error| Error::while_doing("the server's configuration", error);
        let home = self.home();
        fs::create_dir(home.data()).map_err(failed)?;
        fs::write(home.config(), configuration(&home, free_port()?)).map_err(failed)
    }

    /// Starts the program, and waits until it answers.
    fn run(&mut self) -> Result<()> {
        let failed = |error| Error::while_doing(&self.program.display().to_string(), error);
        let log = File::options().create(true).append(true).open(self.log()).map_err(failed)?;
        let mut command = Command::new(&self.program);
        command.args(arguments(self.kind, &self.home()));
        // No settings of the person who runs the tests, and no file of theirs: the program keeps a token in its home.
        for (name, _) in env::vars_os() {
            let ours = name.to_str().is_some_and(|name| name.starts_with("BAO_") || name.starts_with("VAULT_"));
            if ours {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.folder.path()).current_dir(self.folder.path()).stdin(Stdio::null());
        command.stdout(log.try_clone().map_err(failed)?).stderr(log);
        self.child = Some(command.spawn().map_err(failed)?);
        let wanted: &[u16] = if self.kind == Kind::Initialised { &[501, 503] } else { &[200] };
        self.wait(wanted).map_err(|error| self.with_log(&error))?;
        if self.kind == Kind::Initialised { Ok(()) } else { self.admin().wait_for_mount("secret") }
    }

    /// Waits for a health. A program that ends meanwhile is not waited for.
    fn wait(&mut self, wanted: &[u16]) -> Result<()> {
        let admin = self.admin();
        admin.wait_for_health(wanted, || {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            ended.map(|status| Error::new(format!("{} ended at once ({status})", self.program.display())))
        })
    }

    fn initialise(&mut self) -> Result<()> {
        let anyone = Admin::new(self.target(), "");
        let made = anyone.must("PUT", "sys/init", &json!({ "secret_shares": 1, "secret_threshold": 1 }));
        let made = made.map_err(|error| self.with_log(&error))?;
        let text = |pointer: &str| {
            let found = made.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            found.ok_or_else(|| Error::new(format!("the answer to sys/init has no {pointer}")))
        };
        (self.keys, self.root_token) = (vec![text("/keys/0")?], text("/root_token")?);
        anyone.unseal(&self.keys).map_err(|error| self.with_log(&error))
    }

    /// The end of the log is what tells why a server does not start. It goes with the folder.
    fn with_log(&self, error: &Error) -> Error {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|line| !command::tells_a_secret(line)).collect();
        let last = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default();
        Error::new(format!("{error}\n{}", last.join("\n")))
    }
}

/// Without its token and its keys.
impl Debug for Real {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.which(), self.address())
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A port that was free a moment ago: the program takes no listener that is open already.
fn free_port() -> Result<SocketAddr> {
    let listener = TcpListener::bind(background::loopback());
    let address = listener.and_then(|listener| listener.local_addr());
    address.map_err(|error| Error::while_doing("a free port", error))
}
