//! Tables of keys as a person reads them: what `list` found, and what `check` did.

use std::collections::BTreeMap;

use harmony_config_core::{Checked, FaultAt, Standing};
use harmony_config_host::DeclaredIn;

use super::Key;
use crate::style::{Paint, Style};

/// `list`: a line a key, with its standing and the sources that have it.
pub(super) fn list(keys: &[Key], style: Style) -> String {
    // Where nothing is declared, that a key is not goes without saying.
    let some_declared = keys.iter().any(|key| key.declared);
    let rows = keys.iter().map(|key| {
        let mut place = key.sources.join(", ");
        if some_declared && !key.declared {
            place.push_str(&format!("  {}", style.paint(Paint::Faint, "not declared")));
        }
        (key.at.to_string(), key.standing, place)
    });
    table(rows.collect(), style).into_iter().map(|line| line + "\n").collect()
}

/// `check`: a line a key, and below it a line a field that is missing or does not fit.
pub(super) fn check(checked: &[Checked], style: Style) -> String {
    let rows = checked.iter().map(|one| {
        let why = match (&one.error, one.faults.is_empty()) {
            (Some(error), true) => error.message().to_owned(),
            _ => sources(one).join(", "),
        };
        (one.at.to_string(), one.standing, why)
    });
    let mut out = String::new();
    for (one, line) in checked.iter().zip(table(rows.collect(), style)) {
        out.push_str(&line);
        out.push('\n');
        for fault in &one.faults {
            out.push_str(&format!("    {}\n", described(fault)));
        }
        // What to do about what is only missing is the same for all, and said once.
        if let Some(remedy) = one.error.as_ref().and_then(|error| error.remedy())
            && one.standing != Standing::Missing
        {
            out.push_str(&format!("    {} {remedy}\n", style.paint(Paint::Faint, "next:")));
        }
    }
    out
}

/// How many are as they should be.
pub(super) fn verdict(checked: &[Checked]) -> String {
    let all = match checked.len() {
        1 => "1 value".to_owned(),
        all => format!("{all} values"),
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in checked.iter().filter(|one| one.standing != Standing::Set) {
        *counts.entry(one.standing.as_str()).or_default() += 1;
    }
    if counts.is_empty() {
        return format!("{all}, all there");
    }
    let counts: Vec<String> = counts.iter().map(|(standing, count)| format!("{count} {standing}")).collect();
    format!("{all}: {}", counts.join(", "))
}

/// The sources that gave something.
pub(super) fn sources(one: &Checked) -> Vec<String> {
    let steps = one.origin.steps.iter().filter(|step| step.location.is_some());
    steps.map(|step| step.source.to_string()).collect()
}

/// Where what is known comes from.
pub(super) fn from(from: &DeclaredIn) -> String {
    match from {
        DeclaredIn::Document(file) => format!("from the schema document {}", file.display()),
        DeclaredIn::Record(file) => format!("from the last run of a program, which left {} behind", file.display()),
        _ => "from this program's own types".to_owned(),
    }
}

fn described(at: &FaultAt) -> String {
    match (&at.source, &at.location) {
        (Some(source), Some(location)) => format!("{}, in `{source}` ({location})", at.fault),
        _ => at.fault.to_string(),
    }
}

fn table(rows: Vec<(String, Standing, String)>, style: Style) -> Vec<String> {
    let names = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or_default();
    let standings = rows.iter().map(|(_, standing, _)| standing.as_str().len()).max().unwrap_or_default();
    let line = |(name, standing, rest): (String, Standing, String)| {
        let paint = match standing {
            Standing::Set => Paint::Good,
            Standing::Missing => Paint::Warning,
            _ => Paint::Bad,
        };
        let gap = |word: &str, width: usize| " ".repeat(width.saturating_sub(word.chars().count()));
        format!(
            "{}{}  {}{}  {rest}",
            style.paint(Paint::Strong, &name),
            gap(&name, names),
            style.paint(paint, standing.as_str()),
            gap(standing.as_str(), standings),
        )
        .trim_end()
        .to_owned()
    };
    rows.into_iter().map(line).collect()
}
