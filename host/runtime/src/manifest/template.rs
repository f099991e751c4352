//! The manifest that `init` writes.

use harmony_config_core::check_name;

use super::schema::PUBLISHED;

/// A commented manifest with this namespace. A name that cannot be one is made one.
pub fn template(folder: &str) -> String {
    let namespace = namespace_of(folder);
    format!(
        r#"# Where this project's configuration comes from: see docs/manifest.md of harmony-config.
# For an editor: harmony-config manifest --schema > {PUBLISHED}
# and as the first line of this file: #:schema ./{PUBLISHED}
version = 1

# What keeps this project's values apart from those of others in the same store.
namespace = "{namespace}"

# The sources, in order of precedence: the first that has a value wins. Reorder them by moving the names.
#   env         variables HARMONY_CONFIG_{{KEY}} (the whole value as JSON) and HARMONY_CONFIG_{{KEY}}__{{field}}
#   sqlite      this user's database; it keeps what is answered
#   prompt      asks at the terminal for what no other source has
#   local-file  one JSON file a key
chain = ["env", "sqlite", "prompt"]

# A source needs a table only to be told something:
#
# [source.local-file]
# timeout = "2s"                          # how long a call may take
# on-error = {{ unavailable = "continue" }} # or "fail"
# settings.dir = "config"                 # below this file's folder
#
# Where answers are kept, best first (else: the first source above that can keep them):
#
# [persist]
# secret = ["sqlite"]
# standard = ["local-file"]
#
# Defaults for everybody, below every source. No secrets: this file is read by whoever has the project.
#
# [value.AppConfig]
# port = 8080
#
# Some keys may go another way, or lie elsewhere already:
#
# [key."*Auth"]
# chain = ["env", "sqlite", "prompt"]
# [key.BrocadeSwitchAuth]
# ref.env.password = "BROCADE_PW"
#
# Lines that are laid over the others with -p prod:
#
# [profile.prod]
# namespace = "{namespace}-prod"
"#
    )
}

/// The namespace that a folder's name makes.
fn namespace_of(folder: &str) -> String {
    let mut name = String::new();
    for character in folder.chars() {
        let character = if character.is_ascii_alphanumeric() || character == '-' { character } else { '_' };
        if matches!(character, '_' | '-') && name.ends_with(['_', '-']) {
            continue;
        }
        name.push(character);
    }
    name.truncate(harmony_config_core::MAX_NAME_BYTES - 1);
    let mut name = name.trim_end_matches(['_', '-']).to_owned();
    if name.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        name.insert(0, 'p');
    }
    match check_name("namespace", &name) {
        Ok(()) => name,
        Err(_) => "project".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_template_is_a_manifest_that_asks_for_nothing_more() {
        let manifest = super::super::Manifest::parse(&template("my-project"), Path::new("m.toml")).unwrap();
        assert_eq!(manifest.namespace, "my-project");
        assert_eq!(manifest.chain, ["env", "sqlite", "prompt"]);
        assert!(manifest.warnings.is_empty());
    }

    #[test]
    fn what_the_template_comments_out_is_a_manifest_too() {
        let text = template("my-project");
        let shown = |line: &str| {
            let inner = line.strip_prefix("# ").filter(|inner| inner.starts_with('[') || inner.contains(" = "));
            inner.unwrap_or(line).to_owned()
        };
        let whole: Vec<String> = text.lines().map(shown).collect();
        let manifest = super::super::Manifest::parse(&whole.join("\n"), Path::new("m.toml")).unwrap();
        assert_eq!((manifest.keys.len(), manifest.values.len(), manifest.persist.len()), (2, 1, 2));
    }

    #[test]
    fn any_folders_name_makes_a_namespace() {
        for (folder, namespace) in [
            ("my-project", "my-project"),
            ("My Project", "My_Project"),
            ("1st", "p1st"),
            ("a__b", "a_b"),
            ("a-_b--", "a-b"),
            ("a (copy)", "a_copy"),
            ("-x", "p-x"),
            (".dotted", "_dotted"),
            ("é", "project"),
            ("", "project"),
        ] {
            assert_eq!(namespace_of(folder), namespace, "{folder}");
        }
        check_name("namespace", &namespace_of(&"x".repeat(1_000))).unwrap();
    }
}
