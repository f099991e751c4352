//! Secrets and keys, searched for in every file that was written, in every spelling that they could have there, and in the
//! list of processes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use base64_of::spellings;
use harmony_config_tests::files_below;

use crate::world::{Done, World};

const CANARY: &str = "kanarienvogel-7f3a91-im-schacht";

mod base64_of {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// The bytes as they are, in hex, and in Base64 wherever they begin within three bytes.
    pub(super) fn spellings(bytes: &[u8]) -> Vec<Vec<u8>> {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut all = vec![bytes.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
        for shift in 0..3 {
            // What stands beside it is not known, so that only whole groups are looked for.
            let from = (3 - shift) % 3;
            let whole = (bytes.len() - from) / 3 * 3;
            all.push(encode(&bytes[from..from + whole]));
        }
        all
    }

    fn encode(bytes: &[u8]) -> Vec<u8> {
        bytes
            .chunks(3)
            .flat_map(|group| {
                let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
                [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize])
            })
            .collect()
    }

    #[test]
    fn a_text_within_another_is_found_in_base64_wherever_it_begins() {
        for before in ["", "a", "ab", "abc"] {
            let mut text = format!("{before}kanarienvogel").into_bytes();
            text.resize(text.len().next_multiple_of(3), b'.');
            let encoded = encode(&text);
            let found = |needle: &Vec<u8>| encoded.windows(needle.len()).any(|bytes| bytes == needle.as_slice());
            assert!(spellings(b"kanarienvogel").iter().any(found), "{before}");
        }
    }
}

/// The files below a folder that have one of these in them.
fn nests(folder: &Path, needles: &[Vec<u8>]) -> Vec<String> {
    let has_one = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        needles.iter().any(|needle| bytes.windows(needle.len()).any(|part| part == needle.as_slice()))
    };
    let files = files_below(folder).unwrap().into_iter();
    files.filter(has_one).map(|path| path.display().to_string()).collect()
}

fn everything(world: &World) -> Vec<Done> {
    let value = format!(r#"{{"user":"admin","password":"{CANARY}"}}"#);
    let mut all = Vec::new();
    let mut run = |arguments: &[&str], input: &str| all.push(world.run_with(arguments, input));
    run(&["-vvv", "init"], "");
    for source in ["sqlite", "files"] {
        run(&["-vvv", "set", "Auth", "-", "--in", source], &value);
        run(&["-vvv", "set", "Auth@one", "--in", source, "--answers", "-"], &format!("{value}\n"));
        run(&["-vvv", "--json", "set", "Auth", "-", "--in", source], &value);
        run(&["-vvv", "get", "Auth", "--from", source], "");
    }
    run(&["-vvv", "explain", "Auth"], "");
    run(&["-vvv", "get", "Auth.password.deeper"], "");
    run(&["-vvv", "rekey"], "");
    run(&["-vvv", "--json", "rekey", "--to", "file"], "");
    run(&["-vvv", "seal"], "");
    run(&["-vvv", "set", "Auth", "-", "--in", "nowhere"], &value);
    run(&["-vvv", "set", "Auth", "-", "--in", "env"], &value);
    run(&["-vvv", "unset", "Auth@one", "--in", "files"], "");
    run(&["-vvv", "list"], "");
    all
}

#[test]
fn no_secret_and_no_key_is_in_any_file_or_word_or_list_of_processes() {
    let mut world = World::new();
    world.manifest(
        "version = 1\nnamespace = \"harmony\"\nchain = [\"env\", \"sqlite\", \"files\", \"prompt\"]\n\
         [source.files]\nplugin = \"builtin:local-file\"\nsettings.dir = \"values\"\n",
    );
    world.set("HARMONY_CONFIG_LOG", "trace");
    world.set("RUST_BACKTRACE", "full");
    let canary = spellings(CANARY.as_bytes());
    let ended = AtomicBool::new(false);
    let all = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut seen = Vec::new();
            while !ended.load(Ordering::SeqCst) {
                for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
                    let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                    if canary.iter().any(|needle| words.windows(needle.len()).any(|part| part == needle.as_slice())) {
                        seen.push(entry.path());
                    }
                }
            }
            seen
        });
        let all = everything(&world);
        ended.store(true, Ordering::SeqCst);
        assert_eq!(watch.join().unwrap(), [""; 0].map(std::path::PathBuf::from), "it stands on a command line");
        all
    });
    assert!(all.iter().filter(|done| done.code == Some(0)).count() >= 14, "{all:#?}");
    assert_eq!(nests(world.root(), &canary), [""; 0]);
    let gets = all.iter().filter(|done| done.out.contains(CANARY)).count();
    assert_eq!(gets, 2, "who asked for it got it, and nobody else");
    assert!(all.iter().all(|done| !done.err.contains(CANARY)), "it was logged");

    // The key is in its own file, and nowhere else.
    let own = world.key_files().remove(0);
    let text = fs::read_to_string(&own).unwrap();
    let key = decode(text.trim());
    let found = nests(world.root(), &spellings(&key));
    assert_eq!(found, [own.display().to_string()]);
    for needle in spellings(&key) {
        let told = |done: &Done| {
            [&done.out, &done.err].iter().any(|text| text.as_bytes().windows(needle.len()).any(|part| part == needle))
        };
        assert!(!all.iter().any(told), "the key was logged");
    }
}

fn decode(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = text.chars().filter_map(|c| alphabet.find(c)).map(|at| at as u32).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend((0..group.len() - 1).map(|index| (bits >> (16 - 8 * index)) as u8));
    }
    bytes
}
