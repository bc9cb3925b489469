//! Room in memory for what requests carry: their bodies, their variables, their rows and their answers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes that requests may hold at once. Clones share them.
#[derive(Clone, Debug)]
pub struct Memory(Arc<[Arc<Semaphore>]>);

/// The bytes that one request holds, until its last clone is dropped.
#[derive(Clone, Debug)]
pub struct Held {
    memory: Memory,
    permits: Arc<Mutex<Vec<OwnedSemaphorePermit>>>,
}

/// Whose room has none for so many bytes more.
#[derive(Clone, Copy, Debug)]
pub enum Full {
    /// That of all requests.
    Whole,
    /// That of their sender's.
    Part,
}

impl Full {
    /// What is told of it.
    pub fn problem(self) -> &'static str {
        match self {
            Self::Whole => {
                "the server's requests hold as many bytes as they may together (`--max-memory-bytes`); try again in a second"
            }
            Self::Part => {
                "this sender's requests hold as many bytes as they may together (`--max-sender-share` of \
                 `--max-memory-bytes`); try again in a second"
            }
        }
    }
}

impl Memory {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self([room(bytes)].into())
    }

    /// So many of these bytes at most: whoever holds them holds the same of the whole.
    pub fn part(&self, bytes: usize) -> Self {
        Self(self.0.iter().cloned().chain([room(bytes)]).collect())
    }

    /// How many bytes are not held.
    pub fn free(&self) -> usize {
        self.0.iter().map(|room| room.available_permits()).min().unwrap_or_default()
    }

    /// What a request holds at first: nothing.
    pub fn hold(&self) -> Held {
        Held { memory: self.clone(), permits: Arc::default() }
    }
}

fn room(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)))
}

impl Held {
    /// Holds so many bytes more.
    ///
    /// # Errors
    /// There is no room for them.
    pub fn take(&self, bytes: usize) -> Result<(), Full> {
        if bytes == 0 {
            return Ok(());
        }
        let Memory(rooms) = &self.memory;
        let mut permits = self.permits.lock();
        // A permit counts no further than this, and merging two panics beyond it.
        let held = permits.first().map_or(0, OwnedSemaphorePermit::num_permits);
        let fits = u32::try_from(bytes).ok().filter(|_| u32::try_from(held + bytes).is_ok());
        let bytes = fits.ok_or(Full::Whole)?;
        let mut more = Vec::with_capacity(rooms.len());
        for (room, full) in rooms.iter().zip([Full::Whole, Full::Part]) {
            more.push(Arc::clone(room).try_acquire_many_owned(bytes).map_err(|_| full)?);
        }
        if permits.is_empty() {
            *permits = more;
        } else {
            permits.iter_mut().zip(more).for_each(|(held, more)| held.merge(more));
        }
        Ok(())
    }
}

/// How much is counted before it is held, as a power of 2 of bytes: written, it is some tens of microseconds.
pub const BYTES_A_STEP: u32 = 16;

/// Bytes of which a request may have so many and no more, counted one by one and held in steps.
pub struct Meter {
    /// What has them, as the refusal of more begins.
    of: &'static str,
    most: u64,
    counted: AtomicU64,
    held: Held,
}

/// Why a request has no more bytes.
pub enum Beyond {
    /// It may not: how many it may have, and what would have them.
    Most(u64, &'static str),
    /// There is no room for them.
    Full(Full),
}

impl Meter {
    /// None yet of so many at `most` that `of` has; they are `held`.
    pub fn new(of: &'static str, most: u64, held: Held) -> Self {
        Self { of, most, counted: AtomicU64::new(0), held }
    }

    /// Counts so many bytes more, and says whether a step is over.
    ///
    /// # Errors
    /// They are more than allowed, or there is no room for them.
    pub fn count(&self, bytes: u64) -> Result<bool, Beyond> {
        let before = self.counted.fetch_add(bytes, Relaxed);
        let counted = before + bytes;
        if counted > self.most {
            return Err(Beyond::Most(self.most, self.of));
        }
        let steps = (counted >> BYTES_A_STEP) - (before >> BYTES_A_STEP);
        if steps == 0 {
            return Ok(false);
        }
        self.held.take((steps as usize) << BYTES_A_STEP).map_err(Beyond::Full)?;
        Ok(true)
    }

    /// How many bytes are counted.
    pub fn counted(&self) -> u64 {
        self.counted.load(Relaxed)
    }

    /// Counts on from so many: what came after is thrown away. It stays held.
    pub fn back_to(&self, counted: u64) {
        self.counted.store(counted, Relaxed);
    }
}
