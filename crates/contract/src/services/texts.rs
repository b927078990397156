//! `${VARIABLE}` in what a service says.

use super::{HealthSection, ReadySection, ServiceItem};
use crate::checks::CommandLine;
use crate::interpolate::{UnsetVariables, interpolate};

impl ServiceItem {
    /// This with every `${VARIABLE}` replaced, except in [`ServiceItem::enabled_if`], which is judged before by
    /// [`ServiceItem::enabled`], and in lines for the shell, which expands its own.
    ///
    /// # Errors
    /// With all names that have no value.
    pub fn interpolated(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, UnsetVariables> {
        let mut names: Vec<String> = Vec::new();
        let mut filled = self.clone();
        filled.each_text(&mut |text| match interpolate(text, &lookup) {
            Ok(replaced) => *text = replaced,
            Err(unset) => {
                for name in unset.names {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        });
        if names.is_empty() { Ok(filled) } else { Err(UnsetVariables { names }) }
    }

    fn each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        each_word(Some(&mut self.command), visit);
        each_word(self.finish.as_mut(), visit);
        if let Some(ReadySection { http, tcp, command, file, .. }) = &mut self.ready {
            [http, tcp, file].into_iter().flatten().for_each(&mut *visit);
            each_word(command.as_mut(), visit);
        }
        if let Some(HealthSection { http, tcp, command, .. }) = &mut self.health {
            [http, tcp].into_iter().flatten().for_each(&mut *visit);
            each_word(command.as_mut(), visit);
        }
        if let Some(reload) = &mut self.reload {
            reload.on.iter_mut().for_each(&mut *visit);
        }
        self.environment.values_mut().for_each(&mut *visit);
        let Self { user, group, folder, schedule, timezone, .. } = self;
        [user, group, folder, schedule, timezone].into_iter().flatten().for_each(visit);
    }
}

fn each_word(command: Option<&mut CommandLine>, visit: &mut dyn FnMut(&mut String)) {
    if let Some(CommandLine::Words(words)) = command {
        words.iter_mut().for_each(visit);
    }
}
