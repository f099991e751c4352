#![doc = include_str!("../README.md")]
// The examples are the programs beside this folder; this library holds their README, so that its links and snippets
// are checked.
