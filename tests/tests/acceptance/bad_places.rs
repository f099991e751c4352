//! Places that cannot be used: folders that may not be written, databases that are none, no home at all. What does not
//! need the place goes on working.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    process::Command,
};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use crate::world::{PROGRAM, World, finish, start};

const AUTH: &str = r#"{"host":"fcs-1","user":"admin","password":"opensesame"}"#;

/// The program as a user who owns nothing here and has no entry in the list of users: as root by giving up its rights,
/// else in a namespace of users.
fn as_a_stranger(world: &World, steps: &[&str]) -> Command {
    for folder in ["", "home", "project"] {
        fs::set_permissions(world.path(folder), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let root = fs::metadata(world.path("")).unwrap().uid() == 0;
    let drop: &[&str] = match root {
        true => &["setpriv", "--reuid", "61234", "--regid", "61234", "--clear-groups"],
        false => &["unshare", "--user", "--map-user", "61234", "--map-group", "61234"],
    };
    // A copy, because nobody else may look into the folder of the build.
    let program = world.path("program");
    if !program.exists() {
        fs::copy(PROGRAM, &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut words = vec![program.to_str().unwrap()];
    words.extend(steps);
    let all: Vec<&str> = drop.iter().skip(1).copied().chain(words).collect();
    world.command(drop[0], &all)
}

#[test]
fn where_the_data_folder_is_below_a_file_nobody_is_asked_in_vain() {
    let world = World::new();
    fs::write(world.home().join(".local"), "").unwrap();
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    assert_ne!(terminal.end().code, 0, "{}", terminal.text());
    assert!(!terminal.was_asked(), "{}", terminal.text());
    let text = terminal.text();
    for word in ["BrocadeSwitchAuth", "`sqlite`", "nobody was asked", "next:"] {
        assert!(text.replace('\n', "").contains(word), "{word}\n{text}");
    }
}

#[test]
fn where_others_can_read_the_folder_nobody_is_asked_for_a_secret_in_vain() {
    let world = World::new();
    let files = world.project().join("files");
    fs::create_dir(&files).unwrap();
    fs::set_permissions(&files, fs::Permissions::from_mode(0o755)).unwrap();
    world.manifest(
        "version = 1\nnamespace = \"harmony\"\nchain = [\"files\", \"prompt\"]\n[source.files]\n\
         plugin = \"builtin:local-file\"\nsettings = { dir = \"files\" }\n",
    );
    let mut terminal = world.sit_down(&["ask", "BrocadeSwitchAuth"]);
    terminal.until("an end", |terminal| terminal.was_asked() || terminal.text().contains("[end 5"));
    assert!(!terminal.was_asked(), "{}", terminal.text());
    assert!(terminal.text().replace('\n', "").contains("chmod 700"), "{}", terminal.text());
    assert_eq!(fs::read_dir(&files).unwrap().count(), 0);
}

#[test]
fn a_folder_that_may_not_be_written_is_named_and_nothing_is_said_to_be_written() {
    let mut world = World::new();
    let cache = world.home().join("cache").display().to_string();
    world.set("XDG_CACHE_HOME", cache);
    let home = world.home();
    fs::create_dir_all(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o555)).unwrap();
    let done = finish(start(as_a_stranger(&world, &["set", "BrocadeSwitchAuth"]), format!("{AUTH}\n").as_bytes()));
    let code = done.code.unwrap();
    let done = done.badly(code, &["BrocadeSwitchAuth", "`sqlite`", "nothing was written", "harmony"]);
    assert!([1, 5, 6].contains(&code), "{done:?}");
    assert!(!done.err.contains("opensesame"), "{done:?}");
    // What needs no folder works, and so does compiling without a place to keep the code.
    let mut command = as_a_stranger(&world, &["get", "BrocadeSwitchAuth"]);
    command.env("HARMONY_CONFIG_BrocadeSwitchAuth", AUTH);
    assert!(finish(start(command, b"")).well().out.contains("admin@fcs-1"));
}

#[test]
fn without_a_home_the_environment_works_and_keeping_says_which_variable_would_help() {
    let mut world = World::new();
    for name in ["HOME", "XDG_CACHE_HOME"] {
        world.unset(name);
    }
    let mut command = as_a_stranger(&world, &["get", "BrocadeSwitchAuth"]);
    command.env("HARMONY_CONFIG_BrocadeSwitchAuth", AUTH);
    assert!(finish(start(command, b"")).well().out.contains("admin@fcs-1"));

    let done = finish(start(as_a_stranger(&world, &["set", "BrocadeSwitchAuth"]), format!("{AUTH}\n").as_bytes()));
    let code = done.code.unwrap();
    let done = done.badly(code, &["BrocadeSwitchAuth", "home", "HARMONY_CONFIG_HOME", "nothing was written"]);
    assert!(!done.err.contains("opensesame"), "{done:?}");
}

#[test]
fn the_variable_for_the_folder_takes_the_place_of_a_home() {
    let mut world = World::new();
    world.unset("HOME");
    world.unset("XDG_CACHE_HOME");
    let place = world.path("elsewhere");
    fs::create_dir(&place).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).unwrap();
    world.set("HARMONY_CONFIG_HOME", place.display().to_string());
    finish(start(as_a_stranger(&world, &["set", "BrocadeSwitchAuth"]), format!("{AUTH}\n").as_bytes())).well();
    assert!(
        finish(start(as_a_stranger(&world, &["get", "BrocadeSwitchAuth"]), b"")).well().out.contains("admin@fcs-1")
    );
    assert!(place.join("config/config.db").is_file());
    assert_eq!(fs::metadata(place.join("config")).unwrap().mode() & 0o077, 0, "others can look into the folder");
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_as_it_is() {
    let world = World::new();
    let file = world.database();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let text = "these are my notes, and no database\n".repeat(100);
    fs::write(&file, &text).unwrap();
    world.run(&["get", "AppConfig"]).badly(7, &["AppConfig", "`sqlite`", "config.db", "not an SQLite database"]);
    let done = world.run_with(&["set", "AppConfig"], "{\"port\":8080,\"tags\":[]}\n");
    let code = done.code.unwrap();
    done.badly(code, &["AppConfig", "`sqlite`", "nothing was written"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_database_of_another_program_is_named_and_left_as_it_is() {
    let world = World::new();
    world.store("AppConfig", "{}");
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut database = SqliteConnectOptions::new().filename(world.database()).connect().await.unwrap();
        sqlx::query("DROP TABLE config").execute(&mut database).await.unwrap();
        sqlx::query("CREATE TABLE config (id INTEGER, colour TEXT)").execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    });
    world.run(&["get", "AppConfig"]).badly(7, &["AppConfig", "`sqlite`", "config"]);
    let done = world.run_with(&["set", "AppConfig"], "{\"port\":8080,\"tags\":[]}\n");
    let code = done.code.unwrap();
    done.badly(code, &["AppConfig", "`sqlite`", "nothing was written"]);
}

#[test]
fn a_database_that_another_program_holds_is_unavailable_within_the_sources_time() {
    let world = World::new();
    world.store("AppConfig", r#"{"port":8080,"tags":[]}"#);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut holder = runtime.block_on(async {
        let mut database = SqliteConnectOptions::new().filename(world.database()).connect().await.unwrap();
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut database).await.unwrap();
        database
    });
    let done = world.run_with(&["set", "AppConfig"], "{\"port\":9090,\"tags\":[]}\n");
    let took = done.took;
    done.badly(6, &["AppConfig", "`sqlite`", "locked", "nothing was written"]);
    assert!(took.as_secs() < 5, "{took:?}");
    runtime.block_on(async {
        sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap();
        holder.close().await.unwrap();
    });
    assert_eq!(world.stored("AppConfig").unwrap()["port"], 8080);
}
