//! `cargo xtask guests`: builds what runs in the sandbox, and puts it where the host's crates and tests look for it. What
//! is built already of the same sources is left alone; the sources' hash beside the components says so.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    root,
    step::Steps,
    toolchain::{self, Machine, TARGET, Toolchain},
};

// The build script of the bundle compares the same hash.
#[path = "../../plugins/bundle/sources.rs"]
mod sources;

/// Components that are built together.
pub(crate) struct Set {
    /// For the person.
    what: &'static str,
    /// The folder of their workspace, below the root.
    workspace: &'static str,
    /// What cargo makes, without `.wasm`, and what it is called where it is put.
    components: Vec<(String, String)>,
    /// Where they are put, below the root.
    destination: PathBuf,
    /// What they are made of, below the root.
    inputs: Vec<String>,
}

impl Set {
    /// The plugins that come with the program.
    pub(crate) fn bundled() -> Self {
        Set {
            what: "Building the bundled plugins",
            workspace: "plugins",
            components: sources::PLUGINS
                .iter()
                .map(|name| (format!("harmony_config_plugin_{}", name.replace('-', "_")), (*name).to_owned()))
                .collect(),
            destination: Path::new("plugins/bundle").join(sources::FOLDER),
            inputs: sources::inputs(),
        }
    }

    /// The plugins that misbehave, for the tests of the host.
    pub(crate) fn hostile() -> Self {
        let own = ["tests/guests/Cargo.toml", "tests/guests/Cargo.lock", "tests/guests/src"];
        let shared = ["sdk/rust/Cargo.toml", "sdk/rust/src", "wit"];
        Set {
            what: "Building the plugins of the tests",
            workspace: "tests/guests",
            components: vec![("harmony_config_hostile".to_owned(), "hostile".to_owned())],
            destination: PathBuf::from("tests/guests/wasm"),
            inputs: own.iter().chain(&shared).map(|input| (*input).to_owned()).collect(),
        }
    }

    /// Whether they are there, made of the sources as they are.
    fn is_current(&self, root: &Path, hash: &str) -> bool {
        let folder = root.join(&self.destination);
        let recorded = fs::read_to_string(folder.join(sources::RECORD)).unwrap_or_default();
        recorded.trim() == hash && self.components.iter().all(|(_, name)| wasm(&folder, name).is_file())
    }

    fn hash(&self, root: &Path) -> Result<String, Failure> {
        sources::hash(root, &self.inputs)
            .map_err(|error| Failure::new(format!("the sources in {} cannot be read: {error}", self.workspace)))
    }

    fn build(&self, root: &Path, toolchain: &Toolchain, hash: &str, steps: &mut Steps) -> Result<(), Failure> {
        let workspace = root.join(self.workspace);
        let destination = root.join(&self.destination);
        fs::create_dir_all(&destination).map_err(|error| Failure::io("cannot be made", &destination, &error))?;
        // Not current until the last one is in its place.
        let record = destination.join(sources::RECORD);
        if record.exists() {
            fs::remove_file(&record).map_err(|error| Failure::io("cannot be removed", &record, &error))?;
        }
        // One for all sets: where the standard library must be built, it is built once.
        let artifacts = root.join("plugins/target");
        steps.run(self.what, toolchain.about(), &mut toolchain.build(&workspace, &artifacts))?;
        let built = artifacts.join(TARGET).join("release");
        for (artifact, name) in &self.components {
            let (from, to) = (wasm(&built, artifact), wasm(&destination, name));
            let copied = fs::read(&from).and_then(|bytes| fs::write(&to, bytes));
            copied.map_err(|error| Failure::io(&format!("cannot be copied to {}", to.display()), &from, &error))?;
        }
        fs::write(&record, format!("{hash}\n")).map_err(|error| Failure::io("cannot be written", &record, &error))
    }
}

fn wasm(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.wasm"))
}

/// The names of the bundled plugins.
pub(crate) fn plugins() -> impl Iterator<Item = &'static str> {
    sources::PLUGINS.into_iter()
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut sets = vec![Set::bundled()];
    let mut force = false;
    for argument in arguments {
        match argument.as_str() {
            "--tests" => sets.push(Set::hostile()),
            "--force" => force = true,
            other => return Err(Failure::new(format!("`guests` takes --tests and --force, and got `{other}`"))),
        }
    }
    let mut steps = Steps::new(sets.len() + 1, root().join("target/xtask"));
    bring_up_to_date(&mut steps, &sets, force)
}

/// Builds the sets whose sources changed, or all of them. What builds WebAssembly is looked for only if it is needed.
pub(crate) fn bring_up_to_date(steps: &mut Steps, sets: &[Set], force: bool) -> Result<(), Failure> {
    let root = root();
    let mut toolchain: Option<Toolchain> = None;
    for set in sets {
        let hash = set.hash(&root)?;
        if !force && set.is_current(&root, &hash) {
            steps.note(&format!("{}: nothing to do, they are up to date", set.what));
            continue;
        }
        let found = match toolchain.take() {
            Some(found) => found,
            None => toolchain::obtain(&Machine::here(), env::var(toolchain::OVERRIDE).ok().as_deref(), steps)?,
        };
        set.build(&root, &found, &hash, steps)?;
        toolchain = Some(found);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, content) in [("a/src/lib.rs", "one"), ("a/Cargo.toml", "two")] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }

    fn hash(root: &Path) -> String {
        sources::hash(root, &["a/src".to_owned(), "a/Cargo.toml".to_owned()]).unwrap()
    }

    #[test]
    fn a_changed_a_new_and_a_renamed_source_change_the_hash_and_a_line_end_does_not() {
        let root = tree();
        let first = hash(root.path());
        assert_eq!(first, hash(tree().path()));
        fs::write(root.path().join("a/src/lib.rs"), "one\r\n").unwrap();
        let with_line_end = hash(root.path());
        assert_ne!(with_line_end, first);
        fs::write(root.path().join("a/src/lib.rs"), "one\n").unwrap();
        assert_eq!(hash(root.path()), with_line_end);
        fs::write(root.path().join("a/src/new.rs"), "").unwrap();
        let with_new = hash(root.path());
        assert_ne!(with_new, with_line_end);
        fs::rename(root.path().join("a/src/new.rs"), root.path().join("a/src/other.rs")).unwrap();
        assert_ne!(hash(root.path()), with_new);
    }

    #[test]
    fn components_are_current_while_all_are_there_and_of_the_same_sources() {
        let root = tree();
        let set = Set {
            what: "Building",
            workspace: "a",
            components: vec![("x".to_owned(), "one".to_owned()), ("y".to_owned(), "two".to_owned())],
            destination: PathBuf::from("out"),
            inputs: vec!["a/src".to_owned()],
        };
        let hash = set.hash(root.path()).unwrap();
        assert!(!set.is_current(root.path(), &hash));
        let out = root.path().join("out");
        fs::create_dir(&out).unwrap();
        for name in ["one.wasm", "two.wasm"] {
            fs::write(out.join(name), "").unwrap();
        }
        assert!(!set.is_current(root.path(), &hash));
        fs::write(out.join(sources::RECORD), format!("{hash}\n")).unwrap();
        assert!(set.is_current(root.path(), &hash));
        assert!(!set.is_current(root.path(), "other"));
        fs::remove_file(out.join("two.wasm")).unwrap();
        assert!(!set.is_current(root.path(), &hash));
    }

    #[test]
    fn every_source_of_a_set_exists() {
        for set in [Set::bundled(), Set::hostile()] {
            assert_eq!(set.hash(&root()).unwrap().len(), 64);
        }
    }
}
