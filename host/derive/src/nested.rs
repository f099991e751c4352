//! The types that a field's type mentions: any of them may carry marks of its own. Only `Config` types and `Secret` turn
//! out to; which they are, the compiler decides (`Probe` in the core), not the spelling.

use syn::{GenericArgument, Ident, PathArguments, Type};

/// The type itself and every type within it, `Option<Vec<Tls>>` being three. The type that is being derived is left out:
/// it is marked already.
pub(crate) fn mentioned<'a>(ty: &'a Type, own: &Ident, found: &mut Vec<&'a Type>) {
    match ty {
        Type::Path(path) => {
            if path.qself.is_none() && (path.path.is_ident(own) || path.path.is_ident("Self")) {
                return;
            }
            found.push(ty);
            for segment in &path.path.segments {
                if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
                    for argument in &arguments.args {
                        if let GenericArgument::Type(inner) = argument {
                            mentioned(inner, own, found);
                        }
                    }
                }
            }
        }
        Type::Array(array) => mentioned(&array.elem, own, found),
        Type::Slice(slice) => mentioned(&slice.elem, own, found),
        Type::Paren(inner) => mentioned(&inner.elem, own, found),
        Type::Group(inner) => mentioned(&inner.elem, own, found),
        Type::Reference(reference) => mentioned(&reference.elem, own, found),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|inner| mentioned(inner, own, found)),
        _ => {}
    }
}
