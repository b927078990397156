//! The classes of rendering: what its lines are about, and why a source does not answer.

use preflight_checks::registry;
use preflight_render::{CLASSES, SourceClass, source_classes};

/// One class, if there is one of that name.
pub(super) fn explain(subject: &str) -> Option<String> {
    let of_render = CLASSES.iter().find(|(name, _)| *name == subject);
    if let Some((name, meaning)) = of_render {
        return Some(format!("{name}\n  In rendering: {meaning}.\n"));
    }
    let class = source_classes().find(|class| class.name == subject)?;
    Some(format!(
        "{}\n  A source of rendering does not answer. {}\n\nWhat to try\n  {}\n",
        class.name,
        heals(class),
        class.hint
    ))
}

/// One line for each class.
pub(super) fn list() -> String {
    let mut text: String = CLASSES.iter().map(|(name, meaning)| format!("{name:<34} {meaning}\n")).collect();
    for class in only_here() {
        text.push_str(&format!("{:<34} a source of rendering does not answer\n", class.name));
    }
    text
}

/// The part of `docs/classes.md` about rendering.
pub(super) fn markdown() -> String {
    let mut text = String::from("\n## Rendering\n\n| class | what the line is about |\n|---|---|\n");
    for (name, meaning) in CLASSES {
        text.push_str(&format!("| `{name}` | {meaning} |\n"));
    }
    text.push_str("\nWhy a source does not answer:\n\n| class | heals | what to try |\n|---|---|---|\n");
    for class in source_classes() {
        let heals = if class.heals { "yes" } else { "no" };
        text.push_str(&format!("| `{}` | {heals} | {} |\n", class.name, class.hint));
    }
    text
}

/// The classes of sources that no check has.
fn only_here() -> impl Iterator<Item = SourceClass> {
    source_classes().filter(|class| registry::class(class.name).is_none())
}

fn heals(class: SourceClass) -> &'static str {
    if class.heals { "It may heal by itself." } else { "It does not heal by itself." }
}
