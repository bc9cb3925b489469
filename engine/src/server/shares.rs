//! Shares: of what there is, each sender may have so much.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use parking_lot::Mutex;

/// What each of many holders has. Clones share it.
pub struct Shares<K, S> {
    /// How many parts of a share there may be.
    most: usize,
    held: Arc<Mutex<Held<K, S>>>,
}

/// How many parts each holder has, and of what.
type Held<K, S> = HashMap<K, (usize, Arc<S>)>;

/// A part of a holder's share, until it is dropped.
pub struct Part<K: Eq + Hash, S> {
    /// Whose it is.
    pub holder: K,
    /// What its holder's parts have in common.
    pub share: Arc<S>,
    shares: Shares<K, S>,
}

impl<K, S> Clone for Shares<K, S> {
    fn clone(&self) -> Self {
        Self { most: self.most, held: Arc::clone(&self.held) }
    }
}

impl<K: Clone + Eq + Hash, S> Shares<K, S> {
    /// Shares of so many parts at `most`, of which nobody has any.
    pub fn new(most: usize) -> Self {
        Self { most, held: Arc::default() }
    }

    /// One more part for a holder; `new` makes the share of one that has none yet.
    ///
    /// # Errors
    /// The holder has as many as it may: these.
    pub fn part(&self, holder: K, new: impl FnOnce() -> S) -> Result<Part<K, S>, usize> {
        let mut held = self.held.lock();
        let (parts, share) = held.entry(holder.clone()).or_insert_with(|| (0, new().into()));
        if *parts >= self.most {
            return Err(self.most);
        }
        *parts += 1;
        Ok(Part { holder, share: Arc::clone(share), shares: self.clone() })
    }
}

impl<K: Eq + Hash, S> Drop for Part<K, S> {
    fn drop(&mut self) {
        let mut held = self.shares.held.lock();
        if let Some((parts, _)) = held.get_mut(&self.holder) {
            *parts -= 1;
            if *parts == 0 {
                held.remove(&self.holder);
            }
        }
    }
}
