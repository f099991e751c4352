//! Random chains: sources of every kind, holding a whole value, some fields, an old shape or nothing, working or not.
//! A value of `Service` is written as its leaves, so that the model need not know JSON.

use std::collections::BTreeMap;

use harmony_config_core::{FailureCode, OnError};
use harmony_config_test::{Double, Outage, World};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The leaves of `Service`, and whether each must be there.
pub(crate) const LEAVES: [(&str, bool); 6] =
    [("host", true), ("port", true), ("password", true), ("note", false), ("tls.cert", true), ("tls.key", true)];

/// What a leaf holds: a good value, told apart by its number, or one that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    Good(u8),
    Bad,
}

pub(crate) type Leaves = BTreeMap<&'static str, Leaf>;

#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) leaves: Leaves,
    pub(crate) partial: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Overrides,
    ReadOnly,
    Store,
    Prompt,
}

#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) role: Role,
    pub(crate) content: Option<Content>,
    pub(crate) outage: Option<Outage>,
    /// Whether its failure stops the walk, where the default is turned round.
    pub(crate) turned: bool,
}

impl Link {
    pub(crate) fn name(index: usize) -> String {
        format!("s{index}")
    }

    /// The code that a read of it fails with.
    pub(crate) fn failure(&self) -> Option<FailureCode> {
        match self.outage? {
            Outage::Fails(code) => Some(code),
            Outage::Hangs => Some(FailureCode::Unavailable),
            _ => None,
        }
    }

    pub(crate) fn stops(&self, code: FailureCode) -> bool {
        (OnError::default_for(code) == OnError::Fail) != self.turned
    }
}

/// A chain, as links in order.
pub(crate) type Plan = Vec<Link>;

pub(crate) const CODES: [FailureCode; 7] = [
    FailureCode::Denied,
    FailureCode::Unavailable,
    FailureCode::InteractionRequired,
    FailureCode::Invalid,
    FailureCode::Conflict,
    FailureCode::Unsupported,
    FailureCode::Cancelled,
];

fn leaf() -> impl Strategy<Value = Option<Leaf>> {
    prop_oneof![
        4 => (0..9_u8).prop_map(|number| Some(Leaf::Good(number))),
        2 => Just(None),
        1 => Just(Some(Leaf::Bad)),
    ]
}

fn leaves() -> impl Strategy<Value = Leaves> {
    prop::collection::vec(leaf(), LEAVES.len())
        .prop_map(|leaves| LEAVES.iter().zip(leaves).filter_map(|((name, _), leaf)| Some((*name, leaf?))).collect())
}

/// A whole value that fits, as often as not.
fn whole() -> impl Strategy<Value = Content> {
    prop_oneof![
        leaves().prop_map(|leaves| Content { leaves, partial: false }),
        (0..9_u8).prop_map(|number| Content {
            leaves: LEAVES.iter().map(|(name, _)| (*name, Leaf::Good(number))).collect(),
            partial: false
        }),
    ]
}

fn partial() -> impl Strategy<Value = Content> {
    leaves().prop_map(|leaves| Content { leaves, partial: true })
}

fn outage() -> impl Strategy<Value = Option<Outage>> {
    prop_oneof![
        5 => Just(None),
        2 => prop::sample::select(CODES.as_slice()).prop_map(|code| Some(Outage::Fails(code))),
        1 => Just(Some(Outage::Fails(FailureCode::Unavailable))),
        1 => Just(Some(Outage::Hangs)),
        1 => Just(Some(Outage::Slow(std::time::Duration::from_millis(20)))),
    ]
}

fn link() -> impl Strategy<Value = Link> {
    let role = prop_oneof![
        2 => Just(Role::Overrides),
        1 => Just(Role::ReadOnly),
        4 => Just(Role::Store),
    ];
    (role, outage(), prop::bool::weighted(0.2)).prop_flat_map(|(role, outage, turned)| {
        let content = match role {
            Role::Overrides => prop::option::of(partial()).boxed(),
            _ => prop::option::of(prop_oneof![2 => whole(), 1 => partial()]).boxed(),
        };
        content.prop_map(move |content| Link { role, content, outage, turned })
    })
}

/// Any chain, with a prompt somewhere or nowhere.
pub(crate) fn any_plan() -> impl Strategy<Value = Plan> {
    (prop::collection::vec(link(), 0..5), prop::option::weighted(0.9, 0..6_usize)).prop_map(|(mut links, prompt)| {
        if let Some(place) = prompt {
            let prompt = Link { role: Role::Prompt, content: None, outage: None, turned: false };
            links.insert(place.min(links.len()), prompt);
        }
        links
    })
}

/// Any chain in which nothing is wrong.
pub(crate) fn sound_plan() -> impl Strategy<Value = Plan> {
    any_plan().prop_map(|mut plan| {
        plan.iter_mut().for_each(|link| link.outage = None);
        plan
    })
}

/// The leaves as the JSON of a `Service`.
pub(crate) fn to_json(leaves: &Leaves) -> Value {
    let mut value = Map::new();
    for (name, leaf) in leaves {
        let json = match (*name, leaf) {
            ("port", Leaf::Good(number)) => json!(8000 + u16::from(*number)),
            ("port", Leaf::Bad) => json!("eighty"),
            (name, Leaf::Good(number)) => json!(format!("{name}-{number}")),
            (_, Leaf::Bad) => json!(false),
        };
        match name.split_once('.') {
            None => drop(value.insert((*name).to_owned(), json)),
            Some((outer, inner)) => {
                let nested = value.entry(outer).or_insert_with(|| json!({}));
                nested[inner] = json;
            }
        }
    }
    Value::Object(value)
}

/// What the person answers: another number than any source has.
pub(crate) const ANSWER: u8 = 99;

pub(crate) fn answered() -> Leaves {
    LEAVES.iter().map(|(name, _)| (*name, Leaf::Good(ANSWER))).collect()
}

/// The world of a plan. The person answers everything.
pub(crate) fn world(plan: &Plan) -> World {
    let doubles = plan.iter().enumerate().map(|(index, link)| {
        let name = Link::name(index);
        match link.role {
            Role::Overrides => Double::overrides(&name),
            Role::ReadOnly => Double::read_only(&name),
            Role::Store => Double::store(&name),
            Role::Prompt => Double::prompt(&name),
        }
    });
    let mut world = World::of(doubles).answer("Service", to_json(&answered()));
    for (index, link) in plan.iter().enumerate() {
        let name = Link::name(index);
        if let Some(content) = &link.content {
            let value = to_json(&content.leaves);
            world = match content.partial {
                true => world.partial_in(&name, "Service", value),
                false => world.json_in(&name, "Service", value),
            };
        }
        if let Some(outage) = link.outage {
            world.breaks(&name, outage);
        }
        if link.turned {
            for code in CODES {
                let turned = match OnError::default_for(code) {
                    OnError::Fail => OnError::Continue,
                    OnError::Continue => OnError::Fail,
                };
                world = world.on_error(&name, code, turned);
            }
        }
    }
    world
}
