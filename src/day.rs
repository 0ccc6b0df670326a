//! Days, as exceptions and baselines write them.

use time::Date;

/// The day that a text like `2026-11-21` names.
pub(crate) fn parse(text: &str) -> Option<Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(text, &format).ok()
}

/// What to say of a text that should be a day and is none.
pub(crate) fn is_none(text: &str) -> String {
    format!("`{text}` is no day; write it like 2027-01-31")
}
