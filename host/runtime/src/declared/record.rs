//! What a program leaves behind for the command line when it loads its configuration: a schema document of its types, in
//! the person's data folder. It is written when the program is another than the one that wrote it, and that it cannot be
//! written is no failure of the program's.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use harmony_config_core::Registry;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{Manifest, Places, hex, paths::private, trust::files::Care};

/// Names the build that wrote a record: while it is the same, so are its types.
const BUILD: &str = "x-harmony-build";

/// How much of a record is read to see whether it is this build's.
const HEAD: u64 = 512;

/// Leaves a record of this program's types. Cheap where there is one already.
pub(crate) fn keep(manifest: &Manifest, places: &Places, linked: &Registry) {
    // A test's types are no program's.
    if linked.is_empty() || Registry::is_of_a_test() {
        return;
    }
    if let Err(error) = try_keep(manifest, places, linked) {
        tracing::debug!("what this program declares is not recorded for the command line: {error}");
    }
}

fn try_keep(manifest: &Manifest, places: &Places, linked: &Registry) -> io::Result<()> {
    let Some(folder) = folder(manifest, places) else { return Ok(()) };
    let program = env::current_exe()?;
    let build = build(&program)?;
    let file = folder.join(format!("{}.json", program_name(program.file_stem().unwrap_or_default())));
    if is_of(&file, &build) {
        return Ok(());
    }
    private::make_folder(&folder)?;
    let mut temporary = tempfile::NamedTempFile::new_in(&folder)?;
    temporary.write_all(document(linked, &build).as_bytes())?;
    temporary.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

/// The records of a project's programs, the newest first.
pub(super) fn read(manifest: &Manifest, places: &Places) -> Vec<(Registry, PathBuf)> {
    let Some(entries) = folder(manifest, places).and_then(|folder| fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension() == Some(OsStr::new("json")))
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    files.sort();
    let parse = |file: PathBuf| {
        let text = super::read(&file, Care::Own).ok()?;
        match Registry::from_document(&text, &file.display().to_string()) {
            Ok(registry) => Some((registry, file)),
            Err(error) => {
                tracing::debug!("{}", error.message());
                None
            }
        }
    };
    files.into_iter().rev().filter_map(|(_, file)| parse(file)).collect()
}

/// Where the records of a project lie: what is one project is told by the manifest's folder, else by app and namespace.
fn folder(manifest: &Manifest, places: &Places) -> Option<PathBuf> {
    let data = places.data.as_ref()?;
    let mut hash = Sha256::new();
    match manifest.file.as_deref() {
        Some(file) => {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            hash.update(fs::canonicalize(folder).ok()?.as_os_str().as_encoded_bytes());
        }
        None => hash.update(format!("{}\0{}", manifest.app, manifest.namespace)),
    }
    Some(data.join("declared").join(hex::short(&hash.finalize(), 8)))
}

/// What tells this build of a program from any other.
fn build(program: &Path) -> io::Result<String> {
    let metadata = fs::metadata(program)?;
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let path = hex::short(&Sha256::digest(program.as_os_str().as_encoded_bytes()), 8);
    Ok(format!("{path}-{}-{changed}", metadata.len()))
}

/// The name under which a program's record lies. What cargo adds to a name (`-` and 16 digits) changes with every build.
fn program_name(stem: &OsStr) -> String {
    let name = stem.to_string_lossy();
    match name.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name.to_owned(),
        _ => name.into_owned(),
    }
}

/// Whether the record there was written by this build. Its first lines say so.
fn is_of(file: &Path, build: &str) -> bool {
    let mut head = Vec::new();
    let read = fs::File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.is_ok() && String::from_utf8_lossy(&head).contains(&format!("\"{BUILD}\": \"{build}\""))
}

fn document(linked: &Registry, build: &str) -> String {
    let mut members = Map::new();
    members.insert(BUILD.to_owned(), build.into());
    if let Ok(Value::Object(document)) = serde_json::from_str(&linked.to_document()) {
        members.extend(document);
    }
    format!("{:#}\n", Value::Object(members))
}

#[cfg(test)]
#[allow(clippy::print_stdout, reason = "a measurement is for whoever runs the test with --nocapture")]
mod tests {
    use super::*;

    #[test]
    fn a_programs_record_has_its_name_whatever_cargo_adds_to_it() {
        for (stem, name) in [
            ("harmony", "harmony"),
            ("my-program", "my-program"),
            ("unit-0123456789abcdef", "unit"),
            ("a-0123456789abcdeg", "a-0123456789abcdeg"),
        ] {
            assert_eq!(program_name(OsStr::new(stem)), name);
        }
    }

    #[test]
    fn projects_are_told_apart_by_their_folder_or_by_app_and_namespace() {
        let home = tempfile::tempdir().unwrap();
        let places = Places { data: Some(home.path().to_owned()), ..Places::default() };
        let of = |manifest: &Manifest| folder(manifest, &places).unwrap();
        let built_in = Manifest::built_in("acme");
        let other = Manifest { namespace: "other".to_owned(), ..Manifest::built_in("acme") };
        assert_ne!(of(&built_in), of(&other));
        let in_folder = Manifest { file: Some(home.path().join("harmony-config.toml")), ..built_in.clone() };
        let renamed = Manifest { file: Some(home.path().join("other.toml")), ..other };
        assert_eq!(of(&in_folder), of(&renamed), "one folder is one project");
        assert_ne!(of(&in_folder), of(&built_in));
        assert_eq!(folder(&built_in, &Places::default()), None, "no home, no record");
    }

    #[test]
    fn a_start_that_changes_nothing_is_cheap() {
        let home = tempfile::tempdir().unwrap();
        let places = Places { data: Some(home.path().to_owned()), ..Places::default() };
        let text = r#"{"x-harmony-version":1,"properties":{"K":{"x-harmony-class":"secret"}}}"#;
        let declared = Registry::from_document(text, "d").unwrap();
        let manifest = Manifest { file: Some(home.path().join("harmony-config.toml")), ..Manifest::built_in("acme") };
        keep(&manifest, &places, &declared);
        assert_eq!(read(&manifest, &places).len(), 1, "the first start leaves a record");
        let once = || {
            let start = std::time::Instant::now();
            keep(&manifest, &places, &declared);
            start.elapsed()
        };
        // The quickest of many, because the machine has other things to do.
        let quickest = (0..200).map(|_| once()).min().unwrap();
        assert!(quickest < std::time::Duration::from_micros(200), "{quickest:?}");
        println!("a start that changes nothing: {quickest:?}");
    }

    #[test]
    fn a_record_tells_the_build_that_wrote_it() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("p.json");
        fs::write(&file, document(&Registry::default(), "b-1")).unwrap();
        assert!(is_of(&file, "b-1"));
        assert!(!is_of(&file, "b-2") && !is_of(&home.path().join("none.json"), "b-1"));
    }
}
