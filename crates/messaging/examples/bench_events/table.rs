//! Ours, Debezium's and the raw producer's figures side by side, with what is unfair to whom.

use crate::figures::Figures;
use crate::peer::HEAP;

/// One line: the names of its figures, what is aimed at, and the notes that belong to it.
struct Line {
    what: &'static str,
    ours: &'static str,
    debezium: &'static str,
    raw: &'static str,
    aim: &'static str,
    notes: &'static str,
}

const LINES: [Line; 7] = [
    Line {
        what: "drain, events/s (best round)",
        ours: "drain_per_s",
        debezium: "debezium_drain_per_s",
        raw: "raw_producer_per_s",
        aim: "5 x, a third of raw",
        notes: "a b c d j",
    },
    Line {
        what: "drain, events/s (first round)",
        ours: "drain_first_per_s",
        debezium: "debezium_drain_first_per_s",
        raw: "raw_producer_per_s",
        aim: "",
        notes: "b",
    },
    Line {
        what: "CPU-s per 100k, draining",
        ours: "relay_cpu_s_per_100k",
        debezium: "debezium_drain_cpu_s_per_100k",
        raw: "",
        aim: "a third",
        notes: "b e",
    },
    Line {
        what: "p50 ms at 2,000/s",
        ours: "ack_p50_ms_2k",
        debezium: "debezium_ack_p50_ms_2k",
        raw: "raw_producer_p50_ms_2k",
        aim: "below",
        notes: "f g h",
    },
    Line {
        what: "p99 ms at 2,000/s",
        ours: "ack_p99_ms_2k",
        debezium: "debezium_ack_p99_ms_2k",
        raw: "raw_producer_p99_ms_2k",
        aim: "below",
        notes: "f g h",
    },
    Line {
        what: "CPU-s per 100k at 2,000/s",
        ours: "relay_cpu_s_per_100k_2k",
        debezium: "debezium_cpu_s_per_100k",
        raw: "",
        aim: "a third",
        notes: "b e h",
    },
    Line {
        what: "highest memory, MiB",
        ours: "relay_rss_mb",
        debezium: "debezium_rss_mb",
        raw: "",
        aim: "a tenth",
        notes: "i",
    },
];

const NOTES: [&str; 10] = [
    "a  unfair to us: our records carry position, chain, trace and 11 headers, Debezium's two",
    "b  unfair to Debezium: a process of minutes; its machine code gets better still with hours, as the \
     first round beside the best shows. Ours is a new process each round",
    "c  unfair to us: it hands Connect's own records to the producer, without a deployment's converter",
    "d  unfair to us: wal_level=logical, which only Debezium needs, makes Postgres log 1 % more (8 bytes an \
     event)",
    "e  unfair to us: Debezium's decoding runs in Postgres' WAL sender and is not counted; our queries are \
     not counted either. Unfair to Debezium: it decodes all that the server logs",
    "f  unfair to us: ours ends when a consumer outside has the event; Debezium's and the raw producer's with \
     the acknowledgement. Ours and Debezium's begin inside the insert (seen_p50_ms_2k and its like, ours \
     alone, with the call of append), the raw producer's with the call",
    "g  unfair to Debezium: its load is made by a second Java process, dearer than our writers, which share a \
     process with the relay as in a service",
    "h  tuned is poll.interval.ms=1, the quickest and dearest; ours seals at most each 2 ms (the crate's \
     default), Debezium's default polls each 500 ms",
    "i  unfair to Debezium: a collector uses what the limit lets it have; with less it runs too, at more \
     processor time",
    "j  unfair to us: the raw producer sends from memory, without key and headers, with lz4 as all here do; \
     raw_producer_uncompressed_per_s is without. raw_producer_same_records_per_s has our key and headers, \
     and is what a relay could reach that read for nothing",
];

/// Prints the table. Without Debezium's figures its columns are empty.
pub(crate) fn print(figures: &Figures) {
    println!(
        "{:<30} {:>10} {:>10} {:>10} {:>10} {:>9} {:>9}  {:<20} unfair",
        "", "ours", "Debezium", "(default)", "raw", "ours/Deb", "ours/raw", "aim"
    );
    for line in &LINES {
        let [ours, debezium, raw] = [line.ours, line.debezium, line.raw].map(|it| figures.get(it));
        let default = figures.get(&format!("{}_default", line.debezium));
        let ratio = |other: Option<f64>| Some(ours? / other?);
        println!(
            "{:<30} {:>10} {:>10} {:>10} {:>10} {:>9} {:>9}  {:<20} {}",
            line.what,
            number(ours),
            number(debezium),
            number(default),
            number(raw),
            number(ratio(debezium)),
            number(ratio(raw)),
            line.aim,
            line.notes,
        );
    }
    println!("Debezium runs with {HEAP}, tuned unless it says (default); notes:");
    NOTES.iter().for_each(|note| println!("  {note}"));
}

/// With as many places as matter.
fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value >= 1_000.0 => format!("{value:.0}"),
        Some(value) if value >= 100.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.2}"),
    }
}
