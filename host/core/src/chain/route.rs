//! Keys that have a chain of their own, or whose values lie elsewhere in a source: the same sources in another order, one
//! view for each such key. Which keys these are is not known here.

use std::{collections::BTreeMap, sync::Arc};

use crate::{ConfigError, Coordinate, FailureCode, Location};

use super::{Chain, Link, lock};

/// Says which sources serve a key, where it is not simply the chain, and where its values lie in them.
pub trait Routes: Send + Sync {
    /// The way of this key; none where it is the chain's. The answer for a key must not change.
    ///
    /// # Errors
    /// Where two rules contradict each other.
    fn route(&self, at: &Coordinate) -> Result<Option<Route>, ConfigError>;
}

/// The way of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The names of its sources, in order of precedence, instead of the chain's; and where that was said, for people.
    pub chain: Option<(Vec<String>, String)>,
    /// Where fields of it lie in a source, by the source's name.
    pub locations: BTreeMap<String, Vec<Location>>,
}

/// The keys whose way is remembered: more would be somebody trying out names.
const MAX_REMEMBERED: usize = 4096;

impl Chain {
    /// The chain of this key.
    pub(crate) fn of(self: &Arc<Self>, at: &Coordinate) -> Result<Arc<Chain>, ConfigError> {
        let Some(routes) = &self.routes else { return Ok(Arc::clone(self)) };
        if let Some(known) = lock(&self.routed).get(at) {
            return Ok(known.as_ref().map_or_else(|| Arc::clone(self), Arc::clone));
        }
        let routed = match routes.route(at) {
            Ok(None) => None,
            Ok(Some(route)) => Some(Arc::new(self.along(route)?)),
            Err(error) => return Err(error.with_key(at.to_string())),
        };
        let answer = routed.as_ref().map_or_else(|| Arc::clone(self), Arc::clone);
        let mut remembered = lock(&self.routed);
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(at.clone(), routed);
        Ok(answer)
    }

    /// This chain as a route has it.
    fn along(&self, route: Route) -> Result<Chain, ConfigError> {
        let mut links = Vec::new();
        let mut off_chain = self.off_chain.clone();
        let mut not_routed = Vec::new();
        let mut said = None;
        match route.chain {
            None => links.clone_from(&self.links),
            Some((names, place)) => {
                for name in &names {
                    links.push(self.named(name)?.clone());
                }
                off_chain.retain(|link| !names.iter().any(|name| **name == *link.name));
                for link in &self.links {
                    match link.below_all {
                        true => links.push(link.clone()),
                        false if names.iter().any(|name| **name == *link.name) => {}
                        false => not_routed.push(link.clone()),
                    }
                }
                said = Some(place);
            }
        }
        for (name, locations) in route.locations {
            let locations: Arc<[Location]> = locations.into();
            for link in links.iter_mut().chain(&mut off_chain).filter(|link| *link.name == *name) {
                link.locations = Arc::clone(&locations);
            }
        }
        Ok(Chain {
            links,
            off_chain,
            not_routed,
            said,
            namespace: self.namespace.clone(),
            persist: self.persist.clone(),
            memory: Arc::clone(&self.memory),
            routes: None,
            routed: Default::default(),
        })
    }

    fn named(&self, name: &str) -> Result<&Link, ConfigError> {
        self.find(name).ok_or_else(|| {
            ConfigError::usage(
                FailureCode::Invalid,
                format!("there is no source `{name}`"),
                "name one of the sources that were added",
            )
        })
    }
}
