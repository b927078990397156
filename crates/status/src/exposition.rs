//! Prometheus's text exposition format 0.0.4, see
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.

use std::fmt::Write;

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only goes up while the process lives.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A page of metrics.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    text: String,
}

/// The samples of one metric.
pub(crate) struct Metric<'page> {
    text: &'page mut String,
    name: &'static str,
    kind: Kind,
    help: &'static str,
    is_begun: bool,
}

impl Exposition {
    /// A metric; one without a sample is left out.
    pub(crate) fn metric(&mut self, name: &'static str, kind: Kind, help: &'static str) -> Metric<'_> {
        Metric { text: &mut self.text, name, kind, help, is_begun: false }
    }

    /// The page.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

impl Metric<'_> {
    /// One sample.
    pub(crate) fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        // Writing to a String cannot fail.
        let _ = self.begin().and_then(|()| {
            self.text.push_str(self.name);
            for (number, (name, value)) in labels.iter().enumerate() {
                let before = if number == 0 { '{' } else { ',' };
                write!(self.text, "{before}{name}=\"{}\"", escaped(value))?;
            }
            if !labels.is_empty() {
                self.text.push('}');
            }
            writeln!(self.text, " {}", Number(value))
        });
    }

    fn begin(&mut self) -> std::fmt::Result {
        if std::mem::replace(&mut self.is_begun, true) {
            return Ok(());
        }
        let (name, help) = (self.name, self.help.replace('\\', "\\\\").replace('\n', "\\n"));
        let kind = match self.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n")
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            number if number.is_nan() => f.write_str("NaN"),
            number if number.is_infinite() => f.write_str(if number > 0.0 { "+Inf" } else { "-Inf" }),
            number => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_break_out_of_their_quotes() {
        let mut page = Exposition::default();
        let mut metric = page.metric("a_b", Kind::Gauge, "Back\\slash\nand line.");
        metric.sample(&[("name", "x\"} 1\n\\"), ("other", "ü")], 1.5);
        metric.sample(&[], f64::INFINITY);
        page.metric("left_out", Kind::Counter, "No sample.");
        assert_eq!(
            page.finish(),
            "# HELP a_b Back\\\\slash\\nand line.\n# TYPE a_b gauge\n\
             a_b{name=\"x\\\"} 1\\n\\\\\",other=\"ü\"} 1.5\na_b +Inf\n"
        );
    }
}
