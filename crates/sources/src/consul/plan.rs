//! Which requests serve the wanted queries: keys below a common prefix share one recursive request. Pure.
//!
//! A prefix is the longest common folder of the keys that begin with the same folder. Where these fall into just two
//! folders, each with enough keys, they are two prefixes: what two services share is often one level above both, beside
//! everyone else's. A prefix that was refused (by access control, or because its answer was too large) is divided into
//! the folders below it. The root of the store is never a prefix, and a prefix serves at least [`ENOUGH`] keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::query::{ConsulQuery, Scope};
use super::request;

/// How many keys make a common request worth while.
const ENOUGH: usize = 3;

/// One request that is repeated for as long as anyone wants its answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Unit {
    /// All keys below a prefix.
    Prefix(Prefix),
    /// One query by itself.
    Single(ConsulQuery),
}

/// A prefix and where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Prefix {
    pub(super) prefix: Arc<str>,
    pub(super) scope: Scope,
    /// Whether a template asks for this very prefix, which is then served whatever its size.
    pub(super) is_wanted: bool,
}

/// Requests, and the queries that each of them serves.
pub(super) type Plan = BTreeMap<Unit, BTreeSet<ConsulQuery>>;

/// The requests that serve these queries. `refused` are the prefixes that cannot serve keys.
pub(super) fn plan(wanted: &BTreeSet<ConsulQuery>, refused: &BTreeSet<(Scope, Arc<str>)>) -> Plan {
    let mut plan = Plan::new();
    let mut keys: BTreeMap<&Scope, Vec<&Arc<str>>> = BTreeMap::new();
    for query in wanted {
        match query {
            ConsulQuery::Key { key, scope } if request::is_as_stored(key) => {
                keys.entry(scope).or_default().push(key);
            }
            ConsulQuery::List { prefix, scope } => {
                let prefix = Prefix { prefix: Arc::clone(prefix), scope: scope.clone(), is_wanted: true };
                plan.entry(Unit::Prefix(prefix)).or_default().insert(query.clone());
            }
            other => drop(plan.insert(Unit::Single(other.clone()), BTreeSet::from([other.clone()]))),
        }
    }
    for (scope, keys) in keys {
        let divider = Divider { scope, refused };
        let alone = divider.serve_by_lists(&mut plan, keys);
        divider.divide(&mut plan, "", &alone);
    }
    plan
}

struct Divider<'plan> {
    scope: &'plan Scope,
    refused: &'plan BTreeSet<(Scope, Arc<str>)>,
}

impl Divider<'_> {
    /// Leaves the keys that no wanted list holds already.
    fn serve_by_lists<'keys>(&self, plan: &mut Plan, keys: Vec<&'keys Arc<str>>) -> Vec<&'keys Arc<str>> {
        let lists = plan.keys().filter_map(|unit| match unit {
            Unit::Prefix(list) if list.scope == *self.scope && !self.is_refused(&list.prefix) => {
                Some((Arc::clone(&list.prefix), unit.clone()))
            }
            _ => None,
        });
        let lists: BTreeMap<Arc<str>, Unit> = lists.collect();
        // There may be thousands of lists and of keys, but lists are of few lengths.
        let lengths: BTreeSet<usize> = lists.keys().map(|prefix| prefix.len()).collect();
        let mut alone = Vec::new();
        for key in keys {
            let mut starts = lengths.iter().filter_map(|length| key.get(..*length));
            match starts.find_map(|start| lists.get(start)).and_then(|list| plan.get_mut(list)) {
                Some(members) => drop(members.insert(self.query(key))),
                None => alone.push(key),
            }
        }
        alone
    }

    /// Serves sorted keys that all begin with that folder.
    fn divide(&self, plan: &mut Plan, folder: &str, keys: &[&Arc<str>]) {
        if keys.len() < ENOUGH {
            return self.singles(plan, keys);
        }
        let folder = &common_folder(keys, folder.len());
        let (files, folders) = children(keys, folder.len());
        let is_pair = files.is_empty()
            && folders.len() == 2
            && folders.iter().all(|keys| keys.len() >= ENOUGH)
            && folders.iter().all(|keys| !self.is_refused(&common_folder(keys, folder.len())));
        if folder.is_empty() || self.is_refused(folder) {
            self.singles(plan, &files);
            for keys in folders {
                self.divide(plan, &common_folder(&keys, folder.len()), &keys);
            }
        } else if is_pair {
            for keys in folders {
                self.group(plan, &common_folder(&keys, folder.len()), &keys);
            }
        } else {
            self.group(plan, folder, keys);
        }
    }

    fn group(&self, plan: &mut Plan, folder: &str, keys: &[&Arc<str>]) {
        let prefix = Prefix { prefix: folder.into(), scope: self.scope.clone(), is_wanted: false };
        plan.insert(Unit::Prefix(prefix), keys.iter().map(|key| self.query(key)).collect());
    }

    fn singles(&self, plan: &mut Plan, keys: &[&Arc<str>]) {
        for key in keys {
            let query = self.query(key);
            plan.insert(Unit::Single(query.clone()), BTreeSet::from([query]));
        }
    }

    fn query(&self, key: &Arc<str>) -> ConsulQuery {
        ConsulQuery::Key { key: Arc::clone(key), scope: self.scope.clone() }
    }

    fn is_refused(&self, prefix: &str) -> bool {
        self.refused.iter().any(|(scope, refused)| scope == self.scope && **refused == *prefix)
    }
}

/// The longest folder, with its slash, that all of these sorted keys are in; nothing when they are in none.
fn common_folder(keys: &[&Arc<str>], at_least: usize) -> String {
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return String::new() };
    let common = first.bytes().zip(last.bytes()).take_while(|(one, other)| one == other).count();
    let end = first.as_bytes()[..common].iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    // A slash is never inside a character, so this is a boundary.
    first[..end.max(at_least)].to_owned()
}

/// The keys that are right in a folder whose name has that length, and those of each folder in it.
fn children<'keys>(
    keys: &[&'keys Arc<str>],
    length: usize,
) -> (Vec<&'keys Arc<str>>, Vec<Vec<&'keys Arc<str>>>) {
    let mut files = Vec::new();
    let mut folders: BTreeMap<&str, Vec<&Arc<str>>> = BTreeMap::new();
    for key in keys {
        match key[length..].split_once('/') {
            // A key that ends with a slash is the folder's own.
            Some((_, "")) | None => files.push(*key),
            Some((folder, _)) => folders.entry(folder).or_default().push(key),
        }
    }
    (files, folders.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(keys: &[&str]) -> BTreeSet<ConsulQuery> {
        keys.iter().map(|key| ConsulQuery::key(key).expect("a key")).collect()
    }

    fn refused(prefixes: &[&str]) -> BTreeSet<(Scope, Arc<str>)> {
        prefixes.iter().map(|prefix| (Scope::default(), Arc::from(*prefix))).collect()
    }

    /// `prefix:number of queries`, or the query itself.
    fn shown(plan: &Plan) -> Vec<String> {
        let unit = |(unit, queries): (&Unit, &BTreeSet<ConsulQuery>)| match unit {
            Unit::Prefix(prefix) => format!("{}{}:{}", prefix.prefix, prefix.scope, queries.len()),
            Unit::Single(query) => query.to_string(),
        };
        plan.iter().map(unit).collect()
    }

    #[track_caller]
    fn assert_plan(keys: &[&str], refused_prefixes: &[&str], expected: &[&str]) {
        let wanted = wanted(keys);
        let plan = plan(&wanted, &refused(refused_prefixes));
        assert_eq!(shown(&plan), expected);
        let served: BTreeSet<ConsulQuery> = plan.into_values().flatten().collect();
        assert_eq!(served, wanted, "every query is served");
    }

    #[test]
    fn few_keys_stay_alone() {
        assert_plan(&[], &[], &[]);
        assert_plan(&["app/a", "app/b"], &[], &["kv.block(app/a)", "kv.block(app/b)"]);
    }

    #[test]
    fn keys_of_one_folder_are_one_request() {
        assert_plan(&["app/a", "app/b", "app/c"], &[], &["app/:3"]);
    }

    #[test]
    fn the_longest_common_folder_is_the_prefix() {
        assert_plan(
            &["prod/pickles/db/host", "prod/pickles/db/port", "prod/pickles/cache/host", "prod/pickles/name"],
            &[],
            &["prod/pickles/:4"],
        );
    }

    #[test]
    fn a_name_that_begins_alike_is_no_folder() {
        assert_plan(&["app/key1", "app/key2", "app/key3"], &[], &["app/:3"]);
        assert_plan(
            &["apple/a", "apply/b", "app/c"],
            &[],
            &["kv.block(app/c)", "kv.block(apple/a)", "kv.block(apply/b)"],
        );
    }

    #[test]
    fn two_full_folders_are_two_requests_rather_than_the_wide_one_above() {
        assert_plan(
            &["s/pickles/a", "s/pickles/b", "s/pickles/c", "s/shared/x", "s/shared/y", "s/shared/z"],
            &[],
            &["s/pickles/:3", "s/shared/:3"],
        );
    }

    #[test]
    fn many_folders_are_one_request() {
        assert_plan(&["s/a/1", "s/b/1", "s/c/1"], &[], &["s/:3"]);
    }

    #[test]
    fn the_root_is_never_a_prefix() {
        assert_plan(&["a", "b", "c"], &[], &["kv.block(a)", "kv.block(b)", "kv.block(c)"]);
        assert_plan(&["a/1", "a/2", "a/3", "b/1", "b/2", "b/3", "c"], &[], &["a/:3", "b/:3", "kv.block(c)"]);
    }

    #[test]
    fn a_refused_prefix_is_divided_into_what_is_below_it() {
        let keys = ["s/a/1", "s/a/2", "s/a/3", "s/b/1", "s/top"];
        assert_plan(&keys, &[], &["s/:5"]);
        assert_plan(&keys, &["s/"], &["s/a/:3", "kv.block(s/b/1)", "kv.block(s/top)"]);
        assert_plan(&["s/1", "s/2", "s/3"], &["s/"], &["kv.block(s/1)", "kv.block(s/2)", "kv.block(s/3)"]);
        assert_plan(
            &["s/a/1", "s/a/2", "s/a/3"],
            &["s/a/"],
            &["kv.block(s/a/1)", "kv.block(s/a/2)", "kv.block(s/a/3)"],
        );
    }

    #[test]
    fn a_refused_one_of_a_pair_leaves_the_other() {
        let keys = ["s/a/1", "s/a/2", "s/a/3", "s/b/1", "s/b/2", "s/b/3"];
        assert_plan(
            &keys,
            &["s/", "s/a/"],
            &["s/b/:3", "kv.block(s/a/1)", "kv.block(s/a/2)", "kv.block(s/a/3)"],
        );
    }

    #[test]
    fn a_wanted_list_serves_the_keys_below_it() {
        let mut wanted = wanted(&["app/a", "app/b/c", "other/x"]);
        wanted.insert(ConsulQuery::list("app").expect("a prefix"));
        wanted.insert(ConsulQuery::key("app//a").expect("a key"));
        let plan = plan(&wanted, &BTreeSet::new());
        assert_eq!(shown(&plan), ["app:3", "kv.block(app//a)", "kv.block(other/x)"]);
    }

    #[test]
    fn a_list_that_is_refused_stays_and_serves_no_keys() {
        let mut wanted = wanted(&["app/a"]);
        wanted.insert(ConsulQuery::list("app").expect("a prefix"));
        assert_eq!(shown(&plan(&wanted, &refused(&["app"]))), ["app:1", "kv.block(app/a)"]);
    }

    #[test]
    fn each_datacenter_is_by_itself() {
        assert_plan(&["a/1", "a/2", "a/3", "a/1@dc2", "a/2@dc2", "a/3@dc2"], &[], &["a/:3", "a/@dc2:3"]);
    }

    #[test]
    fn slashes_and_letters_of_any_kind_do_no_harm() {
        assert_plan(
            &["//a/1", "//a/2", "//a/3"],
            &[],
            &["kv.block(/a/1)", "kv.block(/a/2)", "kv.block(/a/3)"],
        );
        assert_plan(
            &["a//1", "a/./2", "b/../a/3", "a/4/."],
            &[],
            &["kv.block(a/./2)", "kv.block(a//1)", "kv.block(a/4/.)", "kv.block(b/../a/3)"],
        );
        assert_plan(&["ä/é1", "ä/é2", "ä/ê3"], &[], &["ä/:3"]);
        assert_plan(
            &["a/", "a/b/", "a/b/c"],
            &["a/"],
            &["kv.block(a/)", "kv.block(a/b/)", "kv.block(a/b/c)"],
        );
    }

    #[test]
    fn a_thousand_keys_discovered_one_by_one_end_in_the_same_plan() {
        let all: Vec<String> =
            (0..1000).map(|number| format!("bench/app-{}/key-{number}", number % 50)).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut grown = BTreeSet::new();
        for key in &all[..20] {
            grown.extend(wanted(&[key]));
            plan(&grown, &BTreeSet::new());
        }
        grown.extend(wanted(&all));
        assert_eq!(shown(&plan(&grown, &BTreeSet::new())), ["bench/:1000"]);
    }

    /// A key of few letters, so that many share folders, with slashes where they should not be.
    fn random_key(chance: &mut fastrand::Rng) -> String {
        let parts = ["a", "b", "ab", "", "é", "c", "/"];
        let count = chance.usize(1..5);
        (0..count).map(|_| parts[chance.usize(..parts.len())]).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn whatever_is_wanted_and_refused_every_query_is_served_once() {
        for seed in 0..2000 {
            let mut chance = fastrand::Rng::with_seed(seed);
            let mut wanted = BTreeSet::new();
            for _ in 0..chance.usize(..40) {
                let text = random_key(&mut chance);
                let query =
                    if chance.u8(..8) == 0 { ConsulQuery::list(&text) } else { ConsulQuery::key(&text) };
                wanted.extend(query);
            }
            let mut refused = BTreeSet::new();
            for _ in 0..chance.usize(..4) {
                let plan = plan(&wanted, &refused);
                let prefixes = plan.keys().filter_map(|unit| match unit {
                    Unit::Prefix(prefix) => Some((prefix.scope.clone(), Arc::clone(&prefix.prefix))),
                    Unit::Single(_) => None,
                });
                let prefixes: Vec<_> = prefixes.collect();
                if !prefixes.is_empty() {
                    refused.insert(prefixes[chance.usize(..prefixes.len())].clone());
                }
            }
            assert_is_sound(&plan(&wanted, &refused), &wanted, &refused);
        }
    }

    fn assert_is_sound(plan: &Plan, wanted: &BTreeSet<ConsulQuery>, refused: &BTreeSet<(Scope, Arc<str>)>) {
        let served: Vec<ConsulQuery> = plan.values().flatten().cloned().collect();
        assert_eq!(served.len(), wanted.len(), "once: {plan:?}");
        assert_eq!(&served.into_iter().collect::<BTreeSet<_>>(), wanted);
        for (unit, members) in plan {
            let Unit::Prefix(prefix) = unit else { continue };
            let keys = members.iter().filter_map(|member| match member {
                ConsulQuery::Key { key, .. } => Some(key),
                _ => None,
            });
            assert!(keys.clone().all(|key| key.starts_with(&*prefix.prefix)), "{unit:?} {members:?}");
            let is_refused = refused.contains(&(prefix.scope.clone(), Arc::clone(&prefix.prefix)));
            assert!(!is_refused || keys.count() == 0, "{unit:?} was refused");
            if !prefix.is_wanted {
                assert!(prefix.prefix.ends_with('/') && members.len() >= ENOUGH, "{unit:?} {members:?}");
            }
        }
    }
}
