//! Which requests have room: how many there are at once, of all senders and of each, how many bytes they hold, and what each
//! sender may spend in a minute.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
    middleware::{StateInformationMiddleware, StateSnapshot},
};
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::protocol::Refusal;
use crate::{
    config::limits::HttpLimits,
    database::Connections,
    error::code,
    memory::{Held, Memory},
};

/// The header in which proxies tell whose request it is: the last address is the nearest.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many senders' spending is known before those are forgotten that may spend all again.
const MOST_SPENDERS: usize = 10_000;

/// Whom a connection is with.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Who sends requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The subject of tokens.
    Subject(String),
    /// Whoever has this address.
    Address(IpNet),
}

impl Sender {
    /// Who sends a request without a subject: the peer, or whom it forwards for if it is a trusted proxy. A subscriber of IPv6 has
    /// a network of 64 bits at least.
    pub fn at(Peer(peer): &Peer, headers: &HeaderMap, proxies: &[IpNet]) -> Self {
        let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
        // Each proxy appends whom it heard from: what stands before may be made up.
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let mut told = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut address = peer.to_canonical();
        while is_proxy(&address)
            && let Some(next) = told.next().and_then(address_in)
        {
            address = next.to_canonical();
        }
        let bits = if address.is_ipv4() { 32 } else { 64 };
        // Neither number of bits is more than an address has.
        Self::Address(IpNet::new(address, bits).map_or(IpNet::from(address), |network| network.trunc()))
    }
}

fn address_in(text: &[u8]) -> Option<IpAddr> {
    str::from_utf8(text).ok()?.trim().parse().ok()
}

/// Room for requests.
pub struct Admission {
    /// For those that run, wait, or are being answered.
    present: Arc<Semaphore>,
    all: Share,
    senders: Senders,
    of_sender: Most,
    /// What a sender may spend in a minute, and what each has spent.
    rate: Option<(NonZeroU32, DefaultKeyedRateLimiter<Sender, StateInformationMiddleware>)>,
}

/// The senders whose requests are present: how many these are, and what they share.
type Senders = Arc<Mutex<HashMap<Sender, (usize, Arc<Share>)>>>;

/// What one sender may have.
#[derive(Clone, Copy)]
struct Most {
    /// How many requests may be present.
    present: usize,
    connections: Connections,
    /// How many bytes they may hold.
    bytes: usize,
}

/// How many requests may read, and how many write, at once, and what they may hold.
struct Share {
    reading: Semaphore,
    writing: Semaphore,
    memory: Memory,
}

impl Share {
    fn new(Connections { reading, writing }: Connections, memory: Memory) -> Self {
        Self { reading: Semaphore::new(reading), writing: Semaphore::new(writing), memory }
    }

    fn of(&self, writes: bool) -> &Semaphore {
        if writes { &self.writing } else { &self.reading }
    }
}

impl Admission {
    /// As much as the limits allow over so many connections.
    pub fn new(limits: &HttpLimits, connections: Connections) -> Self {
        let running = limits.max_concurrent_requests as usize;
        let part = |whole: usize| (whole as u128 * u128::from(limits.max_sender_share)).div_ceil(100) as usize;
        let reading = connections.reading.min(running);
        let writing = connections.writing.min(running);
        let present = running + limits.max_queued_requests as usize;
        Self {
            present: Arc::new(Semaphore::new(present)),
            all: Share::new(Connections { reading, writing }, Memory::new(limits.max_memory_bytes)),
            senders: Senders::default(),
            of_sender: Most {
                present: part(present),
                connections: Connections { reading: part(reading), writing: part(writing) },
                bytes: part(limits.max_memory_bytes),
            },
            rate: NonZeroU32::new(limits.rate_cost_per_minute).map(|most| {
                let rate = DefaultKeyedRateLimiter::hashmap(Quota::per_minute(most));
                (most, rate.with_middleware::<StateInformationMiddleware>())
            }),
        }
    }

    /// Makes room for a request before anything of it is read; it is there until what is returned is dropped.
    pub fn enter(&self, sender: Option<Sender>) -> Result<Place, Refusal> {
        let left = self.spend(sender.as_ref(), 1, 0)?;
        let present = Arc::clone(&self.present).try_acquire_owned().map_err(|_| Refusal::full())?;
        let part = sender.map(|sender| self.part(sender)).transpose()?;
        let memory = part.as_ref().map_or(&self.all.memory, |part| &part.share.memory);
        Ok(Place { held: memory.hold(), left, part, _present: present })
    }

    fn part(&self, sender: Sender) -> Result<Part, Refusal> {
        let mut senders = lock(&self.senders);
        let Most { present: most, connections, bytes } = self.of_sender;
        let none = || (0, Share::new(connections, self.all.memory.part(bytes)).into());
        let (present, share) = senders.entry(sender.clone()).or_insert_with(none);
        if *present >= most {
            let problem =
                format!("this sender has as many requests as it may have at once: {most} (`--max-sender-share`)");
            return Err(too_many(problem, Duration::ZERO));
        }
        *present += 1;
        Ok(Part { share: Arc::clone(share), sender, senders: Arc::clone(&self.senders) })
    }

    /// Waits for a connection to the database that a request may use.
    pub async fn connection<'a>(&'a self, place: &'a Place, writes: bool) -> [Option<SemaphorePermit<'a>>; 2] {
        // They are never closed.
        let acquire = async |share: &'a Share| share.of(writes).acquire().await.ok();
        // First the sender's own: what it sends beside waits for that, and not before others.
        let of_sender = match &place.part {
            Some(part) => acquire(&part.share).await,
            None => None,
        };
        [of_sender, acquire(&self.all).await]
    }

    /// Has a sender spend so much, of which it has spent some, and says what is left; `None` where nothing is limited.
    pub fn spend(&self, sender: Option<&Sender>, cost: u64, spent: u64) -> Result<Option<u32>, Refusal> {
        let (Some((most, rate)), Some(sender)) = (&self.rate, sender) else { return Ok(None) };
        if cost > u64::from(most.get()) {
            let problem =
                format!("the request costs {cost}; allowed in a minute are {most} (`--rate-cost-per-minute`)");
            return Err(Refusal::coded(StatusCode::BAD_REQUEST, code::TOO_COMPLEX, problem));
        }
        // It is no more than `most`, which has as many bits.
        let Some(cost) = NonZeroU32::new((cost - spent.min(cost)) as u32) else { return Ok(None) };
        if rate.len() > MOST_SPENDERS {
            rate.retain_recent();
        }
        match rate.check_key_n(sender, cost) {
            Ok(Ok(state)) => Ok(Some(StateSnapshot::remaining_burst_capacity(&state))),
            Ok(Err(until)) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                let problem = "this sender's requests cost more than they may in a minute (`--rate-cost-per-minute`)";
                Err(too_many(problem, wait))
            }
            // It is no more than a minute's.
            Err(_) => Ok(None),
        }
    }
}

/// A request's place among those that are present.
pub struct Place {
    /// The bytes that it holds.
    pub held: Held,
    /// What its sender may spend yet, if that is limited.
    pub left: Option<u32>,
    part: Option<Part>,
    _present: OwnedSemaphorePermit,
}

impl Place {
    /// Whose request it is, if that is known.
    pub fn sender(&self) -> Option<&Sender> {
        self.part.as_ref().map(|part| &part.sender)
    }
}

/// A request's part in what its sender may have.
struct Part {
    share: Arc<Share>,
    sender: Sender,
    senders: Senders,
}

impl Drop for Part {
    fn drop(&mut self) {
        let mut senders = lock(&self.senders);
        if let Some((present, _)) = senders.get_mut(&self.sender) {
            *present -= 1;
            if *present == 0 {
                senders.remove(&self.sender);
            }
        }
    }
}

fn too_many(problem: impl Into<String>, wait: Duration) -> Refusal {
    let seconds = wait.as_secs() + 1;
    Refusal::coded(StatusCode::TOO_MANY_REQUESTS, code::UNAVAILABLE, problem)
        .with(header::RETRY_AFTER, HeaderValue::from(seconds))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
