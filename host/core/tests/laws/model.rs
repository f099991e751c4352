//! The laws once more, written as simply as can be: one walk over leaves, no JSON, no schema, no concurrency. What the
//! manager answers is compared with what this says.

use std::collections::BTreeMap;

use harmony_config_core::FailureCode;

use crate::chains::{ANSWER, Content, LEAVES, Leaf, Leaves, Link, Plan, Role};

/// What a call comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Value(Leaves),
    /// The exit code.
    Error(u8),
}

/// One walk: what was found, by place, and what failed.
pub(crate) struct Walk {
    pub(crate) found: Vec<(usize, Content)>,
    pub(crate) failures: Vec<(usize, FailureCode)>,
    pub(crate) stopped: Option<u8>,
}

pub(crate) fn walk(plan: &Plan) -> Walk {
    let mut walk = Walk { found: Vec::new(), failures: Vec::new(), stopped: None };
    for (place, link) in plan.iter().enumerate().filter(|(_, link)| link.role != Role::Prompt) {
        if walk.whole() {
            break;
        }
        if let Some(code) = link.failure() {
            walk.failures.push((place, code));
            if link.stops(code) {
                walk.stopped = Some(match code {
                    FailureCode::Cancelled => 1,
                    _ => walk.worst(),
                });
                break;
            }
        } else if let Some(content) = &link.content {
            walk.found.push((place, content.clone()));
        }
    }
    walk
}

impl Walk {
    pub(crate) fn whole(&self) -> bool {
        self.found.iter().any(|(_, content)| !content.partial)
    }

    /// The exit code of the failures: the first of 7, 5, 4, 6, and 1 where it is none of them.
    fn worst(&self) -> u8 {
        let has = |code| self.failures.iter().any(|(_, known)| *known == code);
        match () {
            () if has(FailureCode::Invalid) => 7,
            () if has(FailureCode::Denied) => 5,
            () if has(FailureCode::InteractionRequired) => 4,
            () if has(FailureCode::Unavailable) => 6,
            () => 1,
        }
    }

    /// Leaf by leaf, what stands higher wins.
    pub(crate) fn merged(&self) -> Leaves {
        let mut merged = Leaves::new();
        for (_, content) in &self.found {
            for (name, leaf) in &content.leaves {
                merged.entry(name).or_insert(*leaf);
            }
        }
        merged
    }

    /// The place that a leaf comes from.
    pub(crate) fn giver(&self, name: &str) -> Option<usize> {
        self.found.iter().find(|(_, content)| content.leaves.contains_key(name)).map(|(place, _)| *place)
    }

    /// Whether somebody who could not be asked might have had a say.
    pub(crate) fn degraded(&self) -> bool {
        let lowest = self.found.last().map(|(place, _)| *place);
        match lowest {
            None => false,
            Some(lowest) => self.failures.iter().any(|(place, _)| !self.whole() || *place < lowest),
        }
    }
}

pub(crate) fn is_missing(leaves: &Leaves, name: &str, required: bool) -> bool {
    required && !leaves.contains_key(name)
}

pub(crate) fn fits(leaves: &Leaves) -> bool {
    LEAVES.iter().all(|(name, required)| !is_missing(leaves, name, *required) && leaves.get(name) != Some(&Leaf::Bad))
}

/// What `get` comes to.
pub(crate) fn get(plan: &Plan) -> Answer {
    judge(&walk(plan))
}

fn judge(walk: &Walk) -> Answer {
    if let Some(code) = walk.stopped {
        return Answer::Error(code);
    }
    let merged = walk.merged();
    let none = if walk.failures.is_empty() { 3 } else { walk.worst() };
    match () {
        () if walk.found.is_empty() => Answer::Error(none),
        () if fits(&merged) => Answer::Value(merged),
        () if walk.whole() || merged.values().any(|leaf| *leaf == Leaf::Bad) => Answer::Error(7),
        () => Answer::Error(none),
    }
}

/// What `get_or_prompt` comes to.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) answer: Answer,
    /// The leaves that the form asks for; none where nobody is asked.
    pub(crate) form: Option<Vec<&'static str>>,
    /// Whether the person is then asked where to keep it.
    pub(crate) offered: bool,
    /// What the one store then holds.
    pub(crate) stored: Option<(usize, Content)>,
}

pub(crate) fn get_or_prompt(plan: &Plan) -> Asked {
    let walk = walk(plan);
    let answer = judge(&walk);
    let nothing = |answer| Asked { answer, form: None, offered: false, stored: None };
    if walk.stopped.is_some()
        || matches!(answer, Answer::Value(_))
        || !plan.iter().any(|link| link.role == Role::Prompt)
    {
        return nothing(answer);
    }
    let merged = walk.merged();
    let asked: Vec<&str> = LEAVES
        .iter()
        .filter(|(name, required)| match merged.get(name) {
            Some(leaf) => *leaf == Leaf::Bad,
            None => *required || !walk.whole(),
        })
        .map(|(name, _)| *name)
        .collect();
    let mut value = merged.clone();
    value.extend(asked.iter().map(|name| (*name, Leaf::Good(ANSWER))));

    let mut stores = plan.iter().enumerate().filter(|(_, link)| link.role == Role::Store);
    let Some((target, link)) = stores.next() else {
        return Asked { answer: Answer::Value(value), form: Some(asked), offered: false, stored: None };
    };
    match link.failure() {
        None => {}
        Some(FailureCode::Unavailable | FailureCode::InteractionRequired) => {
            // The place is away: the answer holds for this process. Nobody says yes to another place here.
            let offered = stores.next().is_some_and(|(_, next)| next.failure().is_none());
            return Asked { answer: Answer::Value(value), form: Some(asked), offered, stored: None };
        }
        Some(code) => {
            return nothing(Answer::Error(match code {
                FailureCode::Invalid => 7,
                FailureCode::Denied => 5,
                _ => 1,
            }));
        }
    }
    // A bad value above the target would win again.
    let beaten = LEAVES.iter().any(|(name, required)| {
        let culprit = match merged.get(name) {
            Some(Leaf::Bad) => walk.giver(name),
            Some(Leaf::Good(_)) => None,
            None if *required => walk.found.iter().find(|(_, content)| !content.partial).map(|(place, _)| *place),
            None => None,
        };
        culprit.is_some_and(|place| place < target)
    });
    if beaten {
        return nothing(Answer::Error(7));
    }
    let mut kept: Leaves = asked.iter().map(|name| (*name, Leaf::Good(ANSWER))).collect();
    let own = link.content.iter().flat_map(|content| &content.leaves).filter(|(_, leaf)| **leaf != Leaf::Bad);
    for (name, leaf) in own {
        kept.entry(name).or_insert(*leaf);
    }
    // A whole value ends the walk: it must not hide what stands below it.
    let hides = walk
        .found
        .iter()
        .filter(|(place, _)| *place > target)
        .any(|(_, content)| content.leaves.keys().any(|name| !kept.contains_key(name)));
    let partial = !fits(&kept) || hides;
    let stored = Some((target, Content { leaves: kept, partial }));
    Asked { answer: Answer::Value(value), form: Some(asked), offered: false, stored }
}

/// For each top-level field, the place that gives it.
pub(crate) fn fields(walk: &Walk) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (name, _) in LEAVES {
        if let Some(place) = walk.giver(name) {
            let field = name.split('.').next().unwrap().to_owned();
            let first = walk
                .found
                .iter()
                .find(|(_, content)| content.leaves.keys().any(|leaf| leaf.split('.').next() == Some(field.as_str())));
            let place = first.map_or(place, |(place, _)| *place);
            fields.insert(field, Link::name(place));
        }
    }
    fields
}
