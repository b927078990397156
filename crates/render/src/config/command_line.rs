//! The command line, read as Go's `flag` package reads it: one dash or two, `-name value` or `-name=value`, a switch
//! alone or `-switch=false`, the last of a repeated flag.

use std::path::PathBuf;

use super::flags::{FLAGS, Flag};
use super::go_text::{quote, quote_all};
use super::layer::Layer;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Invocation {
    /// The help, [`usage`].
    Help,
    /// A run, or, after the configuration was read and found good, the version.
    Run(Box<CommandLine>),
}

/// A command line that could be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CommandLine {
    pub(super) layer: Layer,
    pub(super) wrong_log_level: Option<String>,
    /// Files and folders of configuration, in the order in which they were named.
    pub config_paths: Vec<PathBuf>,
    /// Print what would be written, and write nothing.
    pub dry: bool,
    /// List every dependency with its state, and end.
    pub explain: bool,
    /// Say the version, and end.
    pub version: bool,
}

/// A command line that cannot be read, in the words of Go's `flag` package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FlagError(String);

impl CommandLine {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// The first flag that is unknown, lacks its value or has a wrong one, or what stands behind the flags.
    pub fn parse<Text: AsRef<str>>(arguments: &[Text]) -> Result<Invocation, FlagError> {
        let mut line = Self::default();
        let mut rest = arguments.iter().map(AsRef::as_ref).peekable();
        while let Some(argument) = rest.next_if(|argument| argument.len() > 1 && argument.starts_with('-')) {
            if argument == "--" {
                break;
            }
            if line.take(argument, &mut rest)? == Taken::Help {
                return Ok(Invocation::Help);
            }
        }
        let extra: Vec<&str> = rest.collect();
        if extra.is_empty() {
            Ok(Invocation::Run(Box::new(line)))
        } else {
            Err(FlagError(format!("cli: extra args: {}", quote_all(extra))))
        }
    }

    fn take<'a>(
        &mut self,
        argument: &str,
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<Taken, FlagError> {
        let bare = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')).unwrap_or(argument);
        if bare.is_empty() || bare.starts_with(['-', '=']) {
            return Err(FlagError(format!("bad flag syntax: {argument}")));
        }
        let (name, value) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
        let Some(flag) = FLAGS.iter().find(|flag| flag.name == name) else {
            return match name {
                "help" | "h" => Ok(Taken::Help),
                _ => Err(FlagError(format!("flag provided but not defined: -{name}"))),
            };
        };
        if flag.sets.is_switch() {
            self.set_switch(flag, value)?;
        } else {
            let value = value.or_else(|| rest.next());
            let value = value.ok_or_else(|| FlagError(format!("flag needs an argument: -{name}")))?;
            flag.sets.set(self, value).map_err(|wrong| {
                FlagError(format!("invalid value {} for flag -{name}: {wrong}", quote(value)))
            })?;
        }
        Ok(Taken::Flag)
    }

    fn set_switch(&mut self, flag: &Flag, value: Option<&str>) -> Result<(), FlagError> {
        flag.sets.set(self, value.unwrap_or("true")).map_err(|wrong| {
            let value = quote(value.unwrap_or("true"));
            FlagError(format!("invalid boolean value {value} for -{}: {wrong}", flag.name))
        })
    }
}

#[derive(PartialEq)]
enum Taken {
    Flag,
    Help,
}

/// The help, for the program under the name `program`.
#[must_use]
pub fn usage(program: &str) -> String {
    let mut text = format!(
        "Usage: {program} [options]\n\n  Renders templates from Consul, Vault, Nomad and other places into files, and \
         keeps\n  them up to date until it is stopped, or renders them once with -once.\n\nOptions:\n"
    );
    for Flag { name, value, help, .. } in FLAGS {
        let equals = if value.is_empty() { "" } else { "=" };
        text.push_str(&format!("\n  -{name}{equals}{value}\n      {help}\n"));
    }
    text
}
