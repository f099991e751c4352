//! A value in the person's editor: the text that stands in it (`draft`), where it lies meanwhile (`scratch`), and the editor
//! itself (`program`). What becomes of the text is the command's business (`command::edit`).

pub(crate) mod draft;
pub(crate) mod program;
pub(crate) mod scratch;
