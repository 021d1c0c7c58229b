//! The progress of a cycle, as a bar on the terminal.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use runner::progress::{Progress, Reporter};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::output::Output;

/// How often the bar is drawn at most.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// A bar that follows a run until it is dropped; nothing where nobody looks.
#[derive(Debug)]
pub(crate) struct Bar {
    drawing: Option<(ProgressBar, JoinHandle<()>)>,
}

impl Bar {
    /// Draws what `reporter` tells, if a person sits at a terminal.
    pub(crate) fn follow(reporter: &Reporter, output: Output) -> Self {
        if output.is_json() || !io::stderr().is_terminal() {
            return Self { drawing: None };
        }
        let bar = ProgressBar::new(0).with_style(style());
        let drawing = tokio::spawn(draw(bar.clone(), reporter.subscribe()));
        Self { drawing: Some((bar, drawing)) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((bar, drawing)) = self.drawing.take() {
            drawing.abort();
            bar.finish_and_clear();
        }
    }
}

async fn draw(bar: ProgressBar, mut receiver: watch::Receiver<Progress>) {
    while receiver.changed().await.is_ok() {
        let progress = receiver.borrow_and_update().clone();
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        bar.set_prefix(progress.kind.clone());
        bar.set_message(message(&progress));
        tokio::time::sleep(DRAW_EVERY).await;
    }
}

/// What stands behind the bar.
fn message(progress: &Progress) -> String {
    let of = |status: &str| -> u64 {
        progress.counts.values().filter_map(|by_status| by_status.get(status)).sum()
    };
    let failed = match of("failure") {
        0 => String::new(),
        failed => format!(", {failed} failed"),
    };
    format!("{} done{failed}, {} requests", of("success"), progress.requests.total())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} cycle [{bar:30}] {pos} of {len}  {msg}")
        .expect("the template is constant")
        .progress_chars("=> ")
}
