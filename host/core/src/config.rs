//! What a configuration type is: its key, its class, its schema. The derive writes the implementation.

use std::{
    any::TypeId,
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Fault, Sensitivity,
    schema::{self, fault},
};

/// A type whose value comes from the chain.
///
/// Usually derived, on a struct that also derives `Serialize`, `Deserialize` and `JsonSchema`:
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # mod harmony_config { pub use harmony_config_core::*; pub use harmony_config_derive::Config; }
/// # use harmony_config::{Config, Sensitivity};
/// #[derive(Config, Serialize, Deserialize, JsonSchema)]
/// # #[config(crate = "harmony_config")]
/// struct BrocadeSwitchAuth {
///     host: String,
///     user: String,
///     #[config(secret)]
///     password: String,
/// }
///
/// assert_eq!(BrocadeSwitchAuth::KEY, "BrocadeSwitchAuth");
/// assert_eq!(BrocadeSwitchAuth::CLASS, Sensitivity::Secret);
/// ```
///
/// By hand, the key is enough. Such a type has no schema: it is treated as secret, and a person is asked for it as one
/// JSON text.
///
/// ```
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct AppConfig {
///     port: u16,
/// }
/// impl harmony_config_core::Config for AppConfig {
///     const KEY: &'static str = "AppConfig";
/// }
/// ```
pub trait Config: Serialize + DeserializeOwned + 'static {
    /// The name under which sources know the value.
    const KEY: &'static str;

    /// Secret where one field is. It is what the type says of its own fields: a type without a schema is secret whatever
    /// stands here, and so is one that holds another with a secret field. [`Shape::sensitivity`] is what holds.
    const CLASS: Sensitivity = Sensitivity::Standard;

    /// The JSON Schema of the value (draft 7 or 2020-12).
    fn schema() -> Option<Value> {
        None
    }

    /// The secret fields, by their names in the JSON. The derive fills this in from `#[config(secret)]`. A name that the
    /// schema does not have makes the whole value secret.
    fn secret_paths() -> &'static [&'static str] {
        &[]
    }
}

/// Tells what keeps a value from fitting a type, if anything does.
type Fit = fn(&Value) -> Result<(), fault::Fault>;

/// What the chain knows about the value of a key: its schema, its class, and how to tell whether a value fits.
#[derive(Clone)]
pub struct Shape {
    pub(crate) schema: Option<Arc<Value>>,
    pub(crate) schema_text: Option<Arc<str>>,
    pub(crate) sensitivity: Sensitivity,
    pub(crate) fit: Option<Fit>,
}

impl Shape {
    /// Of a key that nobody declared: no schema, and secret.
    pub fn undeclared() -> Self {
        Shape { schema: None, schema_text: None, sensitivity: Sensitivity::Secret, fit: None }
    }

    /// Of a key of which only the schema is known. It is secret where `class` says so, or where a field is marked
    /// `x-harmony-secret`.
    pub fn from_schema(schema: Value, class: Sensitivity) -> Self {
        let sensitivity = if schema::has_secret(&schema) { Sensitivity::Secret } else { class };
        let text = Arc::from(schema.to_string());
        Shape { schema: Some(Arc::new(schema)), schema_text: Some(text), sensitivity, fit: None }
    }

    /// Of a type. Computed once for each type and process.
    pub fn of<T: Config>() -> Arc<Shape> {
        static SHAPES: LazyLock<RwLock<HashMap<TypeId, Arc<Shape>>>> = LazyLock::new(RwLock::default);
        let id = TypeId::of::<T>();
        if let Some(shape) = SHAPES.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Arc::clone(shape);
        }
        let mut shape = match T::schema() {
            Some(mut schema) => {
                schema::mark_secrets(&mut schema, T::secret_paths());
                Shape::from_schema(schema, T::CLASS)
            }
            None => Shape::undeclared(),
        };
        shape.fit = Some(fault::fit::<T>);
        let shape = Arc::new(shape);
        SHAPES.write().unwrap_or_else(PoisonError::into_inner).entry(id).or_insert(shape).clone()
    }

    /// The schema, if one is known.
    pub fn schema(&self) -> Option<&Value> {
        self.schema.as_deref()
    }

    /// How carefully the value is to be handled.
    pub fn sensitivity(&self) -> Sensitivity {
        self.sensitivity
    }

    /// What keeps the schema from being used, if anything does: it is no JSON Schema. Whether a value fits cannot be told
    /// then, but by its type.
    pub fn schema_fault(&self) -> Option<String> {
        let error = jsonschema::validator_for(self.schema()?).err()?;
        let place = error.instance_path().as_str();
        Some(if place.is_empty() { error.to_string() } else { format!("at {place}: {error}") })
    }

    /// Everything that keeps a value from fitting: a fault for each field, or the first one where only the type can tell.
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        let mut faults = self.schema().map(|schema| fault::faults(schema, value)).unwrap_or_default();
        if faults.is_empty() {
            faults.extend(self.misfit(value));
        }
        faults
    }

    /// The value that a text stands for, as a person types it: the text itself where the schema wants a text, JSON where it
    /// wants anything else. None where there is no schema to tell.
    pub fn value_of(&self, text: &str) -> Option<Value> {
        self.schema().map(|schema| schema::typed::value_of(schema, text))
    }

    /// The shape of the field at `path`: its own schema, and secret where it is marked, or one around it or within it is.
    /// None where the schema does not know the field, or there is none.
    pub fn field(&self, path: &[String]) -> Option<Shape> {
        let root = self.schema()?;
        let class = match schema::is_secret(root, path) {
            true => Sensitivity::Secret,
            false => Sensitivity::Standard,
        };
        let schema = schema::of_field(root, path)?;
        let text = Arc::from(schema.to_string());
        Some(Shape { schema: Some(Arc::new(schema)), schema_text: Some(text), sensitivity: class, fit: None })
    }

    /// The names of the fields below a path (`[]`: of the value), in the order of their declaration.
    pub fn fields(&self, path: &[String]) -> Vec<String> {
        let below = self.schema().and_then(|root| schema::properties(root, schema::at(root, path)?));
        below.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
    }

    /// The first thing that keeps a value from fitting, if anything does.
    pub(crate) fn misfit(&self, value: &Value) -> Option<fault::Fault> {
        match (self.fit, &self.schema) {
            (Some(fit), None) => fit(value).err(),
            // The schema knows the bounds, where serde knows only what Rust's type can hold.
            (Some(fit), Some(schema)) => fit(value).err().map(|fault| {
                let better = |known: &fault::Fault| known.path == fault.path && !known.expected.is_empty();
                fault::faults(schema, value).into_iter().find(better).unwrap_or(fault)
            }),
            (None, Some(schema)) => fault::faults(schema, value).into_iter().next(),
            (None, None) => None,
        }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shape").field("schema", &self.schema).field("sensitivity", &self.sensitivity).finish()
    }
}
