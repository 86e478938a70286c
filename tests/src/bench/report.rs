//! What is printed, and the flat JSON that later measurements are compared with.

use std::path::Path;

use super::cpu::Usage;
use super::figure::Milli;

/// One measured part: CPU time of the fleet, split by process.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Heads its column.
    pub(crate) name: &'static str,
    /// Answers or orders.
    pub(crate) count: u64,
    /// Microseconds by process.
    pub(crate) used: Usage,
}

impl Part {
    /// CPU time of everything for one answer or order.
    pub(crate) fn each(&self) -> Milli {
        Milli::share(super::cpu::total(&self.used), self.count)
    }
}

/// CPU milliseconds for each answer or order, a row for each process.
pub(crate) fn table(parts: &[Part]) -> Vec<String> {
    let mut lines = vec![row("CPU-ms of", parts.iter().map(|part| part.name.to_owned()))];
    let names: std::collections::BTreeSet<&String> =
        parts.iter().flat_map(|part| part.used.keys()).collect();
    for name in names {
        let used = |part: &Part| part.used.get(name).copied().unwrap_or(0);
        let cells = parts.iter().map(|part| Milli::share(used(part), part.count).to_string());
        lines.push(row(name, cells));
    }
    lines.push(row("all", parts.iter().map(|part| part.each().to_string())));
    lines
}

fn row(head: &str, cells: impl Iterator<Item = String>) -> String {
    let mut line = format!("  {head:<18}");
    for cell in cells {
        line.push_str(&format!("{cell:>12}"));
    }
    line
}

/// `{"name": number, …}`, one to a line.
pub(crate) fn json(figures: &[(&'static str, Milli)]) -> String {
    let lines: Vec<String> =
        figures.iter().map(|(name, figure)| format!("  \"{name}\": {figure}")).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// Writes a file and the folder that it is in.
///
/// # Errors
/// Those of the file system.
pub(crate) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_has_a_row_and_the_last_one_is_the_sum() {
        let used = Usage::from([("kafka".to_owned(), 30_000), ("orders".to_owned(), 10_000)]);
        let part = Part { name: "order", count: 10, used };

        let lines = table(&[part]);

        assert_eq!(lines[1], "  kafka                    3.000");
        assert_eq!(lines[3], "  all                      4.000");
    }

    #[test]
    fn figures_are_json() {
        let text = json(&[("a_ms", Milli(1_500)), ("b", Milli(7))]);

        let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed, serde_json::json!({ "a_ms": 1.5, "b": 0.007 }));
    }
}
