//! Days, as exceptions and baselines write them.

use time::Date;

/// The day that a text like `2026-11-21` names.
pub(crate) fn parse(text: &str) -> Option<Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(text, &format).ok()
}
