//! `preflight explain`: what a class means, its usual causes and the cure on each platform.

mod rendering;

use preflight_checks::registry::{self, REGISTRY};
use preflight_checks::{Class, Kind};

use crate::cli::ExplainArguments;
use crate::exit::Exit;
use crate::output::print;

/// Prints one class, one kind, or the list of all.
pub(crate) fn run(arguments: &ExplainArguments) -> Exit {
    if arguments.markdown {
        print(&markdown());
        return Exit::Success;
    }
    let Some(subject) = arguments.subject.as_deref() else {
        print(&list());
        return Exit::Success;
    };
    let subject = subject.trim_matches(['[', ']']).to_ascii_lowercase();
    if let Some(class) = registry::class(&subject) {
        print(&explain_class(class));
    } else if let Some(entry) = registry::find(&subject) {
        print(&explain_kind(entry.kind));
    } else if let Some(text) = rendering::explain(&subject) {
        print(&text);
    } else {
        eprintln!("preflight: there is no class and no kind {subject:?}{}", suggestion(&subject));
        return Exit::Usage;
    }
    Exit::Success
}

fn suggestion(subject: &str) -> String {
    let cause = subject.rsplit('.').next().unwrap_or(subject);
    let near: Vec<&str> = registry::classes()
        .iter()
        .map(|class| class.name)
        .filter(|name| {
            name.ends_with(&format!(".{cause}")) || name.split('.').next() == subject.split('.').next()
        })
        .take(8)
        .collect();
    if near.is_empty() {
        "; `preflight explain` lists all".to_owned()
    } else {
        format!("; near it are {}", near.join(", "))
    }
}

fn explain_class(class: &Class) -> String {
    let mut text = format!("{}\n  {}\n\nUsual causes\n", class.name, class.meaning);
    for cause in class.causes {
        text.push_str(&format!("  - {cause}\n"));
    }
    text.push_str(&format!("\nWhat to try\n  {}\n", class.hint));
    for (platform, cure) in platforms(class) {
        text.push_str(&format!("\n  {platform}\n    {cure}\n"));
    }
    let heals = if class.heals {
        "It may heal by itself, so it is tried again within `wait`."
    } else {
        "It does not heal by itself, so it is reported at once."
    };
    text.push_str(&format!("\n{heals}\n"));
    text
}

fn platforms(class: &Class) -> [(&'static str, &'static str); 3] {
    [("AWS ECS", class.cure.ecs), ("Kubernetes", class.cure.kubernetes), ("Docker", class.cure.docker)]
}

fn explain_kind(kind: &Kind) -> String {
    let mut text = format!("{} ({})\n  {}\n", kind.name, kind.title, kind.proves);
    if !kind.aliases.is_empty() {
        text.push_str(&format!("  aliases: {}\n", kind.aliases.join(", ")));
    }
    if let Some(port) = kind.default_port {
        text.push_str(&format!("  default port: {port}\n"));
    }
    if !kind.attributes.is_empty() {
        text.push_str(&format!("  attributes: {}\n", attributes(kind)));
    }
    text.push_str("\nClasses\n");
    for class in classes_of(kind) {
        text.push_str(&format!("  {:<34} {}\n", class.name, class.meaning));
    }
    text
}

fn attributes(kind: &Kind) -> String {
    kind.attributes.iter().map(|attribute| attribute.as_str()).collect::<Vec<_>>().join(" ")
}

fn classes_of(kind: &Kind) -> Vec<&'static Class> {
    let common =
        kind.common.map(|common| [common.closed, common.timeout, common.wrong_protocol, common.error]);
    kind.classes.iter().copied().chain(common.into_iter().flatten()).collect()
}

fn list() -> String {
    let mut text = String::new();
    for class in registry::classes() {
        text.push_str(&format!("{:<34} {}\n", class.name, class.meaning));
    }
    text.push_str(&rendering::list());
    text
}

/// The page `docs/classes.md`.
fn markdown() -> String {
    let mut text = String::from(
        "# Failure classes\n\n\
         Generated from the tables in `crates/checks/src/kinds/` by `preflight explain --markdown`. Names are a public \
         contract: never renamed, only added. *Heals* says whether a failure is tried again within `wait`.\n\n\
         ## Kinds of checks\n\n\
         | kind | aliases | default port | attributes | what is proven |\n|---|---|---|---|---|\n",
    );
    for entry in REGISTRY {
        let kind = entry.kind;
        let port = kind.default_port.map_or_else(String::new, |port| port.to_string());
        let aliases = kind.aliases.join(", ");
        let attributes = attributes(kind).replace(' ', ", ");
        text.push_str(&format!(
            "| `{}` | {aliases} | {port} | {attributes} | {} |\n",
            kind.name, kind.proves
        ));
    }
    text.push_str("\n## Classes\n");
    for class in registry::classes() {
        let heals = if class.heals { "yes" } else { "no" };
        text.push_str(&format!("\n### `{}`\n\n{} Heals: {heals}.\n\n", class.name, class.meaning));
        text.push_str(&format!("Usual causes: {}.\n\n", class.causes.join("; ")));
        text.push_str(&format!("What to try: {}.\n\n", class.hint));
        for (platform, cure) in platforms(class) {
            text.push_str(&format!("- {platform}: {cure}\n"));
        }
    }
    text.push_str(&rendering::markdown());
    text
}
