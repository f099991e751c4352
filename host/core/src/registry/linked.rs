//! The types that are linked into this program. The derive declares them; no call of the program's is needed, and a
//! library's types are there too.
#![cfg_attr(not(feature = "schemars"), allow(unreachable_pub, reason = "the derive reaches it, which needs schemas"))]

use std::sync::{Arc, OnceLock};

use crate::{Config, ConfigError, Shape};

use super::{Declared, Known, Registry, clash};

/// A type, as the derive declares it. Made by the derive alone.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    pub(super) key: &'static str,
    /// The module and the name.
    pub(super) path: &'static str,
    pub(super) type_name: fn() -> &'static str,
    pub(super) file: &'static str,
    pub(super) line: u32,
    /// Whether it was compiled for a test.
    pub(super) in_test: bool,
    pub(super) shape: fn() -> Arc<Shape>,
}

inventory::collect!(Declaration);

impl Declaration {
    #[doc(hidden)]
    #[cfg_attr(not(feature = "schemars"), allow(dead_code, reason = "the derive calls it, which needs schemars"))]
    pub const fn of<T: Config>(path: &'static str, file: &'static str, line: u32, in_test: bool) -> Self {
        Declaration {
            key: T::KEY,
            path,
            type_name: std::any::type_name::<T>,
            file,
            line,
            in_test,
            shape: Shape::of::<T>,
        }
    }

    /// Whether more than one function can see it.
    fn is_in_a_module(&self) -> bool {
        (self.type_name)() == self.path
    }
}

/// Every type that the derive declared in this program, in a stable order. None two of those in a module may clash; those
/// within a function, where nobody else can see them, step back.
///
/// # Errors
/// The clash. Types that only tests have are no part of it unless `strict`.
pub(super) fn collect(strict: bool) -> Result<Registry, ConfigError> {
    let mut all: Vec<&'static Declaration> = inventory::iter::<Declaration>().collect();
    all.sort_by_key(|one| (one.key, one.path, one.file, one.line));
    let (firm, others): (Vec<&Declaration>, Vec<&Declaration>) =
        all.into_iter().partition(|one| one.is_in_a_module() && (strict || !one.in_test));
    clash::check(&firm, cfg!(windows))?;
    Ok(Registry::of(firm.into_iter().chain(others)))
}

impl Registry {
    /// The types that the derive declared in this program, in whichever of its crates.
    ///
    /// A type that only a test or one function can see may share a key with another one: the one that the program can
    /// see holds. [`schema_document`](crate::schema_document) does not let tests off.
    ///
    /// # Errors
    /// [`ConfigError::Usage`] where two types have one key, or keys that would be one variable: each would read the
    /// other's value. It names both.
    pub fn linked() -> Result<&'static Registry, ConfigError> {
        static LINKED: OnceLock<Result<Registry, ConfigError>> = OnceLock::new();
        LINKED.get_or_init(|| collect(false)).as_ref().map_err(ConfigError::clone)
    }

    /// Whether a test's own types are among those of this program.
    pub fn is_of_a_test() -> bool {
        inventory::iter::<Declaration>().any(|declaration| declaration.in_test)
    }

    /// Of these, the first one of each key.
    fn of(declarations: impl IntoIterator<Item = &'static Declaration>) -> Registry {
        let mut registry = Registry::default();
        for declaration in declarations {
            registry.by_key.entry(declaration.key.to_owned()).or_insert_with(|| Declared {
                key: declaration.key.to_owned(),
                type_name: Some(declaration.path.to_owned()),
                shape: Known::Of(declaration.shape),
            });
        }
        registry
    }
}
