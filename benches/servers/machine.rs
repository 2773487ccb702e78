//! Reads the processor time of processes, and what this machine is.

use std::fs;
use std::time::Duration;

/// The kernel counts hundredths of a second in `/proc`, on every machine that Rust has a target for.
const TICK: Duration = Duration::from_millis(10);

/// Returns the processor time of these processes, in user and system mode.
pub fn processor_time(processes: impl IntoIterator<Item = u32>) -> Duration {
    processes.into_iter().map(of_process).sum()
}

fn of_process(process: u32) -> Duration {
    let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else {
        return Duration::ZERO;
    };
    // After the name in brackets, as the third field.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks = fields
        .skip(11)
        .take(2)
        .map(|text| text.parse().unwrap_or(0));
    TICK * ticks.sum::<u32>()
}

/// Returns the processor, and how busy it has been in the last minute.
pub fn describe() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    format!("{cores} cores ({model}), load {load}")
}
