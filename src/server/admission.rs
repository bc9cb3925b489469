//! How many requests run at once, and how many wait.

use axum::http::{StatusCode, header};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::protocol::{RETRY_AFTER, Refusal};
use crate::{config::limits::HttpLimits, error::code};

/// Room for requests.
pub struct Admission {
    /// For those that run.
    running: Semaphore,
    /// For those that run, and those that wait.
    present: Semaphore,
}

impl Admission {
    /// As much as the limits allow.
    pub fn new(limits: &HttpLimits) -> Self {
        let (running, waiting) = (limits.max_concurrent_requests as usize, limits.max_queued_requests as usize);
        Self { running: Semaphore::new(running), present: Semaphore::new(running + waiting) }
    }

    /// Waits for room to run, which is there until what is returned is dropped; refused if too many wait already.
    pub async fn enter(&self) -> Result<[SemaphorePermit<'_>; 2], Refusal> {
        // They are never closed, so that an error is a lack of room.
        let full = |_| {
            let problem = "the server has as many requests as it can take; try again in a second";
            Refusal::coded(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, problem)
                .with(header::RETRY_AFTER, RETRY_AFTER)
        };
        let present = self.present.try_acquire().map_err(|error| full(error.to_string()))?;
        let running = self.running.acquire().await.map_err(|error| full(error.to_string()))?;
        Ok([present, running])
    }
}
