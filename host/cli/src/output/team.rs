//! What `team init` answers with: the requests of a dry run, the differences of a check, or what was done. What new
//! principals sign in with is shown here this once, for there is no second time.

use harmony_config_team::{Credential, State, Step, Thing};
use serde_json::{Value, json};

use super::{json::VERSION, report::Report};
use crate::{
    Failed,
    style::{Paint, Style},
};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamMode {
    /// To make what is missing.
    Apply,
    /// To show the requests of that.
    DryRun,
    /// To say what differs.
    Check,
}

/// A server that was looked at, and perhaps set up.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// Where it is.
    pub address: String,
    /// The namespace of OpenBao's own.
    pub openbao_namespace: Option<String>,
    /// What was asked for.
    pub mode: TeamMode,
    /// Every thing that is wanted, as it was found.
    pub steps: Vec<Step>,
    /// The things that were made or changed.
    pub done: Vec<Thing>,
    /// What new principals sign in with.
    pub credentials: Vec<Credential>,
    /// Why something could not be made.
    pub failed: Vec<Failed>,
}

impl SetUp {
    fn different(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| *step.state() != State::Same)
    }

    /// How many of how many.
    fn count(&self) -> String {
        format!("{} of {} things", self.different().count(), self.steps.len())
    }
}

impl Report for SetUp {
    fn answer(&self, style: Style) -> Option<String> {
        let lines: Vec<String> = match self.mode {
            TeamMode::DryRun => self.steps.iter().filter_map(Step::call).map(ToString::to_string).collect(),
            TeamMode::Check => self
                .different()
                .flat_map(|step| match step.state() {
                    State::Differs(what) => {
                        let mut lines = vec![format!("{} {}", step.thing(), style.paint(Paint::Warning, "differs"))];
                        lines.extend(what.iter().map(|difference| format!("  {difference}")));
                        lines
                    }
                    _ => vec![format!("{} {}", step.thing(), style.paint(Paint::Warning, "is missing"))],
                })
                .collect(),
            TeamMode::Apply => self.credentials.iter().flat_map(lines_of).collect(),
        };
        (!lines.is_empty()).then(|| lines.join("\n") + "\n")
    }

    fn words(&self, style: Style) -> Vec<String> {
        let next = |words: &str| format!("  {} {words}", style.paint(Paint::Faint, "next:"));
        let all_is_so = || vec![format!("{} has all {} things as they are wanted", self.address, self.steps.len())];
        match self.mode {
            _ if self.different().count() == 0 => all_is_so(),
            TeamMode::DryRun => vec![format!(
                "nothing was changed at {}; {} would be made or changed, by these requests:",
                self.address,
                self.count()
            )],
            TeamMode::Check => vec![
                format!("{} at {} differ from what is wanted:", self.count(), self.address),
                next("see what would be done: the same command with --dry-run instead of --check"),
            ],
            TeamMode::Apply => {
                let mut words: Vec<String> = self
                    .steps
                    .iter()
                    .filter_map(|step| match (step.state(), self.done.contains(step.thing())) {
                        (State::Same, _) => Some(format!("{} was so already", step.thing())),
                        (State::Differs(what), true) => {
                            Some(format!("{} is set right; before: {}", step.thing(), what.join("; ")))
                        }
                        (_, true) => Some(format!("{} is made", step.thing())),
                        (_, false) => None,
                    })
                    .collect();
                if !self.credentials.is_empty() {
                    words.push(next("give each of these to whom it belongs; they are not shown again"));
                }
                words
            }
        }
    }

    fn failures(&self) -> &[Failed] {
        &self.failed
    }

    fn exit_code(&self) -> u8 {
        let differs = u8::from(self.mode == TeamMode::Check && self.different().count() > 0);
        self.failed.first().map_or(differs, |failed| failed.exit_code)
    }

    fn json(&self) -> Value {
        let things: Vec<Value> = self
            .steps
            .iter()
            .map(|step| {
                let (state, differences) = match step.state() {
                    State::Same => ("same", Vec::new()),
                    State::Missing => ("missing", Vec::new()),
                    State::Differs(what) => ("differs", what.clone()),
                };
                let call = step
                    .call()
                    .map(|call| json!({ "method": call.method(), "path": call.path(), "body": call.body() }));
                json!({
                    "kind": step.thing().kind(),
                    "name": step.thing().name(),
                    "state": state,
                    "differences": differences,
                    "call": call,
                    "done": self.done.contains(step.thing()),
                })
            })
            .collect();
        let mode = match self.mode {
            TeamMode::Apply => "apply",
            TeamMode::DryRun => "dry-run",
            TeamMode::Check => "check",
        };
        let mut all = json!({
            "version": VERSION,
            "address": self.address,
            "openbao_namespace": self.openbao_namespace,
            "mode": mode,
            "things": things,
            "credentials": self.credentials.iter().map(credential).collect::<Vec<Value>>(),
            "failed": self.failed,
        });
        // Where a script looks first, whatever the command.
        if let (Some(all), Some(first)) = (all.as_object_mut(), self.failed.first()) {
            all.insert("error".to_owned(), json!(first));
        }
        all
    }
}

fn lines_of(credential: &Credential) -> Vec<String> {
    match credential {
        Credential::Password { user, password } => vec![format!("{user} password {}", password.expose())],
        Credential::SecretId { role, role_id, secret_id } => {
            vec![format!("{role} role_id {role_id}"), format!("{role} secret_id {}", secret_id.expose())]
        }
        _ => Vec::new(),
    }
}

fn credential(credential: &Credential) -> Value {
    match credential {
        Credential::Password { user, password } => json!({ "user": user, "password": password.expose() }),
        Credential::SecretId { role, role_id, secret_id } => {
            json!({ "approle": role, "role_id": role_id, "secret_id": secret_id.expose() })
        }
        _ => Value::Null,
    }
}
