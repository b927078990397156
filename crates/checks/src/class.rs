//! Failure classes: the stable names of what can be wrong, and what is known about each.

/// One class of failure. Names are a public contract: never renamed, only added.
#[derive(Debug)]
pub struct Class {
    /// `layer.cause` in lower case, such as `postgres.bad_password`.
    pub name: &'static str,
    /// Whether waiting can heal it; only such failures are retried.
    pub heals: bool,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// What usually causes it, most frequent first.
    pub causes: &'static [&'static str],
    /// What to try, short enough for the end of a log line.
    pub hint: &'static str,
    /// What to try, platform by platform.
    pub cure: &'static Cure,
}

/// What to do about a class on each platform; each text is one or two sentences.
#[derive(Debug)]
pub struct Cure {
    /// On AWS ECS.
    pub ecs: &'static str,
    /// On Kubernetes.
    pub kubernetes: &'static str,
    /// With plain Docker or Podman.
    pub docker: &'static str,
}

impl Class {
    /// A class that waiting does not heal.
    #[must_use]
    pub const fn lasting(
        name: &'static str,
        meaning: &'static str,
        causes: &'static [&'static str],
        hint: &'static str,
        cure: &'static Cure,
    ) -> Self {
        Self { name, heals: false, meaning, causes, hint, cure }
    }

    /// A class that may heal by itself: a server that is starting, a name that is not there yet.
    #[must_use]
    pub const fn healing(
        name: &'static str,
        meaning: &'static str,
        causes: &'static [&'static str],
        hint: &'static str,
        cure: &'static Cure,
    ) -> Self {
        Self { name, heals: true, meaning, causes, hint, cure }
    }
}

impl PartialEq for Class {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Class {}
