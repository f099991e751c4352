//! An explanation as a person reads it: a table of the sources, and a line on who wins and why.

use std::collections::BTreeMap;

use harmony_config_core::{ExplainedStep, Explanation};

use crate::style::{Paint, Style};

/// The table and the verdict.
pub(super) fn render(explanation: &Explanation, style: Style) -> String {
    let instance = explanation.instance.as_deref().map(|instance| format!("@{instance}")).unwrap_or_default();
    let title = format!("{}{instance}", explanation.key);
    let mut out = format!("{} in namespace {}\n\n", style.paint(Paint::Strong, &title), explanation.namespace);
    let heads = ["source", "outcome", "time"];
    let rows: Vec<[String; 3]> =
        explanation.steps.iter().map(|step| [step.source.to_string(), step.outcome.to_owned(), time(step)]).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        cells.chain(heads.get(column).copied()).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    let line = |cells: [&str; 3], place: &str| {
        let [source, outcome, time] = cells;
        let [first, second, third] = widths;
        format!("{source:first$}  {outcome:second$}  {time:>third$}  {place}").trim_end().to_owned()
    };
    out.push_str(&style.paint(Paint::Faint, &format!("  {}", line(heads, "where, or why not"))));
    out.push('\n');
    for (step, row) in explanation.steps.iter().zip(&rows) {
        let wins = gives(explanation, step);
        let [source, outcome, time] = row;
        let text = line([source, outcome, time], &place(step));
        let text = match step.outcome {
            _ if wins => style.paint(Paint::Good, &text),
            "hit" | "partial" | "shadowed" => text,
            "absent" | "skipped" | "not-routed" => style.paint(Paint::Faint, &text),
            _ => style.paint(Paint::Bad, &text),
        };
        out.push_str(if wins { "> " } else { "  " });
        out.push_str(&text);
        out.push('\n');
        if let Some(why) = &step.because {
            out.push_str(&format!("    {} {why}\n", style.paint(Paint::Faint, "in the chain because")));
        }
        if let Some(remedy) = &step.remedy {
            out.push_str(&format!("    {} {remedy}\n", style.paint(Paint::Faint, "next:")));
        }
    }
    out.push('\n');
    out.push_str(&verdict(explanation));
    out.push('\n');
    if let Some(problem) = &explanation.problem {
        out.push_str(&format!("{} {problem}\n", style.paint(Paint::Bad, "problem:")));
    }
    out
}

/// Whether the value, or a field of it, is this source's.
fn gives(explanation: &Explanation, step: &ExplainedStep) -> bool {
    explanation.winner.as_ref() == Some(&step.source) || explanation.fields.values().any(|name| *name == step.source)
}

fn time(step: &ExplainedStep) -> String {
    match step.outcome {
        "skipped" | "not-routed" => String::new(),
        _ => {
            let tenths = step.elapsed_us.div_ceil(100);
            format!("{}.{} ms", tenths / 10, tenths % 10)
        }
    }
}

fn place(step: &ExplainedStep) -> String {
    let mut words = step.location.clone().unwrap_or_default();
    if let Some(message) = &step.message {
        if !words.is_empty() {
            words.push_str(": ");
        }
        words.push_str(message);
    }
    words
}

/// Who wins, and why.
pub(super) fn verdict(explanation: &Explanation) -> String {
    let Some(winner) = &explanation.winner else {
        return match &explanation.problem {
            Some(_) => "No value wins.".to_owned(),
            None if failed_above(explanation, None).is_empty() => "No source has a value.".to_owned(),
            None => format!(
                "No source that could be asked has a value; {} could not be asked.",
                listed(&failed_above(explanation, None))
            ),
        };
    };
    let mut by_source: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (field, source) in &explanation.fields {
        by_source.entry(source).or_default().push(field);
    }
    let mut words = if by_source.len() > 1 {
        let parts: Vec<String> = explanation
            .steps
            .iter()
            .filter_map(|step| Some((&*step.source, by_source.get(&*step.source)?)))
            .map(|(source, fields)| format!("{} from `{source}`", fields.join(", ")))
            .collect();
        format!("The value is put together: {}.", parts.join("; "))
    } else if explanation.steps.iter().any(|step| step.source == *winner && step.outcome == "partial") {
        format!("`{winner}` gives some fields, and no source has the rest.")
    } else {
        format!("`{winner}` wins: it is the first in the chain that has a value.")
    };
    let failed = failed_above(explanation, Some(winner));
    if !failed.is_empty() {
        words.push_str(&format!(" {} could not be asked, so another value may win later.", listed(&failed)));
    }
    words
}

/// The sources above this one (all of them, where there is none) that could not answer.
fn failed_above<'a>(explanation: &'a Explanation, winner: Option<&str>) -> Vec<&'a str> {
    explanation
        .steps
        .iter()
        .take_while(|step| Some(&*step.source) != winner)
        .filter(|step| !matches!(step.outcome, "hit" | "partial" | "shadowed" | "absent" | "skipped" | "not-routed"))
        .map(|step| &*step.source)
        .collect()
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<String>>().join(" and ")
}
