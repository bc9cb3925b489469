//! Room in memory for what requests carry: their bodies, their variables, their rows and their answers.

use std::sync::{Arc, Mutex, PoisonError};

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

/// There is no room for so many bytes more.
#[derive(Clone, Copy, Debug)]
pub struct Full;

impl Memory {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self([room(bytes)].into())
    }

    /// So many of these bytes at most: whoever holds them holds the same of the whole.
    pub fn part(&self, bytes: usize) -> Self {
        Self(self.0.iter().cloned().chain([room(bytes)]).collect())
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
        let bytes = u32::try_from(bytes).map_err(|_| Full)?;
        let Memory(rooms) = &self.memory;
        let more = rooms.iter().map(|room| Arc::clone(room).try_acquire_many_owned(bytes));
        let more: Vec<_> = more.collect::<Result<_, _>>().map_err(|_| Full)?;
        let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        if permits.is_empty() {
            *permits = more;
        } else {
            permits.iter_mut().zip(more).for_each(|(held, more)| held.merge(more));
        }
        Ok(())
    }
}
