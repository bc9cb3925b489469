//! What was used last, as far as it fits into so many bytes.

use lru::LruCache;
use parking_lot::Mutex;

/// Texts by their names, or what was made of them: those that were used last.
pub struct Latest<V> {
    /// How many there may be.
    most: usize,
    /// How many bytes of text they may come to.
    most_bytes: usize,
    kept: Mutex<Kept<V>>,
}

/// What is kept, each with the bytes of its text.
struct Kept<V> {
    entries: LruCache<String, (V, usize)>,
    bytes: usize,
}

impl<V: Clone> Latest<V> {
    /// Nothing yet of so many at `most`, of so many bytes together.
    pub fn new(most: usize, most_bytes: usize) -> Self {
        Self { most, most_bytes, kept: Mutex::new(Kept { entries: LruCache::unbounded(), bytes: 0 }) }
    }

    /// What has this name, if it is kept.
    pub fn get(&self, name: &str) -> Option<V> {
        self.kept.lock().entries.get(name).map(|(value, _)| value.clone())
    }

    /// Keeps what has this name and so many bytes of text, in place of what was not used for the longest time.
    pub fn keep(&self, name: String, value: V, bytes: usize) {
        let Kept { entries, bytes: all } = &mut *self.kept.lock();
        *all += bytes;
        let former = entries.put(name, (value, bytes));
        *all -= former.map_or(0, |(_, bytes)| bytes);
        while *all > self.most_bytes || entries.len() > self.most {
            let Some((_, (_, bytes))) = entries.pop_lru() else { return };
            *all -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Latest;

    #[test]
    fn what_was_not_used_for_the_longest_time_makes_room() {
        let latest = Latest::new(3, 20);
        let keep = |name: &str, bytes| latest.keep(name.to_owned(), (), bytes);
        let kept = || ["a", "b", "c", "d"].into_iter().filter(|name| latest.get(name).is_some()).collect::<String>();
        ["a", "b", "c", "d"].into_iter().for_each(|name| keep(name, 5));
        assert_eq!(kept(), "bcd");
        keep("a", 11);
        assert_eq!(kept(), "ad");
        keep("a", 1);
        keep("b", 14);
        assert_eq!(kept(), "abd");
        keep("c", 21);
        assert_eq!(kept(), "");
    }
}
