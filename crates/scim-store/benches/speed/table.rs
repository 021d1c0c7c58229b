//! The table of results, in Markdown.

use crate::load::{Measured, Task};

/// The goal for the time of 99 of 100 reads, and of a change of one member.
const GOAL_MOST_MS: [u32; 2] = [10, 5];

/// The goal for the memory of a service with 100,000 users.
const GOAL_MEMORY_MIB: u64 = 150;

/// One result.
pub(crate) struct Line {
    pub(crate) task: Task,
    pub(crate) users: usize,
    pub(crate) measured: Measured,
}

pub(crate) fn head(connections: usize) {
    println!("{connections} connections\n");
    println!(
        "| operation | users | a second | half within | 99 % within | service's work for each | goal |"
    );
    println!("|---|---:|---:|---:|---:|---:|---|");
}

pub(crate) fn memory(users: usize, memory_mib: Option<u64>) {
    if let Some(memory) = memory_mib {
        println!(
            "| memory, own | {users} | {memory} MiB | | | | {GOAL_MEMORY_MIB} MiB at 100000 |"
        );
    }
}

impl Line {
    pub(crate) fn print(&self) {
        let Self { task, users, measured } = self;
        let [reads, member] = GOAL_MOST_MS;
        let goal = match task {
            Task::Read | Task::Find => {
                format!("{}/s, 99 % < {reads} ms", task.goal().unwrap_or_default())
            }
            Task::Member => format!("< {member} ms each"),
            _ => format!("{}/s", task.goal().unwrap_or_default()),
        };
        let ms = |time: std::time::Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
        let work = measured.work.map(|work| format!("{} µs", work.as_micros())).unwrap_or_default();
        println!(
            "| {} | {users} | {:.0} | {} | {} | {work} | {goal} |",
            task.name(),
            measured.per_second,
            ms(measured.half),
            ms(measured.most)
        );
    }
}
