//! The manifest: which sources, in which order, with which settings. Finding it is `find`'s; `texts` knows which place in
//! which file is meant, `tree` joins the layers, `shape` is what a manifest may say, `parse` what it means, `report` the words
//! of an error. What a manifest comes to is `model`'s; what it means for the chain is `loader`'s.

mod duration;
mod find;
mod implied;
mod keys;
mod lines;
mod model;
mod network;
mod node;
mod parse;
mod report;
mod routes;
mod schema;
mod settings;
mod shape;
mod sources;
mod template;
mod texts;
mod tree;
mod vars;

pub(crate) use self::{
    find::{app_of, find, read, read_project},
    parse::{Input, Profile, read_layers},
    routes::KeyRoutes,
    sources::DEFAULTS,
};
pub use self::{
    model::{
        Layer, Manifest, ManifestCredential, ManifestFile, ManifestIdentity, ManifestKey, ManifestLine, ManifestPlugin,
        ManifestRef, ManifestSource, ManifestTls, ManifestValue, ManifestVariable, Place,
    },
    schema::manifest_schema,
    template::template,
};

/// The name of a manifest's file.
pub const NAME: &str = "harmony-config.toml";
