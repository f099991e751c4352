//! Commands that are killed at random moments, 200 times: nothing is lost, nothing is torn, no second key is made. The
//! moments differ from run to run; the seed of what is done is printed, and `SEALING_SEED` gives one.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use harmony_config::{Loader, Manifest, Places, Variables};
use harmony_config_core::{Coordinate, Interaction, Shape};
use serde_json::{Value, json};

use crate::world::{World, cache};

const KEYS: u64 = 16;

/// The database of the program of before, and files below it.
const MANIFEST: &str = "version = 1\nnamespace = \"harmony\"\nchain = [\"sqlite\", \"files\"]\n\
    [source.files]\nplugin = \"builtin:local-file\"\nsettings.dir = \"values\"\n";

/// How often a command is killed.
const KILLS: u64 = 200;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A value whose ends must agree, and that is more than one page of the database.
fn value(key: u64, count: u64) -> Value {
    json!({ "head": [key, count], "body": "x".repeat(1_500), "tail": [key, count] })
}

/// What must be there, and what is being written when a command is killed.
#[derive(Default)]
struct Expected {
    values: BTreeMap<u64, Value>,
    under_way: Option<(u64, Value)>,
}

impl Expected {
    /// Everything is there, whole, and as it was written.
    async fn check(&mut self, world: &World, round: &str) {
        let places = Places {
            data: Some(world.data()),
            cache: Some(cache().join("harmony")),
            config: world.keys().parent().map(Into::into),
            ..Places::default()
        };
        let manifest = Manifest::parse(MANIFEST, &world.project().join("harmony-config.toml")).unwrap();
        let loader = Loader::new().manifest(manifest).places(places).non_interactive(true);
        let manager = loader.variables(Variables::fixed([("", ""); 0])).load().unwrap().manager;
        for (key, value) in &mut self.values {
            let at = Coordinate::new("harmony", &format!("Key{key}"), None).unwrap();
            let found = manager.resolve_value(&at, &Shape::undeclared(), Interaction::Forbidden).await;
            let found = found.unwrap_or_else(|error| panic!("{round}: {at}: {error}")).value;
            match &self.under_way {
                Some((under_way, new)) if under_way == key && found == *new => *value = found,
                _ => assert!(found == *value, "{round}: {at} is {}, and was {}", found["head"], value["head"]),
            }
        }
        self.under_way = None;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Seal,
    Set,
    Rekey,
    /// From the database into files, over what may lie there still.
    MoveDown,
    /// And back, where the database has nothing newer.
    MoveUp,
}

impl Deed {
    /// What is done in which third: first beside the program of before, which goes on writing; then keys change; then values
    /// move as well.
    fn choose(third: u64, random: &mut Random) -> Self {
        match (third, random.below(6)) {
            (_, 0) => Deed::Set,
            (0, _) => Deed::Seal,
            (1, _) | (_, 1) => Deed::Rekey,
            (_, 2 | 3) => Deed::MoveDown,
            _ => Deed::MoveUp,
        }
    }

    fn arguments(self, key: &str) -> Vec<&str> {
        match self {
            Deed::Seal => vec!["-n", "harmony", "seal"],
            Deed::Set => vec!["-n", "harmony", "set", key, "-"],
            Deed::Rekey => vec!["-n", "harmony", "rekey"],
            Deed::MoveDown => vec!["-n", "harmony", "move", "--all", "--from", "sqlite", "--to", "files", "--force"],
            Deed::MoveUp => vec!["-n", "harmony", "move", "--all", "--from", "files", "--to", "sqlite"],
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn commands_that_are_killed_200_times_lose_nothing_and_make_no_second_key() {
    let given = std::env::var("SEALING_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()) * 2_654_435_761 + 1);
    println!("SEALING_SEED={seed}");
    let mut random = Random(seed);
    let world = tokio::task::block_in_place(World::new);
    world.manifest(MANIFEST);
    let mut expected = Expected::default();
    for key in 0..KEYS {
        write_as_before(&world, key, 0);
        expected.values.insert(key, value(key, 0));
    }
    expected.check(&world, "before").await;
    // How long each took at most where nobody killed it.
    let mut usual = BTreeMap::new();
    let (mut killed, mut ended, mut most_keys) = (0, 0, 0);
    while killed < KILLS {
        let number = killed + ended;
        let third = killed * 3 / KILLS;
        let deed = Deed::choose(third, &mut random);
        let key = random.below(KEYS);
        let input = match deed {
            Deed::Set => {
                let new = value(key, number + 1);
                expected.under_way = Some((key, new.clone()));
                new.to_string()
            }
            _ => String::new(),
        };
        let name = format!("Key{key}");
        let started = Instant::now();
        let mut child = world.start(&deed.arguments(&name), &input);
        // The first of each kind is left alone, to see how long it takes.
        let moment = match usual.get(&(deed as u8)) {
            Some(most) => {
                Duration::from_micros(random.below(u64::try_from(Duration::as_micros(most)).unwrap() * 5 / 4))
            }
            None => Duration::MAX,
        };
        while started.elapsed() < moment && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        match child.try_wait().unwrap() {
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                killed += 1;
            }
            Some(status) => {
                // What lies there in two states is not moved without being told to.
                assert!(status.success() || deed == Deed::MoveUp, "{deed:?}: {:?}", child.wait_with_output());
                let longest = usual.entry(deed as u8).or_insert(Duration::from_millis(1));
                *longest = started.elapsed().max(*longest);
                ended += 1;
                if let Some((key, value)) = expected.under_way.take() {
                    // It said that it is kept.
                    expected.values.insert(key, value);
                }
            }
        }
        let round = format!("SEALING_SEED={seed}, {deed:?}, {killed} killed and {ended} ended");
        expected.check(&world, &round).await;
        let keys = world.key_files().len();
        most_keys = most_keys.max(keys);
        match third == 0 {
            true => assert!(keys <= 1, "{round}: a second key was made"),
            // The old one, the new one, and one that was made and not yet written down as kept.
            false => assert!(keys <= 3, "{round}: {keys} keys"),
        }
        if deed == Deed::Seal {
            for _ in 0..4 {
                let key = random.below(KEYS);
                write_as_before(&world, key, number + 1_000);
                expected.values.insert(key, value(key, number + 1_000));
            }
        }
    }
    assert!(most_keys > 1, "no change of keys was ever interrupted");
    tokio::task::block_in_place(|| {
        world.run(&["-n", "harmony", "move", "--all", "--from", "sqlite", "--to", "files", "--force"]).well();
        world.run(&["-n", "harmony", "move", "--all", "--from", "files", "--to", "sqlite"]).well();
        world.run(&["-n", "harmony", "seal"]).well();
        // One that ends what was begun, if something was, and one from beginning to end.
        world.run(&["-n", "harmony", "rekey"]).well();
        world.run(&["-n", "harmony", "rekey"]).well();
    });
    expected.check(&world, "in the end").await;
    assert_eq!(world.key_files().len(), 1, "in the end there is one key");
    for key in 0..KEYS {
        let row = tokio::task::block_in_place(|| world.row(&format!("Key{key}")));
        assert!(row.contains("\"sealed\""), "Key{key} lies in plain");
    }
    println!("{killed} killed, {ended} ended");
}

/// As the program of before goes on writing.
fn write_as_before(world: &World, key: u64, count: u64) {
    tokio::task::block_in_place(|| world.write_as_before(&format!("Key{key}"), &value(key, count).to_string()));
}
