//! What a program pays at its start: the default chain from nothing to the first value, with the compiled code on disk.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it saw, and ends where it cannot run"
)]

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use harmony_config::{ConfigManager, Loader, Manifest, Places, Variables};
use harmony_config_benches::{AppConfig, host, source};

fn open(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let home = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let manager = ConfigManager::new(vec![source(&host(home.path()), "sqlite").unwrap()]);
        manager.set(&AppConfig::sample()).await.unwrap();
    });
    let chain = |names: &[&str]| {
        let mut manifest = Manifest::built_in("harmony");
        manifest.chain = names.iter().map(|name| (*name).to_owned()).collect();
        manifest
    };
    let load = |manifest: Manifest| {
        let places = Places::of("harmony", Some(home.path().to_owned()));
        let loader = Loader::new().manifest(manifest).places(places).variables(Variables::fixed([("", ""); 0]));
        loader.load().unwrap().manager
    };
    let mut group = criterion.benchmark_group("open a chain and read its first value");
    group.measurement_time(Duration::from_secs(8)).sample_size(50);
    group.bench_function("env, sqlite, prompt", |bencher| {
        bencher
            .to_async(&runtime)
            .iter(|| async { black_box(load(chain(&["env", "sqlite", "prompt"])).get::<AppConfig>().await.unwrap()) });
    });
    group.bench_function("env, local-file, sqlite, prompt", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            black_box(load(chain(&["env", "local-file", "sqlite", "prompt"])).get::<AppConfig>().await.unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, open);
criterion_main!(benches);
