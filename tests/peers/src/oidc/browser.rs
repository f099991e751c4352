//! A browser without a window, which opens the page of a provider as a person does: Chromium, told what to do over the
//! `WebDriver` protocol. It reaches this machine and nothing else.

use std::{
    fmt::{self, Debug, Formatter},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{make::is_there, process::Process};
use crate::{
    client::Target,
    error::{Error, Result},
};

const REMEDY: &str = "The approval page is opened in Chromium, and `chromium` or `chromedriver` is not on PATH. On Debian, \
                      as root: apt-get install -y --no-install-recommends chromium chromium-driver";

/// What the program of a browser may be called.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// How long a page may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The member under which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser that runs. It ends when this is dropped, and when the process of the test does.
pub struct Browser {
    driver: Target,
    session: String,
    process: Process,
    _profile: TempDir,
}

impl Browser {
    /// Starts it, with a profile of its own.
    ///
    /// # Errors
    /// If it is not installed (the error says how that is done), or does not start.
    pub fn start() -> Result<Self> {
        let browser = BROWSERS.into_iter().find(|name| is_there(name));
        let (Some(browser), true) = (browser, is_there("chromedriver")) else { return Err(Error::new(REMEDY)) };
        let process = Process::start(watched_driver())?;
        let driver = Target { authority: format!("127.0.0.1:{}", port(&process)?), tls: None };
        let profile = TempDir::new().map_err(|error| Error::while_doing("a profile for the browser", error))?;
        let options = json!({ "args": arguments(profile.path()), "binary": program(browser) });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let mut browser = Self { driver, session: String::new(), process, _profile: profile };
        let made = browser.send(&Method::POST, "/session", &wanted)?;
        let session = made.get("sessionId").and_then(Value::as_str);
        session.ok_or_else(|| Error::new("chromedriver names no session"))?.clone_into(&mut browser.session);
        Ok(browser)
    }

    /// Opens an address and waits until the page is there.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(&self, address: &str) -> Result<()> {
        self.post("/url", &json!({ "url": address })).map(drop)
    }

    /// Clicks what a CSS selector finds, when it is there.
    ///
    /// # Errors
    /// If it never is.
    pub fn click(&self, selector: &str) -> Result<()> {
        self.post(&format!("/element/{}/click", self.element(selector)?), &json!({})).map(drop)
    }

    /// Types into what a CSS selector finds.
    ///
    /// # Errors
    /// If there is no such thing.
    pub fn fill(&self, selector: &str, text: &str) -> Result<()> {
        self.post(&format!("/element/{}/value", self.element(selector)?), &json!({ "text": text })).map(drop)
    }

    /// The text of what a CSS selector finds, when it is there.
    ///
    /// # Errors
    /// If it never is.
    pub fn text(&self, selector: &str) -> Result<String> {
        let text = self.get(&format!("/element/{}/text", self.element(selector)?))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Opens the page of a login, clicks its button as one of the users (`anna`, where nothing else is chosen) and waits
    /// until the page says that it is done.
    ///
    /// # Errors
    /// If it does not say so.
    pub fn approve(&self, address: &str) -> Result<()> {
        self.decide(address, "#approve", "Approved")
    }

    /// The same with the other button.
    ///
    /// # Errors
    /// If the page does not say so.
    pub fn deny(&self, address: &str) -> Result<()> {
        self.decide(address, "#deny", "")
    }

    fn decide(&self, address: &str, button: &str, begins: &str) -> Result<()> {
        self.open(address)?;
        self.click(button)?;
        let said = self.text("#said")?;
        if said.starts_with(begins) { Ok(()) } else { Err(Error::new(format!("the page says: {said}"))) }
    }

    /// Looked for until it is there: a page that is sent on by a script takes its time.
    fn element(&self, selector: &str) -> Result<String> {
        let start = Instant::now();
        loop {
            match self.post("/element", &json!({ "using": "css selector", "value": selector })) {
                Ok(found) => {
                    let id = found.get(ELEMENT).and_then(Value::as_str).map(str::to_owned);
                    return id.ok_or_else(|| Error::new(format!("chromedriver names no element for {selector}")));
                }
                Err(error) if start.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn get(&self, path: &str) -> Result<Value> {
        self.send(&Method::GET, &format!("/session/{}{path}", self.session), &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(&Method::POST, &format!("/session/{}{path}", self.session), body)
    }

    fn send(&self, method: &Method, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request = request.header(header::CONTENT_LENGTH, body.len()).body(Full::from(Bytes::from(body)));
        let request = request.map_err(|error| Error::while_doing("a request to chromedriver", error))?;
        let answer = self.driver.send_blocking(request)?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let value = body.get("value").cloned().unwrap_or_default();
        if answer.status == 200 {
            return Ok(value);
        }
        let message = value.get("message").and_then(Value::as_str).unwrap_or_default();
        Err(Error::new(format!("the browser, {method} {path}: {}", message.lines().next().unwrap_or_default())))
    }
}

impl Debug for Browser {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "browser at {}", self.driver.authority)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.send(&Method::DELETE, &format!("/session/{}", self.session), &Value::Null);
        self.process.end();
    }
}

/// The driver does not look at its input, so a shell does: at its end it takes the driver, and every process of the browser,
/// along.
fn watched_driver() -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "chromedriver --port=0 </dev/null & cat >/dev/null; kill -KILL 0"]);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    shell
}

/// The driver says on which port it listens, among other things.
fn port(process: &Process) -> Result<u16> {
    loop {
        let line = process.line(PATIENCE)?;
        let port = line.rsplit_once("on port ").and_then(|(_, port)| port.trim_end_matches('.').parse().ok());
        match port {
            Some(port) if line.contains("success") => return Ok(port),
            _ => {}
        }
    }
}

fn program(name: &str) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.map_or_else(|| name.to_owned(), |file| file.display().to_string())
}

fn arguments(profile: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-domain-reliability",
        "--disable-sync",
        // Nothing that a page or the browser itself names is looked up.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        "--proxy-server=direct://",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    // As root the browser refuses to start otherwise. Its pages are the tests' own.
    if Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0") {
        arguments.push("--no-sandbox".to_owned());
    }
    arguments
}
