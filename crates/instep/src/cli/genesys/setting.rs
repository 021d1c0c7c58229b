//! Settings of the organisation: given on the command line or in a file, and listed.

use std::path::PathBuf;

use clap::Args;
use genesys::Settings;

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::Table;

/// How settings are given.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// A setting; may be repeated. "instep genesys settings" lists them
    #[arg(long = "set", value_name = "NAME=VALUE")]
    assignments: Vec<String>,
    /// A file with settings, one a line; --set wins over it
    #[arg(long = "settings", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Given {
    /// The settings that hold.
    ///
    /// # Errors
    /// The file cannot be read, or a setting is wrong.
    pub(super) fn read(&self) -> Result<Settings, Failure> {
        let mut settings = Settings::default();
        if let Some(file) = &self.file {
            let shown = file.display();
            let text = std::fs::read_to_string(file).map_err(|error| {
                Failure::usage(format!("the settings file \"{shown}\" cannot be read: {error}"))
            })?;
            settings
                .read(&text)
                .map_err(|error| Failure::usage(format!("settings file \"{shown}\", {error}")))?;
        }
        for assignment in &self.assignments {
            settings.set(assignment).map_err(|error| Failure::usage(error.to_string()))?;
        }
        Ok(settings)
    }
}

/// Lists all settings.
pub(super) fn list(given: &Given, session: &Session) -> Result<Exit, Failure> {
    let settings = given.read()?.all();
    session.output.show(&settings, || {
        let mut table = Table::with_headings(["NAME", "VALUE", "CHOICES", "MEANING"]);
        for setting in &settings {
            table.row([
                setting.name.to_owned(),
                setting.value.clone(),
                setting.choices.to_owned(),
                setting.meaning.to_owned(),
            ]);
        }
        table.text(0)
    })?;
    Ok(Exit::Done)
}
