//! Digests that are the same in every process of one build: what is kept between runs is found by them.

use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

pub(crate) fn digest(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
