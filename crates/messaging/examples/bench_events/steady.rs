//! The loads at which latency is measured: relay and raw producer in turn, the best of each.

use std::time::Duration;

use crate::Options;
use crate::figures::{Figures, Latencies};
use crate::load::Load;
use crate::parts::Parts;
use crate::{handled, open, raw};

/// Events a second, events to a transaction, and how figures call that.
const LOADS: [(u32, u32, &str); 3] = [(500, 1, "500"), (2_000, 1, "2k"), (5_000, 5, "5k")];
/// The load at which processor time is told, and the time until an effect is committed.
const COMPARED: &str = "2k";

/// Measures all of them.
pub(crate) async fn measure(parts: &Parts, options: &Options, figures: &mut Figures) {
    let knows_commits = parts.setting("track_commit_timestamp").await == "on";
    if !knows_commits {
        println!("handled    left out: it needs a server with track_commit_timestamp=on");
    }
    for (rate, each, name) in LOADS {
        let load = Load { rate, each, seconds: options.seconds };
        let (mut raws, mut runs, mut handleds) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            raws.push(raw::produce_at(parts, rate, Duration::from_secs(options.seconds)).await);
            runs.push(open::run(parts, load).await);
            if name == COMPARED && knows_commits {
                handleds.push(handled::run(parts, load).await);
            }
        }
        let raw = best(raws, |raw| raw).expect("one round at least");
        let run = best(runs, |run| &run.acked).expect("one round at least");
        let (seen, late) = (run.seen.count(), run.late_ms);
        println!(
            "load       {rate}/s, {each} to a transaction: {seen} seen, begun within {late:.1} ms"
        );
        for percent in [50, 99] {
            let of = |who: &str| format!("{who}_p{percent}_ms_{name}");
            figures.add(&of("ack"), run.acked.percentile_ms(percent));
            figures.add(&of("seen"), run.seen.percentile_ms(percent));
            figures.add(&of("raw_producer"), raw.percentile_ms(percent));
        }
        if let Some(handled) = best(handleds, |handled| handled) {
            figures.add("handled_p50_ms_2k", handled.percentile_ms(50));
            figures.add("handled_p99_ms_2k", handled.percentile_ms(99));
        }
        if name == COMPARED {
            figures.add("relay_cpu_s_per_100k_2k", run.cpu_s_per_100k);
        }
    }
}

/// The run with the lowest 99th percentile.
fn best<T>(runs: Vec<T>, latencies: impl Fn(&T) -> &Latencies) -> Option<T> {
    let p99 = |run: &T| latencies(run).percentile_ms(99);
    runs.into_iter().min_by(|a, b| p99(a).total_cmp(&p99(b)))
}
