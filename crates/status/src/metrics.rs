//! The numbers of a status document, and of our own process.

use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::document::{Document, Service, State};
use crate::exposition::{Exposition, Kind, Metric};

/// All metrics.
pub(crate) fn metrics(document: &Document) -> String {
    let mut page = Exposition::default();
    whole(&mut page, document);
    checks(&mut page, document);
    readiness(&mut page, &document.services);
    history(&mut page, &document.services);
    process(&mut page, document);
    page.finish()
}

fn whole(page: &mut Exposition, document: &Document) {
    page.metric("preflight_build_info", Kind::Gauge, "The version of the program; the value is always 1.")
        .sample(&[("version", &document.preflight)], 1.0);
    page.metric("preflight_ready", Kind::Gauge, "Whether all that is wanted is ready or done.")
        .sample(&[], truth(document.ready));
    page.metric("preflight_shutting_down", Kind::Gauge, "Whether everything is being ended.")
        .sample(&[], truth(document.state == "stopping"));
}

fn checks(page: &mut Exposition, document: &Document) {
    let Some(checks) = document.checks.as_ref().filter(|checks| checks.at.is_some()) else { return };
    let mut counts =
        page.metric("preflight_checks", Kind::Gauge, "Checks of the contract before the start, by outcome.");
    for (outcome, count) in
        [("passed", checks.passed), ("failed", checks.failed), ("skipped", checks.skipped)]
    {
        counts.sample(&[("outcome", outcome)], number(count));
    }
    page.metric("preflight_checks_waited", Kind::Gauge, "Checks that took more than one try.")
        .sample(&[], number(checks.waited));
    page.metric("preflight_check_warnings", Kind::Gauge, "Warnings of the check before the start.")
        .sample(&[], number(checks.warnings));
    page.metric("preflight_check_duration_seconds", Kind::Gauge, "How long the check before the start took.")
        .sample(&[], Duration::from_millis(checks.elapsed_ms).as_secs_f64());
}

fn readiness(page: &mut Exposition, services: &[Service]) {
    let mut up = page.metric("preflight_service_up", Kind::Gauge, "Whether the service's program runs.");
    each(&mut up, services, |service| Some(truth(service.uptime_seconds.is_some())));
    let mut ready =
        page.metric("preflight_service_ready", Kind::Gauge, "Whether the service is ready or done.");
    each(&mut ready, services, |service| Some(truth(service.ready)));
    let mut wanted = page.metric(
        "preflight_service_wanted",
        Kind::Gauge,
        "Whether the service counts for whether all are ready: it is wanted to run here, and is no job.",
    );
    each(&mut wanted, services, |service| Some(truth(service.counts)));
    let mut state =
        page.metric("preflight_service_state", Kind::Gauge, "Where the service is: 1 for its state, else 0.");
    for service in services {
        for of in State::ALL {
            state.sample(&[("service", &service.name), ("state", of.name())], truth(of == service.state));
        }
    }
}

fn history(page: &mut Exposition, services: &[Service]) {
    let mut restarts =
        page.metric("preflight_service_restarts_total", Kind::Counter, "How often it was started again.");
    #[expect(clippy::cast_precision_loss, reason = "no service is restarted 2^53 times")]
    each(&mut restarts, services, |service| Some(service.restarts as f64));
    let mut started = page.metric(
        "preflight_service_start_time_seconds",
        Kind::Gauge,
        "When the program that runs was started, since the epoch.",
    );
    each(&mut started, services, |service| moment(service.started_at.as_deref()));
    let mut code = page.metric(
        "preflight_service_last_exit_code",
        Kind::Gauge,
        "The code of the last end, or 128 and the number of the signal.",
    );
    each(&mut code, services, |service| service.last_exit.as_ref()?.code.map(f64::from));
    let mut ended = page.metric(
        "preflight_service_last_exit_time_seconds",
        Kind::Gauge,
        "When it ended the last time, since the epoch.",
    );
    each(&mut ended, services, |service| moment(Some(&service.last_exit.as_ref()?.at)));
    let mut memory = page.metric(
        "preflight_service_last_exit_out_of_memory",
        Kind::Gauge,
        "Whether the kernel killed something of it for want of memory at its last end.",
    );
    each(&mut memory, services, |service| Some(truth(service.last_exit.as_ref()?.out_of_memory)));
    let mut next = page.metric(
        "preflight_service_next_try_time_seconds",
        Kind::Gauge,
        "When it is started again, since the epoch.",
    );
    each(&mut next, services, |service| moment(service.next_try_at.as_deref()));
    let mut due = page.metric(
        "preflight_service_next_due_time_seconds",
        Kind::Gauge,
        "When the job is due next, since the epoch.",
    );
    each(&mut due, services, |service| moment(service.schedule.as_ref()?.next_due.as_deref()));
}

/// What client libraries say of their process, see
/// <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>. What the system does not tell is left out.
fn process(page: &mut Exposition, document: &Document) {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "seconds of processor time are far below 2^53")]
    let spent = spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9;
    page.metric(
        "process_cpu_seconds_total",
        Kind::Counter,
        "Processor time of preflight itself, in seconds.",
    )
    .sample(&[], spent);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut memory = |name, field, help| {
        if let Some(bytes) = kibibytes(&status, field) {
            page.metric(name, Kind::Gauge, help).sample(&[], bytes);
        }
    };
    memory("process_resident_memory_bytes", "VmRSS:", "Resident memory of preflight itself, in bytes.");
    memory("process_virtual_memory_bytes", "VmSize:", "Virtual memory of preflight itself, in bytes.");
    if let Ok(descriptors) = fs::read_dir("/proc/self/fd") {
        page.metric("process_open_fds", Kind::Gauge, "Open descriptors of preflight itself.")
            // One of them is what counts them.
            .sample(&[], number(descriptors.count().saturating_sub(1)));
    }
    let most = getrlimit(Resource::Nofile).current;
    #[expect(clippy::cast_precision_loss, reason = "a limit beyond 2^53 is none")]
    let most = most.map_or(f64::INFINITY, |most| most as f64);
    page.metric("process_max_fds", Kind::Gauge, "So many descriptors may be open.").sample(&[], most);
    if let Some(began) = moment(Some(&document.since)) {
        page.metric("process_start_time_seconds", Kind::Gauge, "When the run began, since the epoch.")
            .sample(&[], began);
    }
}

/// A sample for each service that has one.
fn each(metric: &mut Metric<'_>, services: &[Service], value: impl Fn(&Service) -> Option<f64>) {
    for service in services {
        if let Some(value) = value(service) {
            metric.sample(&[("service", &service.name)], value);
        }
    }
}

/// A line such as `VmRSS:      5436 kB` of `/proc/self/status`, in bytes, see proc(5).
fn kibibytes(status: &str, field: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

fn moment(rfc3339: Option<&str>) -> Option<f64> {
    let moment: Timestamp = rfc3339?.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of any calendar are below 2^53")]
    Some(moment.as_millisecond() as f64 / 1000.0)
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

fn number(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nothing here is counted beyond 2^53")]
    let number = count as f64;
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_proc_is_read_in_bytes() {
        let status = "Name:\tpreflight\nVmSize:\t   20480 kB\nVmRSS:\t    5436 kB\n";
        assert_eq!(kibibytes(status, "VmRSS:"), Some(5_566_464.0));
        assert_eq!(kibibytes(status, "VmSwap:"), None);
    }
}
