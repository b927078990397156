//! A list of services that holds together.

use std::collections::{BTreeMap, BTreeSet};

use super::{Name, Service};

/// Services whose names are unique, and whose dependencies exist and have no circle.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fleet {
    services: Vec<Service>,
    /// What happens when nothing runs and nothing will be started by itself.
    pub when_idle: WhenIdle,
    /// The service that a single command became: the code of a requested stop is its code.
    pub main: Option<Name>,
    holds_new: Option<String>,
}

/// What happens when nothing runs and nothing will be started by itself. A service with a schedule always may be, but for one
/// that is due at the start alone and has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenIdle {
    /// Commands are waited for, as with runit's directories.
    #[default]
    Stay,
    /// It is the end: with 0 when all is done well, else with the code of what failed first.
    End,
}

/// A list of services does not hold together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FleetError {
    /// Two services have one name.
    #[error("services: {name:?} is there twice")]
    Twice {
        /// The name.
        name: Name,
    },
    /// A dependency is not there.
    #[error("service {service:?}: depends on {dependency:?}, which is not there")]
    Unknown {
        /// Who depends.
        service: Name,
        /// On what.
        dependency: Name,
    },
    /// Services wait for each other.
    #[error("services wait for each other: {}", .circle.join(" -> "))]
    Circle {
        /// In the order of dependence; the first is the last as well.
        circle: Vec<Name>,
    },
    /// A service that depends on what is never started by itself would never be started.
    #[error("service {service:?}: depends on {dependency:?}, which runs on a schedule only")]
    Scheduled {
        /// Who depends.
        service: Name,
        /// On what.
        dependency: Name,
    },
}

impl FleetError {
    /// What to try.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Twice { .. } => None,
            Self::Unknown { .. } => Some("is the name written as the service's own?"),
            Self::Circle { .. } => Some("one of them must start without the others"),
            Self::Scheduled { .. } => Some("a job that others wait for is a service with `once: true`"),
        }
    }
}

impl Fleet {
    /// Puts services together.
    ///
    /// # Errors
    /// Every fault of the list, in the order of the list.
    pub fn new(services: Vec<Service>) -> Result<Self, Vec<FleetError>> {
        let mut faults = twice(&services);
        faults.extend(dependencies(&services));
        if faults.is_empty() {
            faults.extend(circles(&services));
        }
        if faults.is_empty() { Ok(Self { services, ..Self::default() }) } else { Err(faults) }
    }

    /// One command: it is critical and never started again, and its end is the end.
    pub fn of_command(service: Service) -> Self {
        let main = Some(service.name.clone());
        let restart = super::Restart::never();
        let service = Service { critical: true, restart, depends_on: Vec::new(), ..service };
        Self { services: vec![service], when_idle: WhenIdle::End, main, ..Self::default() }
    }

    /// Holds each service for which there is a reason, from the beginning.
    pub fn hold(&mut self, reason: impl Fn(&Service) -> Option<String>) {
        for service in &mut self.services {
            service.held = reason(service);
        }
    }

    /// Holds each service from the beginning, and those that come later.
    pub fn hold_all(&mut self, reason: &str) {
        self.hold(|_| Some(reason.to_owned()));
        self.holds_new = Some(reason.to_owned());
    }

    /// Why services that come later are held.
    pub fn holds_new(&self) -> Option<&str> {
        self.holds_new.as_deref()
    }

    /// In the order in which they were given.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The services themselves.
    pub fn into_services(self) -> Vec<Service> {
        self.services
    }

    /// The one of a name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| &*service.name == name)
    }
}

fn twice(services: &[Service]) -> Vec<FleetError> {
    let mut seen = BTreeSet::new();
    let again = services.iter().filter(|service| !seen.insert(&service.name));
    again.map(|service| FleetError::Twice { name: service.name.clone() }).collect()
}

fn dependencies(services: &[Service]) -> Vec<FleetError> {
    let known: BTreeMap<&Name, &Service> = services.iter().map(|service| (&service.name, service)).collect();
    let all =
        services.iter().flat_map(|service| service.depends_on.iter().map(move |other| (service, other)));
    all.filter_map(|(service, dependency)| {
        let (service, dependency) = (service.name.clone(), dependency.clone());
        match known.get(&dependency) {
            None => Some(FleetError::Unknown { service, dependency }),
            Some(other) if other.schedule.is_some() => Some(FleetError::Scheduled { service, dependency }),
            Some(_) => None,
        }
    })
    .collect()
}

/// The circles that remain when everything that can be started in order is taken away; each is told once.
fn circles(services: &[Service]) -> Vec<FleetError> {
    let mut open: BTreeMap<&Name, &Service> =
        services.iter().map(|service| (&service.name, service)).collect();
    loop {
        let before = open.len();
        let names: BTreeSet<&Name> = open.keys().copied().collect();
        open.retain(|_, service| service.depends_on.iter().any(|other| names.contains(other)));
        if open.len() == before {
            break;
        }
    }
    let mut told = BTreeSet::new();
    let mut faults = Vec::new();
    for service in services.iter().filter(|service| open.contains_key(&service.name)) {
        let circle = follow(&service.name, &open);
        if circle.iter().all(|name| told.insert(name.clone()) || circle.first() == Some(name)) {
            faults.push(FleetError::Circle { circle });
        }
    }
    faults
}

/// From a service that is in a circle or leads to one, along the first open dependency, to the circle itself.
fn follow(from: &Name, open: &BTreeMap<&Name, &Service>) -> Vec<Name> {
    let mut path = vec![from.clone()];
    loop {
        let next = path
            .last()
            .and_then(|last| open.get(last))
            .and_then(|service| service.depends_on.iter().find(|other| open.contains_key(*other)));
        let Some(next) = next else { return path };
        if let Some(start) = path.iter().position(|name| name == next) {
            let mut circle = path.split_off(start);
            circle.push(next.clone());
            return circle;
        }
        path.push(next.clone());
    }
}

#[cfg(test)]
mod tests {
    use preflight_processes::Program;
    use proptest::prelude::*;

    use super::*;

    fn service(name: &str, depends_on: &[&str]) -> Service {
        Service {
            depends_on: depends_on.iter().map(|name| Name::from(*name)).collect(),
            ..Service::new(name, Program::Direct(vec!["true".into()]))
        }
    }

    fn faults(services: Vec<Service>) -> Vec<String> {
        Fleet::new(services).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_holds_together_is_taken_in_any_order() {
        let services =
            vec![service("web", &["migrate", "cache"]), service("cache", &[]), service("migrate", &[])];
        let fleet = Fleet::new(services).unwrap();
        assert_eq!(fleet.services().len(), 3);
        assert!(fleet.service("web").is_some() && fleet.service("other").is_none());
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let services = vec![service("a", &["x", "y"]), service("a", &[]), service("b", &["z"])];
        assert_eq!(
            faults(services),
            [
                "services: \"a\" is there twice",
                "service \"a\": depends on \"x\", which is not there",
                "service \"a\": depends on \"y\", which is not there",
                "service \"b\": depends on \"z\", which is not there",
            ]
        );
    }

    #[test]
    fn a_circle_is_told_once_and_without_what_only_leads_to_it() {
        let services =
            vec![service("web", &["a"]), service("a", &["b"]), service("b", &["a"]), service("d", &["d"])];
        assert_eq!(
            faults(services),
            ["services wait for each other: a -> b -> a", "services wait for each other: d -> d"]
        );
    }

    #[test]
    fn nobody_may_wait_for_a_scheduled_job() {
        let schedule = crate::Schedule {
            expression: "@daily".into(),
            timezone: None,
            overlap: crate::Overlap::Skip,
            jitter: std::time::Duration::ZERO,
        };
        let job = Service { schedule: Some(schedule), ..service("job", &[]) };
        assert_eq!(
            faults(vec![job, service("web", &["job"])]),
            ["service \"web\": depends on \"job\", which runs on a schedule only"]
        );
    }

    proptest! {
        #[test]
        fn a_list_is_refused_just_when_it_has_a_circle(edges in prop::collection::vec((0..6_usize, 0..6_usize), 0..12)) {
            let services: Vec<Service> = (0..6)
                .map(|from| {
                    let targets: Vec<String> =
                        edges.iter().filter(|edge| edge.0 == from).map(|edge| edge.1.to_string()).collect();
                    service(&from.to_string(), &targets.iter().map(String::as_str).collect::<Vec<_>>())
                })
                .collect();
            // Reachability by brute force.
            let mut reaches = [[false; 6]; 6];
            for (from, to) in &edges {
                reaches[*from][*to] = true;
            }
            for middle in 0..6 {
                for from in 0..6 {
                    for to in 0..6 {
                        reaches[from][to] |= reaches[from][middle] && reaches[middle][to];
                    }
                }
            }
            let has_circle = (0..6).any(|at| reaches[at][at]);
            prop_assert_eq!(Fleet::new(services).is_err(), has_circle);
        }
    }
}
