//! Whether a source may be written at all.

use harmony_config_sdk::Failure;

/// Refuses to write where the settings say `read-only`.
///
/// # Errors
/// `unsupported` where they do.
pub fn may_write(read_only: bool) -> Result<(), Failure> {
    match read_only {
        false => Ok(()),
        true => Err(Failure::unsupported("this source was told to be read only")
            .remedy("take `read-only` out of its settings, or write to another source")),
    }
}
