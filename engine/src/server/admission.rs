//! Which requests have room: how many there are at once, of all senders and of each, how many bytes they hold, and what each
//! sender may spend in a minute.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
    middleware::{StateInformationMiddleware, StateSnapshot},
};
use ipnet::IpNet;
use prometheus::IntGauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::{
    refusal::Refusal,
    shares::{Part, Shares},
};
use crate::{
    config::limits::HttpLimits,
    database::Connections,
    error::code,
    memory::{Held, Memory},
    metrics::{Counted, METRICS},
};

/// The header in which proxies tell whose request it is: the last address is the nearest.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// After how many requests those senders are forgotten that may spend all again.
const REQUESTS_A_SWEEP: usize = 10_000;

/// Whom a connection is with.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// Whether it is in one of these networks.
    pub fn is_in(&self, networks: &[IpNet]) -> bool {
        is_in(networks, &self.0.to_canonical())
    }
}

fn is_in(networks: &[IpNet], address: &IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// Who sends requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The subject of tokens.
    Subject(String),
    /// Whoever has this address.
    Address(IpNet),
}

impl Sender {
    /// Who sends a request without a subject: the peer, or whom it forwards for if it is a trusted proxy.
    pub fn at(Peer(peer): &Peer, headers: &HeaderMap, proxies: &[IpNet]) -> Self {
        // Each proxy appends whom it heard from: what stands before may be made up.
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let mut told = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut address = peer.to_canonical();
        while is_in(proxies, &address)
            && let Some(next) = told.next().and_then(address_in)
        {
            address = next.to_canonical();
        }
        Self::of(address)
    }

    /// Whoever has this address. A subscriber of IPv6 has a network of 64 bits at least.
    pub fn of(address: IpAddr) -> Self {
        let bits = if address.is_ipv4() { 32 } else { 64 };
        // Neither number of bits is more than an address has.
        Self::Address(IpNet::new(address, bits).map_or(IpNet::from(address), |network| network.trunc()))
    }
}

/// The address in an entry of [`FORWARDED_FOR`], with which some proxies write its port, and some brackets.
fn address_in(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

/// Room for requests.
pub struct Admission {
    /// For those that run, wait, or are being answered.
    present: Arc<Semaphore>,
    all: Share,
    senders: Shares<Sender, Share>,
    /// What one sender may have beside it.
    of_sender: (Connections, usize),
    /// For subscriptions and live queries, which last.
    subscriptions: Arc<Semaphore>,
    subscribers: Shares<Sender, Lasting>,
    /// Turns of live queries to be answered again: half of the connections that queries have. It is never closed.
    turns: Arc<Semaphore>,
    /// What a sender may spend in a minute, and what each has spent.
    rate: Option<Rate>,
}

/// How much room there is.
pub struct Free {
    /// How many requests more there may be.
    pub requests: usize,
    /// How many bytes more they may hold.
    pub bytes: usize,
    /// How many subscriptions more there may be.
    pub subscriptions: usize,
}

/// What the subscriptions and live queries of a sender have.
struct Lasting {
    memory: Memory,
    turns: Semaphore,
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
    pub fn new(limits: &HttpLimits, subscriptions: u32, connections: Connections) -> Self {
        let running = limits.max_concurrent_requests as usize;
        let reading = connections.reading.min(running);
        let writing = connections.writing.min(running);
        let present = running + limits.max_queued_requests as usize;
        let part = |whole| limits.share_of(whole);
        Self {
            present: Arc::new(Semaphore::new(present)),
            all: Share::new(Connections { reading, writing }, Memory::new(limits.max_memory_bytes)),
            senders: Shares::new(part(present)),
            of_sender: (Connections { reading: part(reading), writing: part(writing) }, part(limits.max_memory_bytes)),
            subscriptions: Arc::new(Semaphore::new(subscriptions as usize)),
            subscribers: Shares::new(part(subscriptions as usize)),
            turns: Semaphore::new(reading.div_ceil(2)).into(),
            rate: NonZeroU32::new(limits.rate_cost_per_minute).map(Rate::new),
        }
    }

    /// How much room there is.
    pub fn free(&self) -> Free {
        Free {
            requests: self.present.available_permits(),
            bytes: self.all.memory.free(),
            subscriptions: self.subscriptions.available_permits(),
        }
    }

    /// Makes room for a request before anything of it is read; it is there until what is returned is dropped.
    pub fn enter(&self, sender: Option<Sender>) -> Result<Place, Refusal> {
        let left = self.spend(sender.as_ref(), 1, 0)?;
        self.admit(sender, left)
    }

    /// The same for a request that has paid, whose sender may spend so much yet.
    pub fn admit(&self, sender: Option<Sender>, left: Option<u32>) -> Result<Place, Refusal> {
        let present = Arc::clone(&self.present).try_acquire_owned().map_err(|_| {
            Refusal::unavailable(
                "the server has as many requests as it can take (`--max-queued-requests`); try again in a second",
            )
        })?;
        let part = sender.map(|sender| self.part(sender)).transpose()?;
        let memory = part.as_ref().map_or(&self.all.memory, |part| &part.share.memory);
        Ok(Place { held: memory.hold(), left, part, _present: present })
    }

    fn part(&self, sender: Sender) -> Result<Part<Sender, Share>, Refusal> {
        let (connections, bytes) = self.of_sender;
        self.senders.part(sender, || Share::new(connections, self.all.memory.part(bytes))).map_err(|most| {
            let problem =
                format!("this sender has as many requests as it may have at once: {most} (`--max-sender-share`)");
            too_many(problem, Duration::ZERO)
        })
    }

    /// Makes room for a subscription, which is there until what is returned is dropped.
    pub fn subscribe(&self, sender: Option<Sender>) -> Result<Seat, Refusal> {
        let seat = Arc::clone(&self.subscriptions).try_acquire_owned().map_err(|_| {
            Refusal::unavailable(
                "the server has as many subscriptions as it can take (`--max-subscriptions`); try again later",
            )
        })?;
        let (Connections { reading, .. }, bytes) = self.of_sender;
        let lasting = || Lasting { memory: self.all.memory.part(bytes), turns: Semaphore::new(reading.div_ceil(2)) };
        let part = sender.map(|sender| self.subscribers.part(sender, lasting)).transpose().map_err(|most| {
            let problem = format!(
                "this sender has as many subscriptions as it may have: {most} (`--max-sender-share` of `--max-subscriptions`)"
            );
            too_many(problem, Duration::ZERO)
        })?;
        let memory = part.as_ref().map_or(&self.all.memory, |part| &part.share.memory).clone();
        Ok(Seat { memory, turns: Arc::clone(&self.turns), part, _seat: seat })
    }

    /// Waits for a connection to the database, which a request may use until what is returned is dropped.
    pub async fn connection<'a>(&'a self, place: &'a Place, writes: bool) -> Vec<SemaphorePermit<'a>> {
        let pool = if writes { "writing" } else { "reading" };
        let waiting = METRICS.pool_waiting.with_label_values(&[pool]);
        acquired(place.part.as_ref().map(|part| part.share.of(writes)), self.all.of(writes), Some(&waiting)).await
    }

    /// Has a sender spend so much, of which it has spent some, and says what is left; `None` where nothing is limited.
    pub fn spend(&self, sender: Option<&Sender>, cost: u64, spent: u64) -> Result<Option<u32>, Refusal> {
        match (&self.rate, sender) {
            (Some(rate), Some(sender)) => rate.spend(sender, cost, spent),
            _ => Ok(None),
        }
    }
}

/// What each sender may spend in a minute.
struct Rate {
    most: NonZeroU32,
    spent: DefaultKeyedRateLimiter<Sender, StateInformationMiddleware>,
    requests: AtomicUsize,
}

impl Rate {
    fn new(most: NonZeroU32) -> Self {
        let spent = DefaultKeyedRateLimiter::hashmap(Quota::per_minute(most)).with_middleware();
        Self { most, spent, requests: AtomicUsize::new(0) }
    }

    fn spend(&self, sender: &Sender, cost: u64, spent: u64) -> Result<Option<u32>, Refusal> {
        let most = self.most;
        if cost > u64::from(most.get()) {
            let problem =
                format!("the request costs {cost}; allowed in a minute are {most} (`--rate-cost-per-minute`)");
            return Err(Refusal::coded(StatusCode::BAD_REQUEST, code::TOO_COMPLEX, problem));
        }
        if self.requests.fetch_add(1, Relaxed) % REQUESTS_A_SWEEP == REQUESTS_A_SWEEP - 1 {
            self.spent.retain_recent();
        }
        // It is no more than `most`, which has as many bits.
        let Some(cost) = NonZeroU32::new((cost - spent.min(cost)) as u32) else { return Ok(None) };
        match self.spent.check_key_n(sender, cost) {
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

/// A subscription's place among those that last.
pub struct Seat {
    /// The room for what it holds.
    pub memory: Memory,
    turns: Arc<Semaphore>,
    part: Option<Part<Sender, Lasting>>,
    _seat: OwnedSemaphorePermit,
}

impl Seat {
    /// Waits for its turn to be answered again, of its sender's and of all: what many wait for is not asked for at once.
    pub async fn turn(&self) -> Vec<SemaphorePermit<'_>> {
        acquired(self.part.as_ref().map(|part| &part.share.turns), &self.turns, None).await
    }
}

/// A permit of a sender's own, and then one of those of all: what it asks for beside waits for the first, and not before others.
/// Those who wait for the latter are counted.
async fn acquired<'a>(
    own: Option<&'a Semaphore>,
    all: &'a Semaphore,
    waiting: Option<&IntGauge>,
) -> Vec<SemaphorePermit<'a>> {
    let mut permits = Vec::with_capacity(2);
    // They are never closed.
    if let Some(own) = own {
        permits.extend(own.acquire().await);
    }
    let _waiting = waiting.map(Counted::by);
    permits.extend(all.acquire().await);
    permits
}

/// A request's place among those that are present.
pub struct Place {
    /// The bytes that it holds.
    pub held: Held,
    /// What its sender may spend yet, if that is limited.
    pub left: Option<u32>,
    part: Option<Part<Sender, Share>>,
    _present: OwnedSemaphorePermit,
}

impl Place {
    /// Whose request it is, if that is known.
    pub fn sender(&self) -> Option<&Sender> {
        self.part.as_ref().map(|part| &part.holder)
    }
}

/// Refuses what a sender has, or spends, too much of, until `wait` is over.
pub fn too_many(problem: impl Into<String>, wait: Duration) -> Refusal {
    let seconds = wait.as_secs() + 1;
    Refusal::coded(StatusCode::TOO_MANY_REQUESTS, code::UNAVAILABLE, problem)
        .with(header::RETRY_AFTER, HeaderValue::from(seconds))
}
