//! Reads a recipe of the examples (values of charts, manifests, the shell lines of its README) and says where its files
//! contradict each other. It asks no server and renders no chart: `README.md` of the recipe says what was not run.

mod addresses;
mod secrets;
mod steps;
mod versions;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// The folders with the files of one kind of cluster each.
pub const DISTRIBUTIONS: [&str; 2] = ["k3d", "openshift"];

/// A recipe: its files, by their paths below its folder, with `/`.
#[derive(Clone, Debug)]
pub struct Recipe {
    folder: PathBuf,
    files: BTreeMap<String, String>,
}

impl Recipe {
    /// All files of this folder, but those that the recipe itself has a person write (`*.local.toml`).
    ///
    /// # Errors
    /// Where one cannot be read, or is not text.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let (path, name) = { entry.map(|entry| (entry.path(), entry.file_name().to_string_lossy().into_owned()))? };
            if path.is_dir() {
                let inner = Recipe::read(&path)?.files;
                files.extend(inner.into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
            } else if !name.ends_with(".local.toml") {
                files.insert(name, fs::read_to_string(path)?);
            }
        }
        Ok(Recipe { folder: folder.to_owned(), files })
    }

    /// The same recipe with one file that says something else: for showing that a check notices. `None` where the file does
    /// not say `from`, so that a control that controls nothing is noticed too.
    #[must_use]
    pub fn with(&self, path: &str, from: &str, to: &str) -> Option<Self> {
        let mut changed = self.clone();
        let text = changed.files.get_mut(path).filter(|text| text.contains(from))?;
        *text = text.replace(from, to);
        Some(changed)
    }

    /// The same recipe with a file more.
    #[must_use]
    pub fn with_file(&self, path: &str, text: &str) -> Self {
        let mut changed = self.clone();
        changed.files.insert(path.to_owned(), text.to_owned());
        changed
    }

    /// The text of a file, and nothing where there is none.
    #[must_use]
    pub fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }

    /// What the file says, as YAML; null where it cannot be read, which [`Recipe::unreadable`] says.
    fn yaml(&self, path: &str) -> Value {
        serde_saphyr::from_str(self.text(path)).unwrap_or_default()
    }

    fn toml(&self, path: &str) -> Value {
        toml::from_str(self.text(path)).unwrap_or_default()
    }

    fn paths(&self, ending: &str) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(move |path| path.ends_with(ending))
    }

    /// Files that do not parse. A key that stands twice in YAML is such a fault.
    #[must_use]
    pub fn unreadable(&self) -> Vec<String> {
        let yaml = self.paths(".yaml").filter_map(|path| {
            let error = serde_saphyr::from_str::<Value>(self.text(path)).err()?;
            Some(format!("{path}: {error}"))
        });
        let toml = self.paths(".toml").filter_map(|path| {
            let error = toml::from_str::<Value>(self.text(path)).err()?;
            Some(format!("{path}: {error}"))
        });
        yaml.chain(toml).collect()
    }

    /// Where a switch of one kind of cluster stands at another one.
    #[must_use]
    pub fn wrong_distribution(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for folder in DISTRIBUTIONS {
            let wanted = Value::Bool(folder == "openshift");
            let path = format!("{folder}/openbao.yaml");
            let found = self.yaml(&path);
            if found.pointer("/global/openshift") != Some(&wanted) {
                faults.push(format!("{path}: global.openshift has to be {wanted}"));
            }
        }
        faults
    }

    /// Files that the README does not name, and names in it that lead nowhere.
    #[must_use]
    pub fn lost_files(&self) -> Vec<String> {
        let readme = self.text("README.md");
        let unnamed = self
            .files
            .keys()
            .filter(|path| *path != "README.md" && !readme.contains(path.as_str()))
            .map(|path| format!("{path} is not named in README.md"));
        let anchors: Vec<String> = readme.lines().filter(|line| line.starts_with('#')).map(anchor).collect();
        let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let dead = links.filter(|link| match link.strip_prefix('#') {
            Some(wanted) => !anchors.iter().any(|anchor| anchor == wanted),
            None => !link.contains("://") && !self.folder.join(link.split('#').next().unwrap_or(link)).exists(),
        });
        let words = readme.split(|c: char| c.is_whitespace() || "`\"'()[]<>|=,".contains(c));
        let missing = words.filter(|word| {
            let ours = DISTRIBUTIONS.iter().any(|folder| word.starts_with(&format!("{folder}/")));
            let file = word.ends_with(".yaml") || word.ends_with(".toml") || word.ends_with(".env");
            ours && file && !word.ends_with(".local.toml") && !self.files.contains_key(*word)
        });
        let dead = dead.chain(missing).map(|name| format!("README.md names {name}, which is not there"));
        unnamed.chain(dead).collect()
    }
}

/// The place that a heading is linked by.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
