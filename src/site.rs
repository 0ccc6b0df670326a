//! Places that take part in a contract, which only all of them together can break.

use crate::finding::Finding;
use crate::finding::Related;
use crate::secret;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A place that takes part in a contract.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) rule: Arc<str>,
    /// What is compared with what: places with the same key.
    pub(crate) key: String,
    /// What is said there; none where nothing is.
    pub(crate) value: Option<Said>,
    /// What would be found here, should it turn out to be wrong. Its message is not finished.
    pub(crate) finding: Finding,
}

impl Site {
    /// Whether a text that is said of the same thing may be a secret.
    pub(crate) fn may_be_secret(&self, text: &str) -> bool {
        truth(text).is_none() && secret::may_be_credential(&self.key, text)
    }

    /// The same without what may be a secret: it is compared with nothing then.
    pub(crate) fn without_secret(mut self) -> Site {
        if matches!(&self.value, Some(Said::Text(text)) if self.may_be_secret(text)) {
            self.value = Some(Said::Unknown);
        }
        self
    }

    /// The place, for a finding that it explains.
    pub(crate) fn related(&self, message: String) -> Related {
        Related { path: self.finding.path.clone(), place: self.finding.place, message }
    }

    pub(crate) fn stands_where(&self, other: &Site) -> bool {
        (&self.finding.path, self.finding.place) == (&other.finding.path, other.finding.place)
    }
}

/// What a text means as a switch.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "y" | "t" | "enabled" => Some(true),
        "0" | "false" | "no" | "off" | "n" | "f" | "disabled" => Some(false),
        _ => None,
    }
}

/// What is said at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// This text, number or truth value, as text. It may be a secret: compared, and never shown or kept as it is.
    Text(String),
    /// Something that is known only when the program runs.
    Unknown,
    /// What becomes of what a function is given.
    Fate(Fate),
    /// What stands before others.
    Before(Before),
    /// A handler of requests.
    Route(Routed),
    /// How a function is called.
    Called(Called),
}

/// How a call uses a function that is as bad as its callers make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Called {
    /// Nothing bad comes of it.
    Well,
    Badly,
    /// As its own callers do, who answer to this key.
    ByCallers(Arc<str>),
    /// Well where what has this name stands before it, in another file.
    Behind(Arc<str>),
}

/// A handler of requests, as far as a contract asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Routed {
    /// Its method and address, as messages name it.
    pub(crate) name: String,
    /// By its method, what it does changes something.
    pub(crate) is_writing: bool,
    /// Somebody or something asks who sent the request before the handler does anything.
    pub(crate) is_guarded: bool,
    /// Everybody may have it: by its name, or since the code says so.
    pub(crate) is_open: bool,
    /// Since the code says so.
    pub(crate) says_open: bool,
}

/// What stands before others: a check that requests come through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Before {
    /// Its own functions and classes: file, first and last line.
    pub(crate) own: Vec<(Arc<str>, u32, u32)>,
    /// The files it stands before; none where it stands before everything.
    pub(crate) covered: Option<BTreeSet<Arc<str>>>,
}

/// What becomes of what a function is given, as far as a contract asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    /// The files of the functions of the repository that get it.
    pub(crate) reached: BTreeSet<Arc<str>>,
    /// Something gets it of which nobody knows what it does.
    pub(crate) is_handed_off: bool,
    /// Something is looked up by it, or it is compared with something that does not stand in the source.
    pub(crate) is_looked_up: bool,
    /// It is reckoned with: its signature is checked there and then.
    pub(crate) is_computed: bool,
}

impl Fate {
    /// Adds what becomes of it in a function that it is handed to.
    pub(crate) fn add(&mut self, further: Fate) {
        self.reached.extend(further.reached);
        self.is_handed_off |= further.is_handed_off;
        self.is_looked_up |= further.is_looked_up;
        self.is_computed |= further.is_computed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_told_by_name_and_form() {
        let is_secret = |name: &str, text: &str| truth(text).is_none() && secret::may_be_credential(name, text);
        for name in ["JWT_SECRET", "DB_PASS", "PGPASSWORD", "ADMIN_PWD", "SESSION_SALT", "BASIC_AUTH", "CARD_PIN"] {
            assert!(is_secret(name, "abc"), "{name}");
            assert!(!is_secret(name, "true"), "a switch of such a name is none: {name}");
        }
        assert!(is_secret("DATABASE_URL", "postgres://user:hunter22@host/db"));
        let harmless = [("PORT", "8080"), ("AUTH_URL", "http://auth:8081"), ("ENVIRONMENT", "development")];
        assert!(harmless.iter().all(|(name, text)| !is_secret(name, text)));
    }
}
