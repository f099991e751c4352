//! Completing at a real shell: what the script makes of a line and the Tab key. Nothing is asked and nothing is opened.
#![cfg(unix)]

use std::{
    io::{self, Write},
    path::Path,
    process::Command,
};

use crate::{declared::declared, world::World};

/// What bash offers at the end of this line.
#[track_caller]
fn offered(world: &World, line: &str) -> Vec<String> {
    world.ok(["completions", "bash"]);
    let words: Vec<&str> = line.split(' ').collect();
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.last().unwrap();
    let script = format!(
        "source <(harmony-config completions bash)\nCOMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9\n\
         _clap_complete_harmony_config harmony-config '{last}' ''\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1,
    );
    std::fs::write(world.home().join("line.bash"), script).unwrap();
    let done = world.shell(&format!("bash '{}'", world.home().join("line.bash").display())).done();
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.stderr, "", "{line}");
    done.stdout.lines().map(str::to_owned).filter(|word| !word.is_empty()).collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let world = World::with_files();
    assert_eq!(offered(&world, "harmony-config ge"), ["get"]);
    assert_eq!(offered(&world, "harmony-config expl"), ["explain"]);
    assert_eq!(offered(&world, "harmony-config get --fr"), ["--from"]);
    assert_eq!(offered(&world, "harmony-config completions power"), ["powershell"]);
    assert!(offered(&world, "harmony-config ").contains(&"doctor".to_owned()));
}

#[test]
fn bash_completes_the_sources_of_the_manifest_that_the_line_names() {
    let world = World::with_files();
    assert_eq!(offered(&world, "harmony-config get Key --from lo"), ["local-file"]);
    assert_eq!(offered(&world, "harmony-config move Key --from s"), ["sqlite"]);
    let other = world.project().join("other.toml");
    std::fs::write(&other, "version = 1\nchain = [\"env\", \"mine\"]\n[source.mine]\nplugin = \"builtin:sqlite\"\n")
        .unwrap();
    assert_eq!(offered(&world, "harmony-config -f other.toml get Key --from m"), ["mine"]);
    assert_eq!(offered(&world, "harmony-config -f nothing.toml get Key --from m"), Vec::<String>::new());
}

#[test]
fn bash_completes_the_instances_that_the_manifest_speaks_of() {
    let world = World::with_manifest(
        "version = 1\nchain = [\"env\", \"sqlite\"]\n[key.\"Firewall@fw-a\"]\nref.env.password = \"A\"\n[key.\"Firewall@*\"]\nchain = [\"env\"]\n\
         [value.\"Firewall@fw-b\"]\nport = 1\n",
    );
    assert_eq!(offered(&world, "harmony-config get Firewall@"), ["Firewall@fw-a", "Firewall@fw-b"]);
}

#[test]
fn bash_completes_declared_keys_and_their_fields() {
    let world = declared();
    assert_eq!(offered(&world, "harmony-config get App"), ["AppConfig"]);
    assert_eq!(offered(&world, "harmony-config set AppConfig.p"), ["AppConfig.port"]);
    assert_eq!(offered(&world, "harmony-config get AppConfig.tls."), ["AppConfig.tls.certificate"]);
    assert_eq!(offered(&world, "harmony-config edit Sw"), ["SwitchAuth"]);
}

#[test]
fn completing_makes_no_folder_and_no_file() {
    let world = World::with_files();
    for line in ["harmony-config get ", "harmony-config get Key --from ", "harmony-config set App"] {
        offered(&world, line);
    }
    assert!(!world.home().join(".local").exists() && !world.home().join(".config").exists());
}

#[test]
fn each_shell_has_a_script_that_names_the_command() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = world.ok(["completions", shell]);
        assert!(script.contains("harmony-config") && script.contains("_HARMONY_CONFIG_COMPLETE"), "{shell}: {script}");
        let file = world.home().join(format!("script.{shell}"));
        std::fs::write(&file, script).unwrap();
        parses(shell, &file);
    }
    world.run(["completions", "tcsh"]).done().fails(2, &["tcsh"]);
}

/// Has the shell itself look at the script, where it is installed. Which were not is printed.
fn parses(shell: &str, file: &Path) {
    let arguments: &[&str] = match shell {
        "bash" | "zsh" => &["-n"],
        "fish" => &["--no-execute"],
        _ => return,
    };
    match Command::new(shell).args(arguments).arg(file).output() {
        Ok(output) => assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr)),
        // Past the harness, which shows a passed test's words to nobody.
        Err(_) => drop(writeln!(io::stderr(), "{shell} is not installed: its script was not parsed by it")),
    }
}

#[test]
fn a_shell_that_is_not_known_is_answered_with_nothing() {
    let world = World::new();
    let done = world.run(["--", "harmony-config", ""]).env("_HARMONY_CONFIG_COMPLETE", "tcsh").done();
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (0, "", ""));
}
