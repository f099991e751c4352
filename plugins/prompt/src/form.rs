//! From a request to the questions that answer it: one for each field, nested structs field by field, everything that
//! has no field as JSON.

use harmony_config_sdk::{
    Request, Sensitivity,
    prompt::{Choice, Form, Question},
};
use serde_json::Value;

use crate::{
    schema::{Field, reaches_secret},
    words,
};

/// How deep structs are asked field by field; what lies deeper is asked as JSON.
const MAX_DEPTH: usize = 8;

/// The questions of one request, and what has to be known to make a value of the answers.
pub(crate) struct Plan {
    /// What is asked first.
    pub(crate) form: Form,
    /// A fact for each question of the form.
    pub(crate) facts: Vec<Fact>,
    /// The optional structs.
    pub(crate) groups: Vec<Vec<String>>,
    /// The structs that must be there though each of their fields may be left out, and the group they are in.
    pub(crate) objects: Vec<(Vec<String>, Option<usize>)>,
}

/// What a question is in its struct, where the form asks it otherwise: in an optional struct everything can be left out.
pub(crate) struct Fact {
    /// The innermost optional struct around it.
    pub(crate) group: Option<usize>,
    /// Whether its struct must have it.
    pub(crate) required: bool,
    /// What its struct takes where it is left out.
    pub(crate) default: Option<String>,
}

/// Makes the plan of a request.
pub(crate) fn plan(request: &Request) -> Plan {
    let title = match &request.at.instance {
        Some(instance) => format!("{} @ {instance}", request.at.key),
        None => request.at.key.clone(),
    };
    let mut plan = Plan { form: Form::new(title), facts: Vec::new(), groups: Vec::new(), objects: Vec::new() };
    let schema: Option<Value> = request.schema.as_deref().and_then(|schema| serde_json::from_str(schema).ok());
    match schema {
        Some(schema) => {
            let root = Field::read(&schema, &schema);
            plan.form.help = root.description.map(words::paragraphs);
            let place = Place { path: Vec::new(), group: None, required: true, secret: false, inside: Vec::new() };
            Walk { root: &schema, plan: &mut plan, key: &request.at.key }.field(root, place);
            // The description stands over the form already.
            if let [question] = plan.form.questions.as_mut_slice()
                && question.path.is_empty()
            {
                question.help = question.help.take().filter(|help| Some(help) != plan.form.help.as_ref());
            }
        }
        // Nothing is known of it: then it is anything, and as careful as the request says.
        None => {
            let mut question =
                Question::new(Vec::new(), "json", words::label(std::slice::from_ref(&request.at.key)), "{}");
            question.secret = request.sensitivity == Sensitivity::Secret;
            question.help = Some("Any JSON; a text stands in quotes.".to_owned());
            plan.push(question, Fact { group: None, required: true, default: None });
        }
    }
    plan
}

impl Plan {
    fn push(&mut self, question: Question, fact: Fact) {
        self.form.questions.push(question);
        self.facts.push(fact);
    }
}

/// Where a field is.
struct Place<'a> {
    path: Vec<String>,
    group: Option<usize>,
    required: bool,
    /// Whether something around it is secret.
    secret: bool,
    /// The references that led here: a type that contains itself has no end.
    inside: Vec<&'a str>,
}

struct Walk<'a, 'p> {
    root: &'a Value,
    plan: &'p mut Plan,
    key: &'p str,
}

impl<'a> Walk<'a, '_> {
    fn field(&mut self, field: Field<'a>, place: Place<'a>) {
        let circular = field.references.iter().any(|reference| place.inside.contains(reference));
        match field.properties() {
            Some(properties) if !circular && place.path.len() < MAX_DEPTH => {
                let group = match place.required {
                    true => place.group,
                    false => {
                        self.plan.groups.push(place.path.clone());
                        Some(self.plan.groups.len() - 1)
                    }
                };
                self.plan.objects.push((place.path.clone(), group));
                for (name, schema) in properties {
                    let inner = Place {
                        path: place.path.iter().chain([name]).cloned().collect(),
                        group,
                        required: field.requires(name),
                        secret: place.secret || field.secret,
                        inside: place.inside.iter().chain(&field.references).copied().collect(),
                    };
                    self.field(Field::read(self.root, schema), inner);
                }
            }
            _ => self.question(&field, place),
        }
    }

    fn question(&mut self, field: &Field<'a>, place: Place<'a>) {
        let label = match (field.title.filter(|_| !place.path.is_empty()), place.path.split_last()) {
            (Some(title), Some((_, []))) => title.to_owned(),
            (Some(title), Some((_, around))) => format!("{}.{title}", words::label(around)),
            (None, Some(_)) => words::label(&place.path),
            (_, None) => words::label(&[self.key.to_owned()]),
        };
        let (kind, choices) = self.kind(field);
        let secret = place.secret || field.secret || reaches_secret(self.root, field.schema, &mut Vec::new());
        // A default that is a secret is shown to nobody; left out, the type takes it all the same.
        let default = field.default.filter(|_| !secret).map(Value::to_string);
        let mut help: Vec<String> = field.description.map(words::paragraphs).into_iter().collect();
        if kind == "json" {
            help.extend(words::shape(self.root, field.schema));
        }
        let optional_struct = place.group.is_some();
        if let Some(default) = default.as_ref().filter(|_| optional_struct) {
            help.push(format!("Left empty: {default}"));
        }
        let mut question = Question::new(place.path, kind, label, field.standalone(self.root).to_string());
        question.help = Some(help.join("\n")).filter(|help| !help.is_empty());
        question.secret = secret;
        question.choices = choices;
        // In an optional struct an answer means that the struct is wanted, so none may come of itself.
        question.required = place.required && !optional_struct;
        question.default = default.clone().filter(|_| !optional_struct);
        self.plan.push(question, Fact { group: place.group, required: place.required, default });
    }

    fn kind(&self, field: &Field<'a>) -> (&'static str, Vec<Choice>) {
        if let Some(choices) = field.choices() {
            let choices = choices.into_iter().map(|(value, description)| Choice {
                label: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                value: value.to_string(),
                help: description.map(words::paragraphs),
            });
            return ("choice", choices.collect());
        }
        let kind = match field.type_name() {
            "string" => "text",
            "integer" => "integer",
            "number" => "number",
            "boolean" => "boolean",
            "array" if self.is_list(field) => "list",
            _ => "json",
        };
        (kind, Vec::new())
    }

    /// Whether the items can be typed one after the other.
    fn is_list(&self, field: &Field<'a>) -> bool {
        let items = field.schema.get("items").map(|items| Field::read(self.root, items));
        items.is_some_and(|items| matches!(items.type_name(), "string" | "integer" | "number"))
    }
}
