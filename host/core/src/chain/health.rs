//! How each source is, asked at the same time and without a person: for a command that looks for what is wrong.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;

use crate::{Coordinate, Failure, Features, Shape};

use super::{Chain, Link, deadline, persist};

/// How a source is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// The source, by its name in the manifest.
    pub source: Arc<str>,
    /// The plugin that serves it, or `native`.
    pub plugin: Arc<str>,
    /// Whether it is in the chain, and not only named by a persist list.
    pub in_chain: bool,
    /// What it can do.
    pub features: Features,
    /// What it says about itself, or why it could not.
    pub answer: Result<Vec<String>, Failure>,
    /// Why it could not be written, though it is there to be written.
    pub unwritable: Option<Failure>,
    /// How long it took.
    pub elapsed: Duration,
}

/// Asks all sources. One that asks a person is not asked.
pub(crate) async fn health(chain: &Chain, at: &Coordinate, shape: &Shape) -> Vec<Health> {
    let of_chain = chain.links.iter().map(|link| one(chain, link, at, shape, true));
    join_all(of_chain.chain(chain.off_chain.iter().map(|link| one(chain, link, at, shape, false)))).await
}

async fn one(chain: &Chain, link: &Link, at: &Coordinate, shape: &Shape, in_chain: bool) -> Health {
    let start = Instant::now();
    let mut health = Health {
        source: Arc::clone(&link.name),
        plugin: Arc::clone(&link.plugin),
        in_chain,
        features: link.source.features(),
        answer: Ok(Vec::new()),
        unwritable: None,
        elapsed: Duration::ZERO,
    };
    if !link.interactive() {
        health.answer = deadline::within(link.source.deadline(), link.source.health()).await;
        // What it can do it may say only when it was told its settings.
        health.features = link.source.features();
        if health.answer.is_ok() && health.features.writable {
            health.unwritable = persist::can_write(link, &chain.request(at, shape)).await.err();
        }
    }
    health.elapsed = start.elapsed();
    health
}
