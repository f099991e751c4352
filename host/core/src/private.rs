//! What the derive's output calls. Not part of the API: it changes without notice.

use std::{any::TypeId, cell::RefCell, marker::PhantomData};

pub use inventory;
pub use schemars;
use schemars::JsonSchema;
pub use serde_json::Value;
use zeroize::Zeroize;

pub use crate::registry::Declaration;
use crate::{Config, Secret, Sensitivity, schema::marks};

/// The schema of a nested type with its secret fields marked; none where it has no schema, which makes it secret.
pub type Marked = fn() -> Option<Value>;

/// Finds out whether a type carries marks, without asking it to: an inherent constant, where its bounds hold, goes before
/// the one of [`Unmarked`].
pub struct Probe<T: ?Sized>(PhantomData<T>);

/// What holds of any other type.
pub trait Unmarked {
    /// Whether the type by itself makes what holds it secret.
    const CLASS: Sensitivity = Sensitivity::Standard;
    /// How to get its schema, if it is a configuration type.
    const MARKED: Option<Marked> = None;
}

impl<T: ?Sized> Unmarked for Probe<T> {}

impl<T: Config> Probe<T> {
    /// A configuration type brings its own marks.
    pub const MARKED: Option<Marked> = Some(marked::<T>);
}

impl<T: Zeroize> Probe<Secret<T>> {
    /// A `Secret` makes what holds it secret.
    pub const CLASS: Sensitivity = Sensitivity::Secret;
}

fn marked<T: Config>() -> Option<Value> {
    let mut schema = T::schema()?;
    marks::mark_secrets(&mut schema, T::secret_paths());
    Some(schema)
}

/// The strictest of these classes.
pub const fn strictest(classes: &[Sensitivity]) -> Sensitivity {
    let mut rest = classes;
    while let [first, others @ ..] = rest {
        if matches!(first, Sensitivity::Secret) {
            return Sensitivity::Secret;
        }
        rest = others;
    }
    Sensitivity::Standard
}

/// Where in the value a nested type stands.
#[derive(Clone, Copy)]
pub enum Place {
    /// In the field of this name.
    Field(&'static str),
    /// Its fields are the value's own.
    Flattened,
    /// Somewhere in the value, or all of it.
    Whole,
}

thread_local! {
    /// The types whose schema is being made: types that hold each other would not come to an end.
    static UNDER_WAY: RefCell<Vec<TypeId>> = const { RefCell::new(Vec::new()) };
}

/// The schema of a type, with the marks of the configuration types within it.
pub fn schema_of<T: JsonSchema + 'static>(whole: bool, nested: &[(Place, &[Option<Marked>])]) -> Value {
    let mut schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    if whole {
        marks::mark(&mut schema);
    }
    let id = TypeId::of::<T>();
    if UNDER_WAY.with_borrow(|types| types.contains(&id)) {
        return schema;
    }
    UNDER_WAY.with_borrow_mut(|types| types.push(id));
    for (place, types) in nested {
        for inner in types.iter().flatten().map(|marked| marked()) {
            match place {
                Place::Field(name) => marks::mark_field_like(&mut schema, name, inner.as_ref()),
                Place::Flattened => marks::mark_flattened_like(&mut schema, inner.as_ref()),
                Place::Whole => {
                    if inner.is_none_or(|inner| marks::has_secret(&inner)) {
                        marks::mark(&mut schema);
                    }
                }
            }
        }
    }
    UNDER_WAY.with_borrow_mut(|types| types.retain(|known| *known != id));
    schema
}

/// Adds the names of a flattened type's fields. Called once for each type, so that what is leaked is bounded.
pub fn names_within<T: JsonSchema>(names: &mut Vec<&'static str>) {
    let schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    match crate::schema::properties(&schema, &schema) {
        Some(fields) => names.extend(fields.keys().map(|name| &*Box::leak(name.clone().into_boxed_str()))),
        // A map: which names it will have is not known. A name that no schema has makes all of it secret.
        None => names.push("*"),
    }
}
