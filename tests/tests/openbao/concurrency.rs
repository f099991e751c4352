//! Many at once.

use std::sync::Arc;

use harmony_config_core::ConfigSource;
use harmony_config_peers::proxy::Proxy;
use serde_json::json;

use crate::world::{World, at, in_time, shared, value};

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_first_reads_at_once_make_one_login() {
    let world = World::new();
    for key in 0..16 {
        world.keep(&format!("Key{key}"), &json!(key));
    }
    let before = world.tokens();
    let source = shared(world.source());
    let reads = (0..16).map(|key| {
        let source = Arc::clone(&source);
        tokio::spawn(async move { value(&source, &format!("Key{key}")).await })
    });
    for (key, read) in reads.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(read.await.unwrap(), json!(key));
    }
    assert_eq!(world.tokens(), before + 1);
}

/// As sixteen processes would: each has a host of its own over the same home.
#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_at_once_make_one_login() {
    let world = World::new();
    world.keep("AppConfig", &json!(1));
    let before = world.tokens();
    let reads = (0..8).map(|_| {
        let source = world.source();
        tokio::spawn(async move { value(&source, "AppConfig").await })
    });
    for read in reads.collect::<Vec<_>>() {
        assert_eq!(read.await.unwrap(), json!(1));
    }
    assert_eq!(world.tokens(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_keys_are_read_in_one_call_each_with_its_own_answer() {
    let world = World::new();
    for key in 0..32 {
        world.keep(&format!("Key{key}"), &json!(key));
    }
    let proxy = Proxy::to(world.peer.socket()).unwrap();
    let source = world.source_at(&proxy.in_front_of(&world.peer.address()));
    let requests: Vec<_> = (0..34).map(|key| at(&format!("Key{key}"))).collect();
    let answers = in_time(source.read_many(&requests)).await;
    assert_eq!(answers.len(), 34);
    for (key, answer) in answers.into_iter().enumerate() {
        let found = answer.unwrap().map(|entry| entry.value);
        assert_eq!(found, (key < 32).then(|| json!(key)), "Key{key}");
    }
    assert!(proxy.connections() <= 11, "{} connections", proxy.connections());
}
