//! One secret, put wherever a secret can be, and looked for in all that was said and written. It may be where an older
//! program put it in plain, and where `get` of the command line was asked to print it; nowhere else.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use crate::world::{Done, World};

const CANARY: &str = "kanarienvogel-7f3a91";

/// At the highest verbosity, with everything of errors and causes shown.
fn loud() -> World {
    let mut world = World::new()
        .with("RUST_LOG", "trace")
        .with("HARMONY_CONFIG_LOG", "trace")
        .with("RUST_BACKTRACE", "full")
        .with("ACCEPTANCE_DEBUG", "1");
    // Compiled code too is looked at.
    let cache = world.home().join(".cache").display().to_string();
    world.set("XDG_CACHE_HOME", cache);
    world
}

fn auth() -> String {
    format!(r#"{{"host":"fcs-1","user":"admin","password":"{CANARY}"}}"#)
}

#[track_caller]
fn silent(done: &Done) {
    assert!(!done.out.contains(CANARY), "standard output: {}", around(&done.out));
    assert!(!done.err.contains(CANARY), "standard error: {}", around(&done.err));
}

fn around(text: &str) -> String {
    let at = text.find(CANARY).unwrap_or_default();
    text.chars().skip(at.saturating_sub(300)).take(600).collect()
}

/// All that the program can be asked to do with a value, and all that the command line can but `get`.
#[track_caller]
fn everything(world: &World, key: &str) -> Vec<Done> {
    let mut all = Vec::new();
    for step in ["get", "ask", "explain", "die-of"] {
        all.push(world.run(&["log", step, key]));
    }
    for arguments in [
        &["-vvv", "explain", key][..],
        &["-vvv", "explain", key, "--json"],
        &["-vvv", "list"],
        &["-vvv", "list", "--json"],
        &["-vvv", "get", &format!("{key}.nothing")],
        &["-vvv", "--json", "get", &format!("{key}.password.deeper")],
        &["-vvv", "get", key, "--from", "nowhere"],
    ] {
        all.push(world.cli(arguments, b""));
    }
    all.iter().for_each(silent);
    all
}

/// The files below a folder that have the canary in them.
fn nests(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(nests(&path));
        } else if fs::read(&path).unwrap_or_default().windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes()) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

#[test]
fn a_secret_in_a_variable_is_not_seen() {
    for (name, value) in [
        ("HARMONY_CONFIG_BrocadeSwitchAuth", auth()),
        ("HARMONY_CONFIG_BrocadeSwitchAuth__password", CANARY.to_owned()),
        // Where it does not belong, and in what cannot be read.
        ("HARMONY_CONFIG_BrocadeSwitchAuth", format!(r#"{{"host":1,"user":"{CANARY}","password":["{CANARY}"]}}"#)),
        ("HARMONY_CONFIG_BrocadeSwitchAuth", format!(r#"{{"host":"{CANARY}","password":"{CANARY}"#)),
        ("HARMONY_CONFIG_BrocadeSwitchAuth", CANARY.to_owned()),
        ("HARMONY_CONFIG_BrocadeSwitchAuth", format!(r#""{CANARY}""#)),
    ] {
        let world = loud().with(name, value);
        everything(&world, "BrocadeSwitchAuth");
        assert_eq!(nests(&world.path("")), [""; 0]);
    }
    let world = loud().with("HARMONY_CONFIG_AppConfig__port", CANARY).with("HARMONY_CONFIG_AppConfig__tags", "[]");
    let done = everything(&world, "AppConfig");
    assert!(done.iter().any(|done| done.err.contains("HARMONY_CONFIG_AppConfig__port")), "the log is not on");
}

#[test]
fn a_secret_of_the_strong_type_is_not_seen_even_where_the_program_shows_its_struct() {
    let world = loud().with("HARMONY_CONFIG_ApiToken", format!(r#"{{"token":"{CANARY}"}}"#));
    let done = everything(&world, "ApiToken");
    assert!(done[0].out.contains("***"), "{:?}", done[0]);
}

#[test]
fn a_secret_of_an_older_program_is_seen_in_its_database_alone_and_nowhere_after_it_was_set_anew() {
    let world = loud();
    world.store("BrocadeSwitchAuth", &auth());
    everything(&world, "BrocadeSwitchAuth");
    let nests_of_before = nests(&world.path(""));
    assert!(
        !nests_of_before.is_empty() && nests_of_before.iter().all(|name| name == "config.db"),
        "{nests_of_before:?}"
    );
    let changed = world.run_with(&["log", "set", "BrocadeSwitchAuth"], &format!("{}\n", auth())).well();
    silent(&changed);
    // What was plain may still be in the file, until it is looked after.
    silent(&world.cli(&["-vvv", "seal"], b"").well());
    assert_eq!(nests(&world.path("")), [""; 0]);
    // Printed where it was asked for, and in nothing beside it.
    let asked = world.cli(&["-vvv", "get", "BrocadeSwitchAuth.password"], b"").well();
    assert_eq!(asked.out, format!("{CANARY}\n"));
    assert!(!asked.err.contains(CANARY), "{}", around(&asked.err));

    for broken in [format!("{{{CANARY}"), format!(r#"{{"host":"{CANARY}","user":["{CANARY}"]}}"#), CANARY.to_owned()] {
        world.store("BrocadeSwitchAuth", &broken);
        everything(&world, "BrocadeSwitchAuth");
    }
}

#[test]
fn a_secret_that_is_kept_in_a_file_is_not_seen_in_it() {
    let world = loud();
    let files = world.project().join("files");
    fs::create_dir(&files).unwrap();
    fs::set_permissions(&files, fs::Permissions::from_mode(0o700)).unwrap();
    world.manifest(
        "version = 1\nnamespace = \"harmony\"\nchain = [\"env\", \"files\", \"prompt\"]\n[source.files]\n\
         plugin = \"builtin:local-file\"\nsettings = { dir = \"files\" }\n",
    );
    silent(&world.run_with(&["log", "set", "BrocadeSwitchAuth"], &format!("{}\n", auth())).well());
    everything(&world, "BrocadeSwitchAuth");
    assert!(files.join("BrocadeSwitchAuth.json").is_file());
    assert_eq!(nests(&world.path("")), [""; 0]);
    for broken in [format!("{{{CANARY}"), format!(r#"{{"host":"{CANARY}","user":["{CANARY}"]}}"#)] {
        fs::write(files.join("BrocadeSwitchAuth.json"), broken).unwrap();
        everything(&world, "BrocadeSwitchAuth");
    }
}

#[test]
fn a_secret_that_is_typed_and_kept_is_seen_nowhere() {
    let world = loud();
    let mut terminal = world.sit_down_at(60, 200, &["log", "ask", "BrocadeSwitchAuth"]);
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", CANARY)]);
    assert_eq!(terminal.end().code, 0, "{}", terminal.text());
    assert!(!String::from_utf8_lossy(&terminal.sent).contains(CANARY), "{}", terminal.text());
    assert!(world.in_the_table("BrocadeSwitchAuth").is_some());
    assert_eq!(nests(&world.path("")), [""; 0]);
}

#[test]
fn a_secret_that_is_pasted_and_then_not_sent_is_not_seen() {
    let world = loud();
    let mut terminal = world.sit_down_at(60, 200, &["log", "ask", "ApiToken"]);
    terminal.asked("token").press(&format!("\x1b[200~{CANARY}\x1b[201~")).see("****").press("\x03");
    assert_eq!(terminal.end().code, 1, "{}", terminal.text());
    assert!(!String::from_utf8_lossy(&terminal.sent).contains(CANARY), "{}", terminal.text());
    assert_eq!(nests(&world.path("")), [""; 0]);
}

#[test]
fn a_secret_that_could_not_be_kept_is_not_seen_in_the_error_that_carries_it() {
    let world = loud();
    world.store("Other", "1");
    let mut terminal = world.sit_down_at(60, 200, &["log", "ask", "BrocadeSwitchAuth"]);
    terminal.asked("host");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let holder = runtime.block_on(async {
        let mut database = SqliteConnectOptions::new().filename(world.database()).connect().await.unwrap();
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut database).await.unwrap();
        database
    });
    terminal.fill(&[("host", "fcs-1"), ("user", "admin"), ("password", CANARY)]);
    assert_ne!(terminal.end().code, 0, "{}", terminal.text());
    let sent = String::from_utf8_lossy(&terminal.sent).into_owned();
    assert!(sent.contains("unsaved") && sent.contains("not-persisted"), "{sent}");
    assert!(!sent.contains(CANARY), "{}", around(&sent));
    drop(runtime.block_on(holder.close()));
    assert_eq!(nests(&world.path("")), [""; 0]);

    // The same with a folder in which nothing can be made.
    let world = loud();
    fs::write(world.home().join(".local"), "").unwrap();
    let done = world.run_with(&["log", "set", "BrocadeSwitchAuth"], &format!("{}\n", auth()));
    assert!(done.code != Some(0) && done.err.contains("unsaved"), "{done:?}");
    silent(&done);
    silent(&world.cli(&["-vvv", "--json", "set", "BrocadeSwitchAuth", "-"], auth().as_bytes()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_secret_from_a_pipe_is_in_no_list_of_processes() {
    let world = loud();
    let (ended, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let watch = thread::spawn({
        let (ended, seen) = (Arc::clone(&ended), Arc::clone(&seen));
        move || {
            let mut looked_at = 0;
            while !ended.load(Ordering::SeqCst) {
                for entry in fs::read_dir("/proc").unwrap().flatten() {
                    let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                    looked_at += usize::from(!words.is_empty());
                    if words.windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes()) {
                        seen.store(true, Ordering::SeqCst);
                    }
                }
            }
            looked_at
        }
    });
    for _ in 0..3 {
        silent(&world.cli(&["-vvv", "set", "BrocadeSwitchAuth", "-"], auth().as_bytes()).well());
        silent(&world.cli(&["-vvv", "--json", "set", "Token", "-"], CANARY.as_bytes()).well());
        silent(&world.run(&["log", "get", "BrocadeSwitchAuth"]).well());
        silent(&world.cli(&["-vvv", "unset", "Token"], b"").well());
    }
    ended.store(true, Ordering::SeqCst);
    assert!(watch.join().unwrap() > 0, "no process was looked at");
    assert!(!seen.load(Ordering::SeqCst), "it stands on a command line");
}
