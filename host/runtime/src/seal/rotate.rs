//! Changing the key, and sealing what lies in plain. Value by value, each under the condition that nobody changed it
//! meanwhile, so that it may end anywhere and be begun again: the old key goes after the last value that it seals.

use std::collections::{BTreeMap, BTreeSet};

use harmony_config_core::{ConfigSource, Coordinate, Entry, Failure, FailureCode, Request};

use super::{
    KeyPlace, Ring,
    cipher::{self, KeyId},
    ledger::Seen,
    record::{Kept, Record},
};
use crate::ComponentSource;

/// How often a value is tried again that somebody else changed meanwhile.
const CONFLICTS: usize = 20;

/// What came of changing the key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rekeyed {
    /// The key that seals now: what tells it from others, never the key itself.
    pub key: String,
    /// Where it is kept.
    pub place: KeyPlace,
    /// Whether it is new, or an earlier change of keys was ended.
    pub is_new: bool,
    /// How many values were sealed anew, for each source.
    pub resealed: BTreeMap<String, usize>,
    /// The values that could not be, and why. Their key stays.
    pub unchanged: Vec<Unchanged>,
    /// Files and folders beyond this chain, and how many values in each still need an old key.
    pub elsewhere: BTreeMap<String, usize>,
    /// How many old keys were removed.
    pub removed_keys: usize,
    /// How many old keys are kept, because something is still sealed with them.
    pub kept_keys: usize,
}

/// What came of sealing what lies in plain.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SealedNow {
    /// What was sealed: the source's name, and the value's.
    pub sealed: Vec<(String, Coordinate)>,
    /// What could not be.
    pub unchanged: Vec<Unchanged>,
}

/// A value that could not be changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unchanged {
    /// The source.
    pub source: String,
    /// The value; none where the source could not be listed.
    pub at: Option<Coordinate>,
    /// Why.
    pub failure: Failure,
}

/// What became of one value.
enum Came {
    /// It is sealed now, by this change.
    Sealed,
    /// There was nothing to do.
    Nothing,
}

/// Changes the key of all that these sources have sealed.
pub(crate) async fn rekey(
    ring: &Ring,
    sources: &[ComponentSource],
    namespaces: &[&str],
    place: Option<KeyPlace>,
) -> Result<Rekeyed, Failure> {
    has_its_keys(ring, sources, namespaces).await?;
    let (current, is_new) = begin(ring, place).await?;
    let mut done = Rekeyed {
        key: current.0.as_str().to_owned(),
        place: current.1,
        is_new,
        resealed: BTreeMap::new(),
        unchanged: Vec::new(),
        elsewhere: BTreeMap::new(),
        removed_keys: 0,
        kept_keys: 0,
    };
    for source in sources {
        let (rows, failure) = rows(ring, source, namespaces).await?;
        let name = source.name().to_owned();
        done.unchanged.extend(failure.map(|failure| Unchanged { source: name.clone(), at: None, failure }));
        for at in rows {
            match change(ring, source, &Request::new(at.clone()), Deed::Reseal).await {
                Ok(Came::Sealed) => *done.resealed.entry(name.clone()).or_default() += 1,
                Ok(Came::Nothing) => {}
                Err(failure) => done.unchanged.push(Unchanged { source: name.clone(), at: Some(at), failure }),
            }
        }
    }
    settle(sources).await;
    end(ring, sources, &mut done).await?;
    Ok(done)
}

/// Refuses where the key that seals now, or sealed all there is, cannot be had: a new one would seal nothing anew, and hide it.
async fn has_its_keys(ring: &Ring, sources: &[ComponentSource], namespaces: &[&str]) -> Result<(), Failure> {
    if let Some(id) = ring.record()?.current().and_then(Kept::id) {
        return ring.key(&id).await.map(|_| ());
    }
    for source in sources {
        source.nothing_is_sealed_in(namespaces).await?;
    }
    Ok(())
}

/// Makes the new key, or goes on with the change that was begun.
async fn begin(ring: &Ring, place: Option<KeyPlace>) -> Result<((KeyId, KeyPlace), bool), Failure> {
    let _alone = ring.alone().await?;
    let record = ring.record()?;
    let named = |record: &Record| record.current().and_then(|kept| Some((kept.id()?, kept.place)));
    if record.keys.len() > 1
        && let Some(current) = named(&record)
        && place.is_none_or(|place| place == current.1)
    {
        return Ok((current, false));
    }
    let place = place.or_else(|| record.current().map(|kept| kept.place));
    let record = ring.add(record, place).await?;
    let unusable = || Failure::new(FailureCode::Unavailable, "the new key is not written down");
    Ok((named(&record).ok_or_else(unusable)?, true))
}

/// The values that a source may have sealed: those that are written down, and those that it lists.
async fn rows(
    ring: &Ring,
    source: &ComponentSource,
    namespaces: &[&str],
) -> Result<(BTreeSet<Coordinate>, Option<Failure>), Failure> {
    let mut rows = BTreeSet::new();
    let mut namespaces: BTreeSet<String> = namespaces.iter().map(|name| (*name).to_owned()).collect();
    let listed = ring.ledger.rows().map_err(|error| ring.unusable(&error))?;
    for row in listed.into_keys().filter(|row| source.seal().is_of_store(row)) {
        namespaces.insert(row.at.namespace().to_owned());
        rows.insert(row.at);
    }
    for namespace in namespaces {
        match source.list_all(&namespace).await {
            Ok(found) => rows.extend(found),
            Err(failure) if failure.code == FailureCode::Unsupported => {}
            Err(failure) => return Ok((rows, Some(failure))),
        }
    }
    Ok((rows, None))
}

/// What is to be done to a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// Sealed with the current key, if it is sealed with another.
    Reseal,
    /// Sealed, if it is not.
    Seal,
}

/// Does it: reads the value as it lies there, and writes it sealed over just that.
async fn change(ring: &Ring, source: &ComponentSource, request: &Request, deed: Deed) -> Result<Came, Failure> {
    let mut tries = 0;
    loop {
        if look(ring, source, request, deed).await?.is_none() {
            return Ok(Came::Nothing);
        }
        if deed == Deed::Seal {
            // The first key is made in the way of every write.
            drop(source.seal_turn(request).await?);
        }
        // Alone, because not every store compares and writes in one step: what somebody set meanwhile would be lost.
        let turn = source.seal().turn_alone().await?;
        let Some(entry) = look(ring, source, request, deed).await? else { return Ok(Came::Nothing) };
        if cipher::head(&entry.value).is_some_and(|head| head.is_ok_and(|head| head.key == *turn.key_id())) {
            turn.written(request);
            return Ok(Came::Nothing);
        }
        let version = entry.version.clone();
        let value = source.seal().open(request, entry).await?.value;
        let sealed = turn.seal(request, &value)?;
        match source.store(request, &sealed, version.as_deref()).await {
            Ok(_) => {
                turn.written(request);
                return Ok(Came::Sealed);
            }
            // Whether it was written, the next look shows: a value is never lost by it.
            Err(failure) if tries < CONFLICTS && (failure.code == FailureCode::Conflict || failure.outcome_unknown) => {
                tries += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// The value as it lies there, if there is something to be done to it.
async fn look(ring: &Ring, source: &ComponentSource, request: &Request, deed: Deed) -> Result<Option<Entry>, Failure> {
    let entry = match source.fetch(request).await {
        Ok(Some(entry)) => entry,
        Ok(None) => {
            note_again(ring, source, request, None);
            return Ok(None);
        }
        // What is no JSON was not sealed here, and no key opens it.
        Err(failure) if deed == Deed::Reseal && failure.code == FailureCode::Invalid => return Ok(None),
        Err(failure) => return Err(failure),
    };
    match (deed, cipher::head(&entry.value)) {
        (Deed::Reseal, None) => {
            // It needs no key any more, and stays flagged.
            note_again(ring, source, request, Some(&Seen::Plain));
            Ok(None)
        }
        (Deed::Seal, Some(_)) => Ok(None),
        // Another app's, or another source's over the same store: it is changed there.
        (_, Some(Ok(head))) if !source.seal().sealed(&head) => Ok(None),
        _ => Ok(Some(entry)),
    }
}

/// Notes how a value is seen now, if it is written down at all.
fn note_again(ring: &Ring, source: &ComponentSource, request: &Request, seen: Option<&Seen>) {
    if let Some(row) = source.seal().row(request)
        && ring.ledger.seen(&row).is_some()
        && let Err(error) = ring.ledger.note(&row, seen)
    {
        tracing::debug!("the list of sealed values cannot be written: {error}");
    }
}

/// Removes the keys that nothing needs any more. Whoever seals meanwhile waits, and then looks which key it is.
async fn end(ring: &Ring, sources: &[ComponentSource], done: &mut Rekeyed) -> Result<(), Failure> {
    let _alone = ring.alone().await?;
    let mut record = ring.record()?;
    let Some(current) = record.current().and_then(Kept::id) else { return Ok(()) };
    let mut needed = BTreeSet::new();
    for (row, seen) in ring.ledger.rows().map_err(|error| ring.unusable(&error))? {
        let Seen::Sealed(key) = seen else { continue };
        if key != current && !sources.iter().any(|source| source.seal().is_of_store(&row)) {
            needed.insert(key);
            *done.elsewhere.entry(row.store).or_default() += 1;
        }
    }
    if done.unchanged.is_empty() {
        let keys = std::mem::take(&mut record.keys);
        let (kept, going) =
            keys.into_iter().partition(|kept| kept.is(&current) || kept.id().is_some_and(|id| needed.contains(&id)));
        record.keys = kept;
        done.removed_keys = going.len();
        record.going.extend::<Vec<Kept>>(going);
        ring.write_down(&record)?;
        ring.sweep(&mut record).await;
        ring.ledger.tidy().map_err(|error| ring.unusable(&error))?;
    }
    done.kept_keys = record.keys.len().saturating_sub(1);
    Ok(())
}

/// Seals what lies in plain and is secret.
pub(crate) async fn seal_plain(
    ring: &Ring,
    sources: &[ComponentSource],
    namespaces: &[&str],
    is_secret: &(dyn Fn(&Coordinate) -> bool + Sync),
) -> Result<SealedNow, Failure> {
    let mut done = SealedNow::default();
    for source in sources.iter().filter(|source| source.seal().is_on()) {
        let (rows, failure) = rows(ring, source, namespaces).await?;
        let name = source.name().to_owned();
        done.unchanged.extend(failure.map(|failure| Unchanged { source: name.clone(), at: None, failure }));
        for at in rows.into_iter().filter(|at| is_secret(at)) {
            match change(ring, source, &Request::new(at.clone()), Deed::Seal).await {
                Ok(Came::Sealed) => done.sealed.push((name.clone(), at)),
                Ok(Came::Nothing) => {}
                Err(failure) => done.unchanged.push(Unchanged { source: name.clone(), at: Some(at), failure }),
            }
        }
    }
    settle(sources).await;
    Ok(done)
}

async fn settle(sources: &[ComponentSource]) {
    for source in sources {
        source.settle().await;
    }
}
