//! Services that wait for each other.

use std::collections::BTreeMap;

use super::ServiceItem;
use crate::faults::Fault;
use crate::nearest::nearest;
use crate::tree::Node;

/// Checks what services depend on: it must be there, must be something that is started by itself, and no circle.
/// `names` are those of all services of the file.
pub(super) fn check_dependencies(services: &[(ServiceItem, &Node)], names: &[&str], faults: &mut Vec<Fault>) {
    let known: BTreeMap<&str, &ServiceItem> =
        services.iter().map(|(service, _)| (service.name.as_str(), service)).collect();
    for (service, node) in services {
        for (index, dependency) in service.depends_on.iter().enumerate() {
            let place = place(node, index);
            match known.get(dependency.as_str()) {
                _ if *dependency == service.name => {
                    faults.push(place.fault(format!("{dependency} depends on itself")));
                }
                None if !names.contains(&dependency.as_str()) => {
                    let mut fault = place.fault(format!("there is no service {dependency:?}"));
                    fault.hint = nearest(dependency, names.iter().copied())
                        .map(|meant| format!("did you mean `{meant}`?"));
                    faults.push(fault);
                }
                Some(other) if other.schedule.is_some() => {
                    let mut fault =
                        place.fault(format!("{dependency} runs on a schedule, so nothing can wait for it"));
                    fault.hint = Some("what others wait for is a service with `once: true`".to_owned());
                    faults.push(fault);
                }
                _ => {}
            }
        }
    }
    check_circles(services, &known, faults);
}

fn place(node: &Node, index: usize) -> crate::tree::Span {
    node.items("depends_on").get(index).map_or(node.place("depends_on"), |item| item.span)
}

/// Each circle is told once, at its first service in the file.
fn check_circles(
    services: &[(ServiceItem, &Node)],
    known: &BTreeMap<&str, &ServiceItem>,
    faults: &mut Vec<Fault>,
) {
    let mut told: Vec<&str> = Vec::new();
    for (service, node) in services {
        if told.contains(&service.name.as_str()) {
            continue;
        }
        if let Some(circle) = circle(service, known) {
            let index = service.depends_on.iter().position(|name| Some(&name.as_str()) == circle.get(1));
            let message = format!("services wait for each other: {}", circle.join(" -> "));
            let mut fault = place(node, index.unwrap_or_default()).fault(message);
            fault.hint = Some("one of them must start without the others".to_owned());
            faults.push(fault);
            told.extend(circle);
        }
    }
}

/// A way of more than one step that leads from a service back to it, both ends included.
fn circle<'a>(from: &'a ServiceItem, known: &BTreeMap<&str, &'a ServiceItem>) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = vec![from];
    while let Some(service) = open.pop() {
        for name in service.depends_on.iter().filter(|name| **name != service.name) {
            if *name == from.name {
                let mut path = vec![from.name.as_str(), service.name.as_str()];
                while let Some(before) = path.last().and_then(|last| came_from.get(last)) {
                    path.push(before);
                }
                path.reverse();
                return Some(path);
            }
            let Some(next) = known.get(name.as_str()) else { continue };
            if !came_from.contains_key(next.name.as_str()) {
                came_from.insert(&next.name, &service.name);
                open.push(next);
            }
        }
    }
    None
}
