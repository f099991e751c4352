//! What the person decided, in a file of their own: a row of tables in TOML, changed under a lock and replaced whole. What
//! a table says is the business of its kind ([`Trusted`], and the grants). Words that the person added stay.
//!
//! Stops: two programs that decide at once losing one decision; others on this machine deciding for the person. Does not
//! stop: the same user.

use std::{
    io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use harmony_config_core::ConfigError;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    denied,
    files::{self, Care, Fault, Unfit},
};
use crate::paths::private;

/// No person decides more than this.
const MAX_BYTES: u64 = 4 << 20;

/// One folder's reach that the person said yes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Trusted {
    /// The manifest's folder, every symbolic link on it followed.
    pub folder: PathBuf,
    /// The digest of what it reaches.
    pub reach: String,
    /// The day.
    pub on: String,
    /// What it reaches, in words.
    pub facts: Vec<String>,
}

/// A kind of decision: how its file begins, and how its tables are called.
pub(super) trait Kind: Serialize + DeserializeOwned + PartialEq + Clone {
    const FILE: &'static str;
    const TABLE: &'static str;
    const HEAD: &'static str;
}

impl Kind for Trusted {
    const FILE: &'static str = "trust.toml";
    const TABLE: &'static str = "trusted";
    const HEAD: &'static str = "# What you trusted, by folder. `harmony-config trust --list` shows it, `harmony-config \
                                untrust` takes it back.\nversion = 1\n";
}

/// The file of one kind of decision.
#[derive(Clone, Debug)]
pub(super) struct Store<K> {
    file: Option<PathBuf>,
    kind: std::marker::PhantomData<fn() -> K>,
}

impl<K: Kind> Store<K> {
    /// In the folder of what the person decides; without one, nothing is ever decided.
    pub(super) fn new(config: Option<&Path>) -> Self {
        Store { file: config.map(|folder| folder.join(K::FILE)), kind: std::marker::PhantomData }
    }

    /// All that was decided.
    pub(super) fn read(&self) -> Result<Vec<K>, ConfigError> {
        match &self.file {
            Some(file) => self.parse(&self.text(file)?),
            None => Ok(Vec::new()),
        }
    }

    /// Adds a decision below those that are there, in place of those that `replaces` says.
    pub(super) fn add(&self, new: &K, replaces: impl Fn(&K) -> bool) -> Result<(), ConfigError> {
        self.change(|text, all| {
            let mut text = without(text, K::TABLE, all, &replaces);
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&self.table(new)?);
            let kept = all.iter().filter(|one| !replaces(one)).cloned();
            Ok((text, kept.chain([new.clone()]).collect()))
        })
    }

    /// Takes decisions back, and answers with them.
    pub(super) fn remove(&self, which: impl Fn(&K) -> bool) -> Result<Vec<K>, ConfigError> {
        let mut removed = Vec::new();
        // Nothing is made where there was nothing.
        if self.read()?.iter().any(&which) {
            self.change(|text, all| {
                let kept;
                (removed, kept) = all.iter().cloned().partition(&which);
                Ok((without(text, K::TABLE, all, &which), kept))
            })?;
        }
        Ok(removed)
    }

    fn table(&self, row: &K) -> Result<String, ConfigError> {
        let table = toml::to_string(row).map_err(|error| self.fault("cannot be written", &error))?;
        Ok(format!("\n[[{}]]\n{table}", K::TABLE))
    }

    /// `new` answers with the text, and with what it has to say.
    fn change(&self, new: impl FnOnce(&str, &[K]) -> Result<(String, Vec<K>), ConfigError>) -> Result<(), ConfigError> {
        let no_home = || {
            ConfigError::other("there is no home directory, and so no place to keep what you decide")
                .with_remedy("set HOME or HARMONY_CONFIG_HOME")
        };
        let file = self.file.as_deref().ok_or_else(no_home)?;
        let folder = file.parent().ok_or_else(no_home)?;
        let unwritten = |error: io::Error| self.fault("cannot be written", &error);
        private::make_folder(folder).map_err(unwritten)?;
        // Held to the end of this function: who decides at the same moment comes after.
        let lock = private::open_to_lock(&file.with_extension("lock")).map_err(unwritten)?;
        lock.lock().map_err(unwritten)?;
        let mut text = self.text(file)?;
        let all = self.parse(&text)?;
        if text.is_empty() {
            text = K::HEAD.to_owned();
        }
        let (mut text, rows) = new(&text, &all)?;
        // Cutting lines is for the person's own words. Where a table is written so that it went wrong, they go.
        if self.parse(&text).ok().as_deref() != Some(rows.as_slice()) {
            let tables: Vec<String> = rows.iter().map(|row| self.table(row)).collect::<Result<_, _>>()?;
            text = format!("{}{}", K::HEAD, tables.concat());
        }
        private::replace(file, text.as_bytes()).map_err(unwritten)
    }

    /// The file's text; none where there is no file.
    fn text(&self, file: &Path) -> Result<String, ConfigError> {
        match files::read(file, MAX_BYTES, Care::Own, true) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| self.fault("cannot be read", &"it is not UTF-8")),
            Err(Fault::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(Fault::Unfit(unfit)) => {
                let why = match unfit {
                    Unfit::Foreign(uid) => format!("it belongs to another user (number {uid})"),
                    Unfit::Writable(who) => format!("{who} may write it"),
                };
                Err(denied(format!("{} decides nothing: {why}", file.display()))
                    .with_remedy("look at it, then make it yours alone (chown, chmod 600), or remove it"))
            }
            Err(Fault::Io(error)) => Err(self.fault("cannot be read", &error)),
            Err(Fault::Link) => Err(self.fault("cannot be read", &"it is a symbolic link")),
        }
    }

    fn parse(&self, text: &str) -> Result<Vec<K>, ConfigError> {
        let mut table: toml::Table =
            toml::from_str(text).map_err(|error| self.fault("cannot be read", &error.message()))?;
        match table.remove("version").map(|version| version.as_integer()) {
            None if text.is_empty() => {}
            Some(Some(1)) => {}
            _ => return Err(self.fault("cannot be read", &"its version is not 1")),
        }
        let rows = match table.remove(K::TABLE) {
            None => return Ok(Vec::new()),
            Some(toml::Value::Array(rows)) => rows,
            Some(_) => return Err(self.fault("cannot be read", &format!("`{}` is no row of tables", K::TABLE))),
        };
        let rows = rows.into_iter().map(|row| row.try_into());
        rows.collect::<Result<_, toml::de::Error>>().map_err(|error| self.fault("cannot be read", &error.message()))
    }

    fn fault(&self, what: &str, why: &dyn std::fmt::Display) -> ConfigError {
        let file = self.file.as_deref().unwrap_or(Path::new(K::FILE)).display();
        denied(format!("{file}, which holds what you decided, {what}: {why}"))
            .with_remedy("mend it, or move it away and decide anew")
    }
}

/// The text without some of its tables. A table's words go with it, those above it stay.
fn without<K>(text: &str, table: &str, all: &[K], which: &impl Fn(&K) -> bool) -> String {
    let header = format!("[[{table}]]");
    let mut kept = String::with_capacity(text.len());
    let mut row = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.starts_with('[') {
            row = match trimmed.starts_with(&header) {
                true => Some(row.map_or(0, |row: usize| row + 1)),
                false => row,
            };
        }
        // Between tables stands what the person wrote about the next one.
        let about_next = trimmed.starts_with('#') || trimmed.trim_end().is_empty();
        let goes = row.and_then(|row| all.get(row)).is_some_and(which) && !about_next;
        if !goes {
            kept.push_str(line);
        }
    }
    kept
}

/// The day, as people who work with computers write it.
pub(super) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    day(seconds / 86_400)
}

/// The day of this number, counted from 1970-01-01, in the Gregorian calendar.
fn day(number: u64) -> String {
    // Counted in eras of 400 years that begin on the first of March, so that a leap day is the last of its year.
    let since = number + 719_468;
    let (era, of_era) = (since / 146_097, since % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(unix)]
    fn mode(file: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    fn trusted(folder: &str, reach: &str) -> Trusted {
        Trusted {
            folder: folder.into(),
            reach: reach.to_owned(),
            on: "2026-01-31".to_owned(),
            facts: vec!["read and write \"/srv\"\nand more".to_owned()],
        }
    }

    fn world() -> (tempfile::TempDir, PathBuf, Store<Trusted>) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config/app");
        let store = Store::new(Some(&config));
        (folder, config.join("trust.toml"), store)
    }

    #[test]
    fn what_was_decided_is_read_again_and_taken_back() {
        let (_keep, file, store) = world();
        assert_eq!(store.read().unwrap(), []);
        assert_eq!(store.remove(|_| true).unwrap(), []);
        assert!(!file.exists(), "nothing is made where nothing was decided");
        for (folder, reach) in [("/a", "sha256:1"), ("/b", "sha256:2"), ("/a", "sha256:3")] {
            store.add(&trusted(folder, reach), |old| old.folder == Path::new("/b")).unwrap();
        }
        let folders = |all: Vec<Trusted>| all.into_iter().map(|one| one.reach).collect::<Vec<_>>();
        assert_eq!(folders(store.read().unwrap()), ["sha256:1", "sha256:3"], "the one of /b was replaced");
        assert_eq!(folders(store.remove(|one| one.reach == "sha256:1").unwrap()), ["sha256:1"]);
        assert_eq!(store.read().unwrap(), [trusted("/a", "sha256:3")]);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_or_write_it_and_what_others_could_have_written_decides_nothing() {
        use std::os::unix::fs::PermissionsExt;
        let (_keep, file, store) = world();
        store.add(&trusted("/a", "sha256:1"), |_| false).unwrap();
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o620)).unwrap();
        let error = store.read().unwrap_err();
        assert!(error.message().contains("a group of users may write it"), "{error}");
        assert_eq!(error.exit_code(), 5);
        assert!(store.add(&trusted("/b", "sha256:2"), |_| false).is_err(), "and nothing is added to it");
    }

    #[test]
    fn what_the_person_wrote_into_it_stays() {
        let (_keep, file, store) = world();
        store.add(&trusted("/a", "sha256:1"), |_| false).unwrap();
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str("# seen with Ada\n");
        fs::write(&file, &text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        store.add(&trusted("/b", "sha256:2"), |_| false).unwrap();
        store.remove(|one| one.folder == Path::new("/a")).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# What you trusted") && text.contains("# seen with Ada\n"), "{text}");
        assert_eq!(store.read().unwrap(), [trusted("/b", "sha256:2")]);
    }

    #[test]
    fn a_folder_with_a_strange_name_confuses_nothing() {
        let (_keep, _, store) = world();
        for folder in ["/a\n[[trusted]]\nfolder = 1", "/b\n# not", "/c\n\"\"\"", "/d\r\n[x]"] {
            store.add(&trusted(folder, "sha256:1"), |_| false).unwrap();
            store.add(&trusted("/plain", "sha256:2"), |one| one.folder == Path::new("/plain")).unwrap();
            assert_eq!(store.read().unwrap().len(), 2, "{folder:?}");
            store.remove(|one| one.folder == Path::new(folder)).unwrap();
            assert_eq!(store.read().unwrap(), [trusted("/plain", "sha256:2")], "{folder:?}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_trusts_nothing_and_is_left_alone() {
        let (_keep, file, store) = world();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        for text in ["version = 2\n", "version = 1\ntrusted = 3\n", "version = 1\n[[trusted]]\nfolder = 1\n", "x"] {
            fs::write(&file, text).unwrap();
            #[cfg(unix)]
            fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            assert!(store.read().is_err(), "{text}");
            assert!(store.add(&trusted("/a", "sha256:1"), |_| false).is_err(), "{text}");
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
    }

    #[test]
    fn many_who_decide_at_once_lose_nothing() {
        let (_keep, _, store) = world();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..10 {
                        store.add(&trusted(&format!("/{thread}/{number}"), "sha256:1"), |_| false).unwrap();
                    }
                });
            }
        });
        assert_eq!(store.read().unwrap().len(), 80);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (number, written) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_782, "2026-11-25"),
            (47_540, "2100-02-28"),
        ] {
            assert_eq!(day(number), written);
        }
    }
}
