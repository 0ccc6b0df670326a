//! What is searched for in the files of each language, which takes as long to find out as to search hundreds of files.

use crate::cache::number_of;
use crate::cache::packed;
use crate::cache::unpacked;
use crate::fact::Language;
use crate::rules::prefilter::Plan;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

/// Plans by the numbers of languages, each as bytes: a run asks for few of them.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    known: Mutex<BTreeMap<u8, Vec<u8>>>,
    has_news: AtomicBool,
}

impl Plans {
    /// The plans that bytes are, and the digest of the run that wrote them; `None` where they are none.
    pub(crate) fn read(bytes: &[u8]) -> Option<(u64, Plans)> {
        let (digest, known, _) = unpacked(bytes)?;
        Some((digest, Plans { known: Mutex::new(known), has_news: AtomicBool::new(false) }))
    }

    /// What to keep for runs of this `digest`; `None` where that is what there was.
    pub(crate) fn bytes(&self, digest: u64) -> Option<Vec<u8>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.has_news.load(Ordering::Relaxed).then(|| packed(&*known, digest)).flatten()
    }

    /// The plan of a language, made where none is known.
    pub(crate) fn of(&self, language: Language, make: impl FnOnce() -> Plan) -> Arc<Plan> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let number = number_of(language);
        if let Some(plan) = lock().get(&number).and_then(|bytes| postcard::from_bytes(bytes).ok()) {
            return Arc::new(plan);
        }
        let plan = make();
        if let Ok(bytes) = postcard::to_allocvec(&plan) {
            lock().insert(number, bytes);
            self.has_news.store(true, Ordering::Relaxed);
        }
        Arc::new(plan)
    }
}
