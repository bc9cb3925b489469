//! Room in memory for what requests carry: their bodies, their variables, their rows and their answers.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes that all requests may hold at once. Clones share them.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Semaphore>);

/// The bytes that one request holds, until its last clone is dropped.
#[derive(Clone, Debug)]
pub struct Held {
    memory: Memory,
    permit: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

/// There is no room for so many bytes more.
#[derive(Clone, Copy, Debug)]
pub struct Full;

impl Memory {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    /// What a request holds at first: nothing.
    pub fn hold(&self) -> Held {
        Held { memory: self.clone(), permit: Arc::default() }
    }
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
        let more = Arc::clone(&self.memory.0).try_acquire_many_owned(bytes).map_err(|_| Full)?;
        let mut permit = self.permit.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *permit {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}
