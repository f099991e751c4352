//! The cost of the sandbox for one read, and of a typed read against what a program would use instead. In one run.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it saw, and ends where it cannot run"
)]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use harmony_config::{ConfigManager, ConfigSource, Coordinate, Plugin, Request, Shape};
use harmony_config_benches::{AppConfig, NativeEnv, file, host, source};

fn prepare() -> (tokio::runtime::Runtime, tempfile::TempDir) {
    let value = serde_json::to_string(&AppConfig::sample()).unwrap();
    // SAFETY-free: the benches are one thread until here; `set_var` is unsafe, so the variables come from a child.
    if std::env::var_os("HARMONY_CONFIG_AppConfig").is_none() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(std::env::args_os().skip(1))
            .env("HARMONY_CONFIG_AppConfig", value)
            .env("APP_HOST", "app.example.com")
            .env("APP_PORT", "8443")
            .env("APP_LEVEL", "info")
            .env("APP_WORKERS", "8")
            .env("APP_TLS", "true")
            .status()
            .unwrap();
        std::process::exit(status.code().unwrap_or(1));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    (runtime, tempfile::tempdir().unwrap())
}

fn request() -> Request {
    let shape = Shape::of::<AppConfig>();
    let mut request = Request::new(Coordinate::new("harmony", "AppConfig", None).unwrap());
    request.schema = shape.schema().cloned().map(Arc::new);
    request.schema_text = shape.schema().map(|schema| Arc::from(schema.to_string()));
    request
}

/// How much longer so many reads of the one take than of the other, both read in turns, on one heap.
async fn in_turns(one: &dyn ConfigSource, other: &dyn ConfigSource, request: &Request, rounds: u64) -> Duration {
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..rounds {
        let start = Instant::now();
        black_box(one.read(request).await.unwrap());
        let between = Instant::now();
        black_box(other.read(request).await.unwrap());
        ours += between - start;
        theirs += between.elapsed();
    }
    // Criterion takes no time of nothing: where the two are alike, it is a nanosecond.
    ours.saturating_sub(theirs).max(Duration::from_nanos(1))
}

/// One warm read of the environment: in the sandbox, and the same work in the program.
fn read(criterion: &mut Criterion) {
    let (runtime, home) = prepare();
    let sandboxed = source(&host(home.path()), "env").unwrap();
    let request = request();
    let mut group = criterion.benchmark_group("read the environment");
    group.bench_function("in the sandbox", |bencher| {
        bencher.to_async(&runtime).iter(|| async { black_box(sandboxed.read(&request).await.unwrap()) });
    });
    group.bench_function("natively", |bencher| {
        bencher.to_async(&runtime).iter(|| async { black_box(NativeEnv.read(&request).await.unwrap()) });
    });
    // What is left is the sandbox.
    group.bench_function("the difference, in turns", |bencher| {
        bencher.iter_custom(|rounds| runtime.block_on(in_turns(&*sandboxed, &NativeEnv, &request, rounds)));
    });
    group.finish();
}

/// One of twenty tables of a file, read anew: by each format, and what a program would do without us.
fn one_file(criterion: &mut Criterion) {
    let (runtime, home) = prepare();
    let host = host(home.path());
    let request = request();
    let sample = serde_json::to_value(AppConfig::sample()).unwrap();
    let names = (0..19).map(|number| format!("Other{number}")).chain(["AppConfig".to_owned()]);
    let json: serde_json::Map<_, _> = names.map(|name| (name, sample.clone())).collect();
    let fields = |sign: &str, before: &str| -> String {
        let fields = sample.as_object().unwrap().iter();
        fields.map(|(name, value)| format!("{before}{name}{sign}{value}\n")).collect()
    };
    let toml: String = json.keys().map(|name| format!("[{name}]\n{}\n", fields(" = ", ""))).collect();
    let yaml: String = json.keys().map(|name| format!("{name}:\n{}", fields(": ", "  "))).collect();
    let mut group = criterion.benchmark_group("one of twenty tables of a file");
    for (name, text) in
        [("a.json", serde_json::to_string_pretty(&json).unwrap()), ("a.toml", toml.clone()), ("a.yaml", yaml)]
    {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap();
        let source = file(&host, &path).unwrap();
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| async { black_box(source.read(&request).await.unwrap().unwrap()) });
        });
    }
    let path = home.path().join("a.toml");
    group.bench_function("a.toml, natively, read and parsed", |bencher| {
        bencher.iter(|| {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut tables: toml::Table = toml::from_str(&text).unwrap();
            black_box(tables.remove("AppConfig").unwrap().try_into::<AppConfig>().unwrap())
        });
    });
    group.finish();
}

/// A typed value: ours fresh and cached, Figment's and config-rs's extracted from the environment.
fn typed(criterion: &mut Criterion) {
    let (runtime, home) = prepare();
    let manager = ConfigManager::new(vec![source(&host(home.path()), "env").unwrap()]);
    let mut group = criterion.benchmark_group("a typed value");
    group.bench_function("harmony-config, get", |bencher| {
        bencher.to_async(&runtime).iter(|| async { black_box(manager.get::<AppConfig>().await.unwrap()) });
    });
    group.bench_function("harmony-config, cached", |bencher| {
        let age = Duration::from_secs(3600);
        bencher.to_async(&runtime).iter(|| async { black_box(manager.cached::<AppConfig>(age).await.unwrap()) });
    });
    group.bench_function("figment, extract", |bencher| {
        let figment = figment::Figment::from(figment::providers::Env::prefixed("APP_"));
        bencher.iter(|| black_box(figment.extract::<AppConfig>().unwrap()));
    });
    group.bench_function("config-rs, try_deserialize", |bencher| {
        let built = config::Config::builder()
            .add_source(config::Environment::with_prefix("APP").try_parsing(true))
            .build()
            .unwrap();
        bencher.iter(|| black_box(built.clone().try_deserialize::<AppConfig>().unwrap()));
    });
    group.finish();
}

/// One warm read of a secret from the database: sealed, and in plain beside it.
fn sealed(criterion: &mut Criterion) {
    let (runtime, home) = prepare();
    let host = host(home.path());
    let make = |name: &str, seal: bool| {
        let plugin = Plugin::bundled("sqlite").unwrap();
        let path =
            serde_json::Map::from_iter([("path".to_owned(), home.path().join(name).display().to_string().into())]);
        host.source("sqlite", plugin).settings(path).grant_what_it_wants().seal(seal).build().unwrap()
    };
    let (sealed, plain) = (make("sealed.db", true), make("plain.db", false));
    let request = Request::new(Coordinate::new("harmony", "AppConfig", None).unwrap());
    let value = serde_json::to_value(AppConfig::sample()).unwrap();
    runtime.block_on(async {
        for source in [&sealed, &plain] {
            source.write(&request, &value, None).await.unwrap();
            assert_eq!(source.read(&request).await.unwrap().unwrap().value, value);
        }
    });
    let mut group = criterion.benchmark_group("read a secret from the database");
    for (name, source) in [("sealed", &sealed), ("in plain", &plain)] {
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| async { black_box(source.read(&request).await.unwrap()) });
        });
    }
    group.bench_function("the difference, in turns", |bencher| {
        bencher.iter_custom(|rounds| runtime.block_on(in_turns(&sealed, &plain, &request, rounds)));
    });
    group.finish();
}

criterion_group!(benches, read, one_file, sealed, typed);
criterion_main!(benches);
