//! The source `prompt`: makes a form out of a JSON Schema, has the host ask it, and answers with what came back. It
//! keeps nothing. What is asked is `form`, what a schema says `schema`, how it is said `words`, what becomes of the
//! answers `answers`.

mod answers;
mod form;
mod schema;
mod words;

use harmony_config_sdk::{
    Entry, Failure, Feature, Host, Interaction, NoSettings, Request, Source, export_plugin,
    prompt::{self, Answer, Form},
};

use crate::form::Plan;

struct PromptSource;

/// Whoever asks. A seam: the functions of the SDK exist only inside a host.
trait Person {
    fn ask(&self, forms: &[Form]) -> Result<Vec<Vec<Answer>>, Failure>;
}

/// The host's.
struct HostPerson;

impl Person for HostPerson {
    fn ask(&self, forms: &[Form]) -> Result<Vec<Vec<Answer>>, Failure> {
        prompt::ask(forms)
    }
}

impl Source for PromptSource {
    type Settings = NoSettings;

    fn configure(_: NoSettings, _: Host) -> Result<Self, Failure> {
        Ok(PromptSource)
    }

    fn features(&self) -> &'static [Feature] {
        &[Feature::Interactive]
    }

    fn get(&self, request: &Request) -> Result<Option<Entry>, Failure> {
        let answers = answer(&HostPerson, std::slice::from_ref(request));
        answers.into_iter().next().unwrap_or(Ok(None))
    }

    fn get_many(&self, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
        answer(&HostPerson, requests)
    }
}

/// Asks for all of them in one go. A request that forbids it fails alone.
fn answer(person: &impl Person, requests: &[Request]) -> Vec<Result<Option<Entry>, Failure>> {
    let plans: Vec<Plan> =
        requests.iter().filter(|request| request.interaction == Interaction::Allowed).map(form::plan).collect();
    let mut asked = match answers::ask(person, &plans) {
        Ok(values) => values.into_iter().map(|entry| Ok(Some(entry))).collect::<Vec<_>>(),
        Err(failure) => plans.iter().map(|_| Err(failure.clone())).collect(),
    }
    .into_iter();
    requests
        .iter()
        .map(|request| match request.interaction {
            Interaction::Allowed => asked.next().unwrap_or(Ok(None)),
            Interaction::Forbidden => Err(forbidden(&request.at.key)),
        })
        .collect()
}

fn forbidden(key: &str) -> Failure {
    Failure::interaction_required(format!("a person is needed to answer for {key}, and none may be asked"))
        .remedy("run it where somebody can answer, or set the value in another source first")
}

export_plugin! {
    PromptSource,
    name: "prompt",
    description: "Asks the person who runs the program",
    features: ["interactive"],
    settings: r#"{"type":"object","additionalProperties":false}"#,
    wants: r#"{"prompt":{}}"#,
}

#[cfg(test)]
mod tests;
