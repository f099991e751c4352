//! Commands that are killed at random moments, 200 times: nothing is lost, nothing is torn, no second key is made. The
//! moments differ from run to run; the seed of what is done is printed, and `SEALING_SEED` gives one.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use harmony_config::{Loader, Manifest, Places, Variables};
use harmony_config_core::{Coordinate, Shape};
use serde_json::{Value, json};

use crate::world::{World, cache};

const KEYS: u64 = 16;

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
        let loader = Loader::new().manifest(Manifest::built_in("harmony")).places(places).non_interactive(true);
        let manager = loader.variables(Variables::fixed([("", ""); 0])).load().unwrap().manager;
        for (key, value) in &mut self.values {
            let at = Coordinate::new("harmony", &format!("Key{key}"), None).unwrap();
            let found = manager.read_from("sqlite", &at, &Shape::undeclared()).await;
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
}

impl Deed {
    fn arguments(self, key: &str) -> Vec<&str> {
        match self {
            Deed::Seal => vec!["-n", "harmony", "seal"],
            Deed::Set => vec!["-n", "harmony", "set", key, "-"],
            Deed::Rekey => vec!["-n", "harmony", "rekey"],
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
    let mut expected = Expected::default();
    for key in 0..KEYS {
        write_as_before(&world, key, 0);
        expected.values.insert(key, value(key, 0));
    }
    expected.check(&world, "before").await;
    // How long each takes where nobody kills it.
    let mut usual = BTreeMap::new();
    let (mut killed, mut ended, mut most_keys) = (0, 0, 0);
    while killed < KILLS {
        let number = killed + ended;
        // First the database of the program of before, which goes on writing; then keys change as well.
        let deed = match (killed < KILLS / 2, random.below(4)) {
            (true, 0) | (false, 0) => Deed::Set,
            (true, _) => Deed::Seal,
            (false, _) => Deed::Rekey,
        };
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
        let most = *usual.entry(deed as u8).or_insert(Duration::from_millis(150));
        let moment = Duration::from_micros(random.below(u64::try_from(most.as_micros()).unwrap() * 5 / 4 + 1));
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
                assert!(status.success(), "{deed:?}: {:?}", child.wait_with_output());
                usual.insert(deed as u8, started.elapsed());
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
        match killed <= KILLS / 2 && deed != Deed::Rekey {
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
