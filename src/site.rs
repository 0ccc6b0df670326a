//! Places that take part in a contract, which only all of them together can break.

use crate::finding::Finding;
use crate::secret;
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
    /// Whether what is said here may be a secret.
    pub(crate) fn may_be_secret(&self) -> bool {
        let is_secret = |text: &str| secret::speaks_of_key(&self.key) || secret::masked(text) != text;
        matches!(&self.value, Some(Said::Text(text)) if is_secret(text))
    }

    /// The same without what may be a secret: it is compared with nothing then.
    pub(crate) fn without_secret(mut self) -> Site {
        if self.may_be_secret() {
            self.value = Some(Said::Unknown);
        }
        self
    }
}

/// What is said at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// This text, number or truth value, as text. It may be a secret: compared, and never shown or kept as it is.
    Text(String),
    /// Something that is known only when the program runs.
    Unknown,
}
