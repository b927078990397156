//! Templates: what they inherit, and what each must and must not have.

use std::path::PathBuf;
use std::time::Duration;

use super::super::faults::{FaultKind, Place};
use super::super::layer::{Layer, TemplateLayer};
use super::super::load::given_path;
use super::super::settings::{Delimiters, Origin, Template};
use super::Resolver;

/// How long the command of a template may run, unless something else is said.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// What templates take over where they say nothing themselves.
struct Inherited {
    delimiters: Delimiters,
    error_fatal: bool,
    protect_empty: bool,
    once: bool,
    writes: bool,
}

impl Resolver<'_> {
    pub(super) fn templates(&mut self, layer: &mut Layer, dry: bool) -> Vec<Template> {
        let inherited = Inherited {
            delimiters: delimiters(
                layer.default_delimiters.left.clone(),
                layer.default_delimiters.right.clone(),
                Delimiters::default(),
            ),
            error_fatal: layer.template_error_fatal.unwrap_or(true),
            protect_empty: layer.protect_empty.unwrap_or(false),
            once: layer.once.unwrap_or(false),
            writes: !dry && !layer.parse_only.unwrap_or(false),
        };
        let templates = std::mem::take(&mut layer.templates.0);
        templates.into_iter().filter_map(|(place, layer)| self.template(&place, layer, &inherited)).collect()
    }

    fn template(
        &mut self,
        place: &Place,
        mut layer: TemplateLayer,
        inherited: &Inherited,
    ) -> Option<Template> {
        let origin = self.origin(place, layer.source.take(), layer.contents.take());
        let destination = given_path(layer.destination.take());
        if destination.is_none() && inherited.writes {
            self.fault(FaultKind::Template, place.clone(), "template: missing destination".to_owned());
        }
        let mut exec = layer.exec;
        exec.command = exec.command.or(layer.command);
        exec.timeout = exec.timeout.or(layer.command_timeout);
        Some(Template {
            origin: origin?,
            destination,
            perms: layer.perms.map(|mode| mode.0).filter(|mode| *mode != 0),
            user: layer.user.map(|owner| owner.0).or_else(|| layer.uid.map(|uid| uid.to_string())),
            group: layer.group.map(|owner| owner.0).or_else(|| layer.gid.map(|gid| gid.to_string())),
            backup: layer.backup.unwrap_or(false),
            keep_symlink: layer.keep_symlink.unwrap_or(false),
            create_dest_dirs: layer.create_dest_dirs.unwrap_or(true),
            exec: self.exec(exec, &format!("{place}: exec"), Some(COMMAND_TIMEOUT)),
            check: layer.check.filter(|check| !check.is_empty()),
            error_on_missing_key: layer.error_on_missing_key.unwrap_or(false),
            error_fatal: layer.error_fatal.unwrap_or(inherited.error_fatal),
            delimiters: delimiters(layer.left_delimiter, layer.right_delimiter, inherited.delimiters.clone()),
            function_denylist: without_repetition(layer.function_denylist.0),
            sandbox_path: layer.sandbox_path.filter(|path| !path.is_empty()).map(PathBuf::from),
            wait: self.wait(&layer.wait).filter(|_| !inherited.once),
            protect_empty: layer.protect_empty.unwrap_or(inherited.protect_empty),
        })
    }

    fn origin(&mut self, place: &Place, source: Option<String>, contents: Option<String>) -> Option<Origin> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let wrong = match (given(source), given(contents)) {
            (Some(source), None) => return Some(Origin::File(PathBuf::from(source))),
            (None, Some(contents)) => return Some(Origin::Contents(contents)),
            (Some(_), Some(_)) => "template: cannot specify both 'source' and 'contents'",
            (None, None) => "template: must specify exactly one of 'source' or 'contents'",
        };
        self.fault(FaultKind::Template, place.clone(), wrong.to_owned());
        None
    }
}

/// The marks that were given; an empty one is none.
fn delimiters(left: Option<String>, right: Option<String>, inherited: Delimiters) -> Delimiters {
    Delimiters {
        left: left.filter(|mark| !mark.is_empty()).unwrap_or(inherited.left),
        right: right.filter(|mark| !mark.is_empty()).unwrap_or(inherited.right),
    }
}

fn without_repetition(names: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}
