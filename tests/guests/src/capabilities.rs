//! Guests that use the host's capabilities without leave, or beyond what they were granted.

use harmony_config_sdk::{
    Entry, Expected, Failure, Request, document, environment, keyring, log,
    prompt::{self, Form, Question},
    sql::{self, Statement},
};

use crate::{Guest, attempt::Attempts};

type Answer = Result<Option<Entry>, Failure>;

pub(crate) fn environment_not_granted(guest: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused_as("denied", "PATH", environment::get("PATH"));
    attempts.refused_as("denied", "its own prefix", environment::get(&format!("{}Secret", guest.prefix)));
    attempts.refused_as("denied", "names", environment::names(""));
    attempts.answer()
}

/// It was granted the variables with its prefix, and wants others.
pub(crate) fn foreign_variable(guest: &Guest, _: &Request) -> Answer {
    if environment::get(&format!("{}Secret", guest.prefix))?.is_none() {
        return Err(Failure::unavailable("its own variable is not there"));
    }
    let mut attempts = Attempts::default();
    let shorter = guest.prefix.get(..guest.prefix.len() - 1).unwrap_or_default().to_owned();
    let lower = format!("{}Secret", guest.prefix.to_lowercase());
    for name in ["PATH", "", "\0", "=", shorter.as_str(), lower.as_str(), "OTHER_CONFIG_Secret"] {
        attempts.refused_as("denied", name, environment::get(name));
        attempts.refused_as("denied", name, environment::names(name));
    }
    attempts.answer()
}

pub(crate) fn sql_not_granted(_: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused_as("denied", "query", sql::query(&Statement::new("SELECT 1")));
    attempts.refused_as("denied", "transaction", sql::transaction(&[Statement::new("CREATE TABLE t (a)")]));
    attempts.refused_as("denied", "nothing at all", sql::transaction(&[]));
    attempts.nothing("location", Some(sql::location()).filter(|place| place != "no database"));
    attempts.answer()
}

/// A database of its own works; everything around it does not. The test has put `other.db` beside it.
pub(crate) fn sql_escape(_: &Guest, _: &Request) -> Answer {
    let own = [Statement::new("CREATE TABLE IF NOT EXISTS t (a)"), Statement::new("INSERT INTO t VALUES (1)")];
    sql::transaction(&own)?;
    sql::query(&Statement::new("SELECT a FROM t"))?;
    sql::query(&Statement::new("PRAGMA table_info(t)"))?;
    let place = sql::location();
    let folder = place.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder).to_owned();
    let mut attempts = Attempts::default();
    for statement in [
        format!("ATTACH '{folder}/other.db' AS other"),
        "ATTACH ':memory:' AS m".to_owned(),
        "DETACH main".to_owned(),
        format!("VACUUM INTO '{folder}/copy.db'"),
        "VACUUM".to_owned(),
        "SELECT load_extension('x')".to_owned(),
        "PRAGMA journal_mode = DELETE".to_owned(),
        "PRAGMA writable_schema = ON".to_owned(),
        "PRAGMA database_list".to_owned(),
        "PRAGMA temp_store_directory = '/tmp'".to_owned(),
        "BEGIN".to_owned(),
        "COMMIT".to_owned(),
        "ROLLBACK".to_owned(),
        "SAVEPOINT s".to_owned(),
        "CREATE TEMP TABLE x (a)".to_owned(),
        "CREATE VIRTUAL TABLE x USING fts5(a)".to_owned(),
        "CREATE VIEW x AS SELECT 1".to_owned(),
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END".to_owned(),
        "ANALYZE".to_owned(),
        "UPDATE sqlite_schema SET sql = 'x'".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        "SELECT 1 /* x */; -- y\n SELECT 2".to_owned(),
        "SELECT readfile('/etc/passwd')".to_owned(),
        "SELECT writefile('/tmp/x', 'x')".to_owned(),
        "SELECT fts3_tokenizer('simple')".to_owned(),
        "SELECT * FROM pragma_database_list".to_owned(),
    ] {
        attempts.refused_by_host(&format!("query {statement}"), sql::query(&Statement::new(statement.as_str())));
        let written = sql::transaction(&[Statement::new(statement.as_str())]);
        attempts.refused_by_host(&format!("transaction {statement}"), written);
    }
    for statement in ["INSERT INTO t VALUES (2)", "DELETE FROM t", "CREATE TABLE u (a)", "DROP TABLE t"] {
        attempts.refused_by_host(&format!("query {statement}"), sql::query(&Statement::new(statement)));
    }
    // Whatever was refused, its own data is as it was, and the lock is free.
    let rows = sql::query(&Statement::new("SELECT count(*) FROM t"))?.rows;
    if rows.iter().flatten().all(|count| *count == sql::Value::Integer(0)) {
        return Err(Failure::unavailable("a query deleted rows"));
    }
    sql::transaction(&own)?;
    attempts.answer()
}

/// Rows without end, none of which is ever handed over.
pub(crate) fn sql_endless(_: &Guest, _: &Request) -> Answer {
    sql::transaction(&[Statement::new("CREATE TABLE IF NOT EXISTS t (a)")])?;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    sql::query(&Statement::new(endless))?;
    Ok(None)
}

/// More rows, more statements, longer texts and larger values than anybody needs.
pub(crate) fn sql_flood(_: &Guest, _: &Request) -> Answer {
    sql::transaction(&[Statement::new("CREATE TABLE IF NOT EXISTS t (a)")])?;
    let mut attempts = Attempts::default();
    let count = |most: u32, what: &str| {
        let text = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {most}) SELECT {what} FROM n"
        );
        sql::query(&Statement::new(text))
    };
    attempts.refused_by_host("rows", count(100_000, "i"));
    attempts.refused_by_host("bytes", count(1_000, "zeroblob(1000000)"));
    let many: Vec<Statement> = (0..65).map(|_| Statement::new("INSERT INTO t VALUES (1)")).collect();
    attempts.refused_by_host("statements", sql::transaction(&many));
    attempts.refused_by_host("blob", sql::query(&Statement::new("SELECT zeroblob(1000000000)")));
    attempts.refused_by_host("random", sql::query(&Statement::new("SELECT hex(randomblob(500000000))")));
    attempts.refused_by_host("text", sql::query(&Statement::new(format!("SELECT '{}'", "x".repeat(100_000)))));
    let nested = format!("SELECT {}1", "NOT ".repeat(500));
    attempts.refused_by_host("depth", sql::query(&Statement::new(nested)));
    let compound = vec!["SELECT 1"; 100].join(" UNION ALL ");
    attempts.refused_by_host("compound", sql::query(&Statement::new(compound)));
    attempts.answer()
}

pub(crate) fn document_not_granted(_: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused_as("denied", "read", document::read());
    attempts.refused_as("denied", "write", document::write(b"x", &Expected::Anything));
    attempts.nothing("location", Some(document::location()).filter(|place| place != "no file"));
    attempts.answer()
}

/// A file of its own works; one that is larger than it may be, or not what was expected, is not written. There is no path to
/// name, so what lies beside it cannot even be asked for.
pub(crate) fn document_flood(_: &Guest, _: &Request) -> Answer {
    let version = document::write(b"mine", &Expected::Anything)?;
    if document::read()?.is_none_or(|content| content.bytes != b"mine" || content.version != version) {
        return Err(Failure::unavailable("its own file does not work"));
    }
    let mut attempts = Attempts::default();
    let large = vec![b'x'; (4 << 20) + 1];
    attempts.refused_as("invalid", "large", document::write(&large, &Expected::Anything));
    attempts.refused_as("conflict", "absent", document::write(b"x", &Expected::Nothing));
    attempts.refused_as("conflict", "old", document::write(b"x", &Expected::Version("old".to_owned())));
    let odd = format!("{}\0", "v".repeat(100_000));
    attempts.refused_as("conflict", "odd", document::write(b"x", &Expected::Version(odd)));
    // Read again and again: what the host remembers of it must not grow.
    for _ in 0..200 {
        document::read()?;
    }
    if document::read()?.is_none_or(|content| content.bytes != b"mine") {
        return Err(Failure::unavailable("a refused write wrote"));
    }
    attempts.answer()
}

/// Says what is in its file, wherever words go.
pub(crate) fn leak_document(_: &Guest, _: &Request) -> Answer {
    let Some(content) = document::read()? else { return Ok(None) };
    let text = String::from_utf8_lossy(&content.bytes).into_owned();
    let password = text.split('"').nth(1).unwrap_or_default().to_owned();
    log::error(&format!("the file is {text}"));
    log::error(&format!("the password is {password}"));
    Err(Failure::unavailable(format!("could not use {password} in {}", document::location()))
        .remedy(format!("try another than {password}")))
}

pub(crate) fn keyring_not_granted(_: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused_as("denied", "get", keyring::get("App"));
    attempts.refused_as("denied", "set", keyring::set("App", "x", &Expected::Anything));
    attempts.refused_as("denied", "delete", keyring::delete("App", &Expected::Anything));
    attempts.nothing("location", Some(keyring::location("App")).filter(|place| place != "no keyring"));
    attempts.answer()
}

/// An entry of its own works; names that could lead to another's do not. The test has put one into other services.
pub(crate) fn foreign_entry(_: &Guest, _: &Request) -> Answer {
    let version = keyring::set("Own", "mine", &Expected::Anything)?;
    if keyring::get("Own")?.is_none_or(|secret| secret.value != "mine" || secret.version != version) {
        return Err(Failure::unavailable("its own entry does not work"));
    }
    let mut attempts = Attempts::default();
    attempts.nothing("another namespace", keyring::get("Foreign")?.map(|secret| secret.value));
    attempts.refused_as("conflict", "absent", keyring::set("Own", "x", &Expected::Nothing));
    attempts.refused_as("conflict", "old", keyring::set("Own", "x", &Expected::Version("old".to_owned())));
    for name in ["", "/", "../other/Foreign", "other/Foreign", "a\0b", "Own@", "a b", &"x".repeat(100_000)] {
        attempts.refused_as("denied", "get", keyring::get(name));
        attempts.refused_as("denied", "set", keyring::set(name, "x", &Expected::Anything));
        attempts.refused_as("denied", "delete", keyring::delete(name, &Expected::Anything));
    }
    attempts.answer()
}

fn form(questions: usize) -> Form {
    let question = || Question::new(vec!["name".to_owned()], "text", "Name", r#"{"type":"string"}"#);
    let mut form = Form::new("A form");
    form.questions = (0..questions).map(|_| question()).collect();
    form
}

pub(crate) fn prompt_not_granted(_: &Guest, _: &Request) -> Answer {
    let mut attempts = Attempts::default();
    attempts.refused_as("denied", "a form", prompt::ask(&[form(1)]));
    attempts.refused_as("denied", "no form", prompt::ask(&[]));
    attempts.answer()
}

/// Asks whatever the request says.
pub(crate) fn prompt_when_forbidden(_: &Guest, _: &Request) -> Answer {
    let answers = prompt::ask(&[form(1)])?;
    let value = answers.into_iter().flatten().next().map(|answer| answer.value);
    Ok(value.map(|value| Entry::new(value, "the prompt")))
}

pub(crate) fn prompt_flood(_: &Guest, _: &Request) -> Answer {
    let forms: Vec<Form> = (0..1_000).map(|_| form(0)).collect();
    let mut attempts = Attempts::default();
    attempts.refused_by_host("questions", prompt::ask(&[form(300)]));
    attempts.refused_by_host("forms", prompt::ask(&forms));
    attempts.answer()
}

/// All of it while it is told its settings. What came of it is told later: in `configure` itself that would be taken
/// for an answer to the settings.
pub(crate) fn capability_in_configure(guest: &mut Guest) {
    let mut attempts = Attempts::default();
    attempts.refused_as("denied", "variable", environment::get(&format!("{}Secret", guest.prefix)));
    attempts.refused_as("denied", "names", environment::names(&guest.prefix));
    attempts.refused_as("denied", "query", sql::query(&Statement::new("SELECT 1")));
    attempts.refused_as("denied", "transaction", sql::transaction(&[Statement::new("CREATE TABLE t (a)")]));
    attempts.refused_as("denied", "prompt", prompt::ask(&[form(1)]));
    attempts.refused_as("denied", "keyring", keyring::get("App"));
    attempts.refused_as("denied", "file", document::read());
    attempts.refused_as("denied", "file to write", document::write(b"x", &Expected::Anything));
    attempts.refused("files", std::fs::read_dir("/config"));
    attempts.refused("writing", std::fs::write("/config/x", "x"));
    log::info("being configured");
    guest.configured = Some(attempts.failure());
}
