//! How far a scan is, shown on a terminal once it has taken a while.

use crate::pipeline::Progress;
use crate::report::Report;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use std::io;
use std::io::IsTerminal;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A scan shorter than this shows no progress.
const QUIET_START: Duration = Duration::from_millis(500);

/// Runs `work`, showing how far it is.
pub(super) fn with_progress(work: impl FnOnce(&Progress) -> Report) -> Report {
    let progress = Progress::default();
    if !io::stderr().is_terminal() {
        return work(&progress);
    }
    let style = |template| ProgressStyle::with_template(template).expect("the template is well-formed");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ticker = scope.spawn(|| {
            std::thread::park_timeout(QUIET_START);
            if done.load(Ordering::Acquire) {
                return;
            }
            let bar = ProgressBar::new_spinner().with_style(style("{spinner} {human_pos} files searched"));
            while !done.load(Ordering::Acquire) {
                match progress.chosen.load(Ordering::Relaxed) {
                    0 => bar.set_position(progress.searched.load(Ordering::Relaxed)),
                    chosen => {
                        if bar.length() != Some(chosen) {
                            bar.set_length(chosen);
                            bar.set_style(style("{spinner} {bar:32} {human_pos}/{human_len} files parsed"));
                        }
                        bar.set_position(progress.parsed.load(Ordering::Relaxed));
                    }
                }
                bar.tick();
                std::thread::park_timeout(Duration::from_millis(100));
            }
            bar.finish_and_clear();
        });
        let report = work(&progress);
        done.store(true, Ordering::Release);
        ticker.thread().unpark();
        report
    })
}
