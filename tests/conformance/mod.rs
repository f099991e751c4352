//! What every source must keep, bundled or not: named checks that run against any [`ConfigSource`](harmony_config_core::ConfigSource) through a
//! [`Subject`], chosen by the features that it says it has. Nothing of a particular source lives here.
//!
//! ```
//! use harmony_config_tests::conformance::{self, Subject};
//! # use std::sync::Arc;
//! # use harmony_config_core::{ConfigSource, Coordinate};
//! # use harmony_config_test::World;
//! struct Double(World);
//!
//! impl Subject for Double {
//!     fn source(&self) -> Arc<dyn ConfigSource> {
//!         self.0.sources().swap_remove(1)
//!     }
//!     fn has_namespaces(&self) -> bool {
//!         false
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let report = conformance::check(|| Double(World::new())).await;
//! assert!(report.failed.is_empty(), "{report}");
//! # });
//! ```

mod asking;
mod listing;
mod names;
mod reading;
mod robustness;
mod subject;
mod writing;

use std::fmt;

use harmony_config_core::{Coordinate, Request};

pub use self::subject::Subject;

/// Why a source does not conform.
type Fault = String;

/// What came of one check.
enum Came {
    /// The source keeps it.
    Kept,
    /// It is nothing for a source of this kind: why.
    NotForIt(&'static str),
}

type Checked = Result<Came, Fault>;

/// Ends a check where something does not hold.
macro_rules! ensure {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}
pub(crate) use ensure;

/// What came of all checks.
#[derive(Debug, Default)]
pub struct Report {
    /// The checks that the source passed.
    pub passed: Vec<&'static str>,
    /// The checks that are nothing for a source of this kind, and why.
    pub not_for_it: Vec<(&'static str, &'static str)>,
    /// The checks that it failed, and why.
    pub failed: Vec<(&'static str, String)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (check, why) in &self.failed {
            writeln!(f, "FAILED {check}: {why}")?;
        }
        for (check, why) in &self.not_for_it {
            writeln!(f, "not for it: {check}: {why}")?;
        }
        writeln!(f, "passed: {}", self.passed.join(", "))
    }
}

/// Runs every check, each against a new and empty subject.
pub async fn check<S: Subject>(make: impl Fn() -> S) -> Report {
    let mut report = Report::default();
    macro_rules! run {
        ($($module:ident :: $check:ident),* $(,)?) => {
            $(match $module::$check(&make()).await {
                Ok(Came::Kept) => report.passed.push(stringify!($check)),
                Ok(Came::NotForIt(why)) => report.not_for_it.push((stringify!($check), why)),
                Err(fault) => report.failed.push((stringify!($check), fault)),
            })*
        };
    }
    run!(
        reading::absent_is_none,
        reading::what_was_put_is_read_back,
        reading::some_fields_are_marked_partial,
        reading::many_are_answered_in_order,
        reading::a_value_says_where_it_is,
        writing::what_was_written_is_read_back,
        writing::a_large_value_is_kept_and_a_larger_one_refused,
        writing::an_expected_version_must_hold,
        writing::an_expected_absence_must_hold,
        writing::a_version_changes_with_the_value,
        writing::what_was_removed_is_absent,
        writing::what_only_reads_refuses_to_write,
        listing::what_was_written_is_listed,
        listing::pages_hold_everything_once,
        listing::a_namespace_lists_its_own,
        names::every_name_of_the_grammar_works,
        names::instances_never_fall_back,
        names::namespaces_do_not_collide,
        robustness::unreadable_content_is_invalid,
        robustness::calls_after_a_failure_work,
        robustness::readers_and_writers_at_once_see_whole_values,
        robustness::writers_of_different_keys_lose_none,
        robustness::unknown_settings_are_refused,
        asking::nobody_is_asked_where_it_is_forbidden,
        asking::a_person_who_may_be_asked_is,
        asking::many_questions_are_asked_at_once,
    );
    report
}

/// A request for `KEY` or `KEY@INSTANCE` in a namespace.
fn request(namespace: &str, at: &str) -> Result<Request, Fault> {
    Ok(Request::new(Coordinate::parse(namespace, at).map_err(|error| error.to_string())?))
}

/// Reads one value; a failure of the source is a fault.
async fn read(subject: &impl Subject, request: &Request) -> Result<Option<harmony_config_core::Entry>, Fault> {
    let read = subject.source().read(request).await;
    read.map_err(|failure| format!("reading {} failed: {failure}", request.at))
}

/// Makes the value be there: written where the source can be written, else put there from outside.
async fn place(subject: &impl Subject, request: &Request, value: &serde_json::Value) -> Result<bool, Fault> {
    let source = subject.source();
    // Its features are known for certain once it was asked.
    let _ = source.read(request).await;
    if !source.features().writable {
        return Ok(subject.put(&request.at, &value.to_string()).await);
    }
    let written = source.write(request, value, None).await;
    written.map(|_| true).map_err(|failure| format!("writing {} failed: {failure}", request.at))
}

const NOT_WRITABLE: Came = Came::NotForIt("it cannot be written");
const NOTHING_TO_READ: Came = Came::NotForIt("nothing can be put there, neither through it nor from outside");
const INTERACTIVE: Came = Came::NotForIt("what it has, a person answers");
