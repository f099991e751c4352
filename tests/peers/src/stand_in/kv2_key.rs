//! One key of KV version 2 and its versions.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    replies::Reply,
    request::Fields,
    time::{self, Moment},
};

/// How many versions are kept where nothing is said.
const KEPT: u64 = 10;

/// What a mount or a key demands of its versions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) max_versions: u64,
    pub(crate) cas_required: bool,
    pub(crate) delete_version_after: Duration,
}

impl Limits {
    pub(crate) fn read(&mut self, fields: &Fields) -> Result<(), Reply> {
        self.max_versions = fields.number("max_versions").unwrap_or(self.max_versions);
        self.cas_required = fields.flag("cas_required").unwrap_or(self.cas_required);
        self.delete_version_after = fields.duration("delete_version_after")?.unwrap_or(self.delete_version_after);
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) limits: Limits,
    pub(crate) current: u64,
    pub(crate) versions: BTreeMap<u64, Version>,
    pub(crate) custom_metadata: Option<Value>,
    oldest: u64,
    created: Moment,
    updated: Moment,
}

#[derive(Debug)]
pub(crate) struct Version {
    created: Moment,
    deleted: Option<Moment>,
    /// `None`: destroyed.
    pub(crate) data: Option<Map<String, Value>>,
}

impl Version {
    pub(crate) fn is_deleted(&self, now: Moment) -> bool {
        self.deleted.is_some_and(|at| at <= now)
    }

    pub(crate) fn delete(&mut self, now: Moment) {
        if self.data.is_some() && !self.is_deleted(now) {
            self.deleted = Some(now);
        }
    }

    pub(crate) fn undelete(&mut self) {
        self.deleted = None;
    }

    pub(crate) fn destroy(&mut self) {
        self.data = None;
    }

    pub(crate) fn facts(&self, number: u64, custom_metadata: Option<&Value>) -> Value {
        json!({
            "created_time": time::timestamp(self.created),
            "custom_metadata": custom_metadata,
            "deletion_time": self.deleted.map(time::timestamp).unwrap_or_default(),
            "destroyed": self.data.is_none(),
            "version": number,
        })
    }
}

impl Key {
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            limits: Limits::default(),
            current: 0,
            versions: BTreeMap::new(),
            custom_metadata: None,
            oldest: 0,
            created: now,
            updated: now,
        }
    }

    pub(crate) fn add(&mut self, data: Map<String, Value>, mount: Limits, now: Moment) {
        let shortest = [self.limits.delete_version_after, mount.delete_version_after];
        let life = shortest.into_iter().filter(|life| !life.is_zero()).min();
        self.current += 1;
        self.updated = now;
        let deleted = life.map(|life| now.saturating_add(life));
        self.versions.insert(self.current, Version { created: now, deleted, data: Some(data) });
        let kept = [self.limits.max_versions, mount.max_versions, KEPT].into_iter().find(|kept| *kept > 0);
        let first = (self.current + 1).saturating_sub(kept.unwrap_or(KEPT));
        if first > 1 {
            self.versions.retain(|number, _| *number >= first);
            self.oldest = first;
        }
    }

    pub(crate) fn configure(&mut self, fields: &Fields, now: Moment) -> Result<(), Reply> {
        self.limits.read(fields)?;
        if let Some(metadata) = fields.get("custom_metadata") {
            self.custom_metadata = Some(metadata.clone());
        }
        self.updated = now;
        Ok(())
    }

    pub(crate) fn metadata(&self) -> Value {
        let version = |(number, version): (&u64, &Version)| {
            let facts = json!({
                "created_time": time::timestamp(version.created),
                "deletion_time": version.deleted.map(time::timestamp).unwrap_or_default(),
                "destroyed": version.data.is_none(),
            });
            (number.to_string(), facts)
        };
        json!({
            "cas_required": self.limits.cas_required,
            "created_time": time::timestamp(self.created),
            "current_metadata_version": 0,
            "current_version": self.current,
            "custom_metadata": self.custom_metadata,
            "delete_version_after": time::in_words(self.limits.delete_version_after),
            "max_versions": self.limits.max_versions,
            "metadata_cas_required": false,
            "oldest_version": self.oldest,
            "updated_time": time::timestamp(self.updated),
            "versions": self.versions.iter().map(version).collect::<Map<_, _>>(),
        })
    }
}
