//! What the command line knows of a key: the shape that somebody declared, which has to be usable, or that of any secret.

use std::sync::Arc;

use harmony_config_core::Shape;
use harmony_config_host::{DeclaredIn, Loaded};

use crate::Failed;

/// The shape of a key.
///
/// # Errors
/// A declared schema that is no JSON Schema: whether a value fits could not be told.
pub(crate) fn shape(loaded: &Loaded, key: &str) -> Result<Arc<Shape>, Failed> {
    let shape = loaded.declared.shape(key);
    let Some(fault) = shape.schema_fault() else { return Ok(shape) };
    let place = loaded.declared_in.iter().find_map(|from| match from {
        DeclaredIn::Document(file) | DeclaredIn::Record(file) => Some(format!(" in {}", file.display())),
        _ => None,
    });
    Err(Failed::manifest(format!("its schema{} is no JSON Schema: {fault}", place.unwrap_or_default()))
        .with_key(key)
        .with_remedy("have the program write it again (harmony_config::export_schema), or put it right by hand"))
}
