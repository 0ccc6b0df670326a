//! ssot-guard proves that a repository has one source of truth for authentication, configuration and
//! observability. This crate is the whole tool; the binary adds the exit code and the signals.
//!
//! The rooms, from the ground up; a room uses those before it, and the stages in the middle (`source` to
//! `matching`) never call each other: [`pipeline`] calls them.

mod day;
mod fact;
mod finding;
mod fingerprint;
mod globs;
mod hash;
mod ledger;
mod place;
mod problem;

mod rules;
mod secret;
mod site;

mod baseline;
mod exception;
mod matching;
mod readers;
mod resolve;
mod source;
mod verdict;

mod cli;
mod contracts;
mod examples;
mod report;

mod cache;
mod context;

mod settings;

mod pipeline;

mod commands;

#[cfg(fuzzing)]
pub mod fuzzing;

pub use commands::code_when_stopped;
pub use commands::run;
