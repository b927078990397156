//! `preflight finalize`: what this task was, as it closes.
//!
//! The last line of an entrypoint. It never fails: whatever could not be learned is left out, so that it never turns a
//! service's good end into a bad one.

use std::io::Write;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use preflight_identity::{Identity, Image, Sources, Usage, discover, usage};
use preflight_logging::{Redactor, Tag};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::ConfigArgument;
use crate::exit::Exit;
use crate::{contract_file, environment};

/// How long the platform's metadata service may take.
pub(crate) const BUDGET: Duration = Duration::from_secs(1);

/// The version of the JSON document; a change that breaks a reader raises it.
const DOCUMENT_VERSION: u32 = 1;

/// The command line of `preflight finalize`.
#[derive(Debug, Args)]
pub(crate) struct FinalizeArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArgument,
    /// The code the service ended with, 0 to 255: --exit-code $?
    #[arg(long, value_name = "CODE")]
    pub(crate) exit_code: Option<u8>,
    /// How to say it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: FinalizeFormat,
}

/// The forms the report can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FinalizeFormat {
    /// Tagged lines
    Text,
    /// One JSON document, see docs/finalize.schema.json
    Json,
}

/// What the report is made from, and for whom.
pub(crate) struct FinalizeContext<'run> {
    pub(crate) sources: &'run Sources,
    pub(crate) tag: &'run Tag,
    pub(crate) redactor: &'run Redactor,
    /// Whether to say what could not be learned, too.
    pub(crate) verbose: bool,
}

/// Logs what this task was. A contract that is missing or wrong only costs the tag its names.
pub(crate) fn command(arguments: &FinalizeArguments) -> Exit {
    let contract =
        contract_file::load_if_there(arguments.config.config.as_deref()).map(|(_, contract)| contract);
    let (tag, verbose) = match &contract {
        Some(contract) => (Tag::new(&contract.organization, &contract.team), contract.verbose),
        None => (Tag::new("preflight", "finalize"), false),
    };
    let environment = environment::of_process();
    let redactor = Redactor::new(
        contract.map(|contract| environment::secrets(&contract, &environment)).unwrap_or_default(),
    );
    let context = FinalizeContext { sources: &Sources::system(), tag: &tag, redactor: &redactor, verbose };
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        runtime.block_on(run(arguments, &context, &mut std::io::stdout().lock()));
        runtime.shutdown_background();
    }
    Exit::Success
}

/// Writes the report. Nothing can go wrong that would be worth an exit code: a closed output is ignored.
pub(crate) async fn run(
    arguments: &FinalizeArguments,
    context: &FinalizeContext<'_>,
    output: &mut dyn Write,
) {
    let report = report(arguments.exit_code, context).await;
    let written = match arguments.format {
        FinalizeFormat::Text => write_text(&report, context, output),
        FinalizeFormat::Json => write_json(&report, context, output),
    };
    let _ = written.and_then(|()| output.flush());
}

/// What `preflight finalize --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
struct FinalizeReport {
    /// The version of this form.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// Always `finalize`.
    #[schemars(extend("const" = "finalize"))]
    kind: &'static str,
    /// The version of the program.
    preflight: &'static str,
    /// The audience's tag, as every line of text begins with it.
    tag: String,
    /// When the report was made.
    #[schemars(extend("format" = "date-time"))]
    finished_at: String,
    /// Seconds since the container started.
    #[serde(skip_serializing_if = "Option::is_none")]
    lived_seconds: Option<f64>,
    /// The code the service ended with, if it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
    /// What the exit code means beyond success or failure, such as `SIGKILL` for 137.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_meaning: Option<&'static str>,
    /// Where the service ran.
    identity: Identity,
    /// What its container used.
    usage: Usage,
}

/// The report as lines of text, for a caller that knows where it is and has looked after the service itself.
pub(crate) fn lines(identity: Identity, exit_code: u8, context: &FinalizeContext<'_>) -> Vec<String> {
    text_lines(&report_of(identity, Some(exit_code), context), context)
}

async fn report(exit_code: Option<u8>, context: &FinalizeContext<'_>) -> FinalizeReport {
    report_of(discover(context.sources, BUDGET).await, exit_code, context)
}

fn report_of(identity: Identity, exit_code: Option<u8>, context: &FinalizeContext<'_>) -> FinalizeReport {
    let now = (context.sources.now)();
    FinalizeReport {
        version: DOCUMENT_VERSION,
        kind: "finalize",
        preflight: env!("CARGO_PKG_VERSION"),
        tag: context.tag.to_string(),
        finished_at: now.to_string(),
        lived_seconds: identity.started_at.map(|started| age(started, now)),
        exit_code,
        exit_meaning: exit_code.and_then(meaning),
        usage: usage(&context.sources.root),
        identity,
    }
}

/// Seconds, not less than none: clocks of two machines may differ.
fn age(started: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(started).as_secs_f64().max(0.0)
}

/// What a shell's exit code says: 126 and 127 are its own, 128 and a number is the signal that ended the process.
fn meaning(code: u8) -> Option<&'static str> {
    Some(match code {
        126 => "not executable",
        127 => "command not found",
        129 => "SIGHUP",
        130 => "SIGINT",
        131 => "SIGQUIT",
        132 => "SIGILL",
        133 => "SIGTRAP",
        134 => "SIGABRT",
        135 => "SIGBUS",
        136 => "SIGFPE",
        137 => "SIGKILL",
        139 => "SIGSEGV",
        141 => "SIGPIPE",
        143 => "SIGTERM",
        _ => return None,
    })
}

fn write_text(
    report: &FinalizeReport,
    context: &FinalizeContext<'_>,
    output: &mut dyn Write,
) -> std::io::Result<()> {
    text_lines(report, context).iter().try_for_each(|line| writeln!(output, "{line}"))
}

/// Three lines, and one for each thing that could not be learned if that is wanted.
fn text_lines(report: &FinalizeReport, context: &FinalizeContext<'_>) -> Vec<String> {
    let mut lines = vec![
        format!("preflight {} finalize — {}", report.preflight, report.identity.summary()),
        format!("finalize: {}", ending(report).join(", ")),
        format!("finalize: {}", facts(&report.identity).join(", ")),
    ];
    if let Some(kills) = report.usage.oom_kills.filter(|kills| *kills > 0) {
        let hint = "raise the memory limit, or look for what grew";
        lines[1].push_str(&format!(", {kills} killed for want of memory — hint: {hint}"));
    }
    if context.verbose {
        lines.extend(report.identity.notes.iter().map(|note| format!("finalize: not known: {note}")));
    }
    lines.iter().map(|line| context.tag.line(&context.redactor.clean(line))).collect()
}

/// How it ended and what it used.
fn ending(report: &FinalizeReport) -> Vec<String> {
    let Usage { peak_memory, cpu_time, throttled, .. } = report.usage;
    let lived = report
        .lived_seconds
        .map_or_else(|| "lived for an unknown time".to_owned(), |age| format!("lived {}", span(age)));
    let code = report.exit_code.map(|code| match report.exit_meaning {
        Some(meaning) => format!("exit code {code} ({meaning})"),
        None => format!("exit code {code}"),
    });
    let memory = peak_memory.map(|peak| match report.identity.limits.memory {
        Some(limit) => format!("peak memory {} of {}", size(peak), size(limit)),
        None => format!("peak memory {}", size(peak)),
    });
    let cpu = cpu_time.map(|time| format!("CPU time {}", span(time.as_secs_f64())));
    let held = throttled
        .filter(|time| !time.is_zero())
        .map(|time| format!("held back {}", span(time.as_secs_f64())));
    [Some(lived), code, memory, cpu, held].into_iter().flatten().collect()
}

/// All that is known of the place and is not in the summary.
fn facts(identity: &Identity) -> Vec<String> {
    let texts = [
        ("image", identity.image.as_ref().map(reference)),
        ("task", identity.task_arn.clone()),
        (
            "task definition",
            identity.family.as_ref().map(|family| revised(family, identity.revision.as_deref())),
        ),
        ("cluster", identity.cluster.clone()),
        ("container", identity.container_name.clone()),
        ("container id", identity.container_id.clone()),
        ("pod", identity.pod.clone()),
        ("namespace", identity.namespace.clone()),
        ("node", identity.node.clone()),
        ("service account", identity.service_account.clone()),
        ("instance", identity.instance_id.clone()),
        ("type", identity.instance_type.clone()),
        ("region", identity.region.clone()),
        ("zone", identity.zone.clone()),
        ("host", identity.hostname.clone()),
        ("addresses", addresses(identity)),
        ("cpu limit", identity.limits.cpu.map(|cores| format!("{cores} cores"))),
        ("memory limit", identity.limits.memory.map(size)),
        ("pulled", identity.pulled_at.map(|moment| moment.to_string())),
        ("created", identity.created_at.map(|moment| moment.to_string())),
    ];
    let known = texts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?)));
    std::iter::once(format!("platform {}", identity.platform.label())).chain(known).collect()
}

fn reference(image: &Image) -> String {
    let tag = image.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
    let digest = image.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
    format!("{}{tag}{digest}", image.name)
}

fn revised(family: &str, revision: Option<&str>) -> String {
    revision.map_or_else(|| family.to_owned(), |revision| format!("{family}:{revision}"))
}

fn addresses(identity: &Identity) -> Option<String> {
    let texts: Vec<String> = identity.addresses.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// Bytes in the largest unit that leaves a number above one.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit after the point")]
    let in_unit = |(name, unit): (&str, u64)| format!("{:.1} {name}", bytes as f64 / unit as f64);
    UNITS.into_iter().find(|(_, unit)| bytes >= *unit).map_or_else(|| format!("{bytes} B"), in_unit)
}

/// Seconds in the two largest units, such as `3 d 4 h`, `30 min 12 s`, `0.25 s`.
fn span(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.2} s");
    }
    let whole = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX).as_secs();
    let (large, large_name, small, small_name) = match whole {
        0..3600 => (whole / 60, "min", whole % 60, "s"),
        3600..86_400 => (whole / 3600, "h", whole % 3600 / 60, "min"),
        _ => (whole / 86_400, "d", whole % 86_400 / 3600, "h"),
    };
    format!("{large} {large_name} {small} {small_name}")
}

/// One line, so that a log keeps it together.
fn write_json(
    report: &FinalizeReport,
    context: &FinalizeContext<'_>,
    output: &mut dyn Write,
) -> std::io::Result<()> {
    let mut document = serde_json::to_value(report)?;
    clean(&mut document, context.redactor);
    writeln!(output, "{document}")
}

/// Every text of the document, redacted and escaped. Its keys are this program's own.
fn clean(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = redactor.clean(text),
        Value::Array(items) => items.iter_mut().for_each(|item| clean(item, redactor)),
        Value::Object(fields) => fields.values_mut().for_each(|field| clean(field, redactor)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;
