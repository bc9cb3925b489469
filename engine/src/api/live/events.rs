//! What is told of changes: what subscriptions select of them, read together.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{Request, Response, parser::types::ExecutableDocument, value};
use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use tokio::time::sleep;

use super::{
    end::End,
    topic::{Answered, Item, Topic},
};
use crate::{
    api::{Api, EXTENSION},
    changes::{Change, Position},
    database::Database,
    error::{self, Error},
    graphql::{Made, Running, to_json},
    loaders::{Batches, Detail, Freshness, Loaders, Report, Session},
    memory::{Memory, Meter},
};

/// How many events are resolved at once, in one snapshot.
pub const EVENTS_AT_ONCE: usize = 500;

/// How long the database is left alone that did not answer.
pub const RETRY: Duration = Duration::from_millis(500);

/// An event that is to be resolved.
#[derive(Clone)]
pub struct Job {
    /// Who asks for it.
    pub topic: Arc<Topic>,
    /// Of which change it is.
    pub change: Arc<Change>,
    /// Where that is.
    pub position: Arc<Position>,
}

/// What resolves events.
pub struct Events {
    /// What answers.
    pub api: Api,
    /// Where they are read: no replica, which may be behind.
    pub database: Database,
    /// How long those may take that are read together.
    pub patience: Duration,
}

impl Events {
    /// Hands on what is told of these events, in their order for each topic. They are read in one snapshot and by the same batches, as
    /// far as their costs together are no more than one request's may be. If that fails, it is of one topic: those of each are read by
    /// themselves. A database that does not answer is waited for.
    pub fn resolve<'a>(&'a self, jobs: &'a [Job], tell: &'a mut (dyn FnMut(&Job, Item) + Send)) -> BoxFuture<'a, ()> {
        async move {
            let most = self.api.options.limits.document.cost;
            let mut rest = jobs;
            while let [first, others @ ..] = rest {
                let mut cost = first.topic.cost;
                let fits = others.iter().take(EVENTS_AT_ONCE - 1).take_while(|job| {
                    cost = cost.saturating_add(job.topic.cost);
                    cost <= most
                });
                let (jobs, later) = rest.split_at(1 + fits.count());
                match self.read(jobs).await {
                    Ok(items) => {
                        let told = jobs.iter().zip(items).filter_map(|(job, item)| Some((job, item?)));
                        told.for_each(|(job, item)| tell(job, item));
                    }
                    Err(Error::Unavailable(_)) => {
                        sleep(RETRY).await;
                        continue;
                    }
                    Err(error) => self.resolve_apart(jobs, &error, tell).await,
                }
                rest = later;
            }
        }
        .boxed()
    }

    /// The same of events that cannot be read together.
    async fn resolve_apart(&self, jobs: &[Job], error: &Error, tell: &mut (dyn FnMut(&Job, Item) + Send)) {
        let mut topics = BTreeMap::<_, Vec<_>>::new();
        for job in jobs {
            topics.entry(Arc::as_ptr(&job.topic).addr()).or_default().push(job.clone());
        }
        match error {
            _ if topics.len() > 1 => {
                for jobs in topics.values() {
                    self.resolve(jobs, tell).await;
                }
            }
            Error::TooComplex(_) if jobs.len() > 1 => {
                let (first, second) = jobs.split_at(jobs.len() / 2);
                self.resolve(first, tell).await;
                self.resolve(second, tell).await;
            }
            error => jobs.iter().for_each(|job| tell(job, Err(End::Failed(error.clone())))),
        }
    }

    /// What is told of these events, which are read together: nothing of those that no filter lets pass.
    async fn read(&self, jobs: &[Job]) -> Result<Vec<Option<Item>>, Error> {
        let (limits, deadline) = (self.api.options.limits, Instant::now() + self.patience);
        // They are there but for a moment, and once for all who are told of them: what waits takes the room of who waits.
        let held = Memory::new(usize::MAX).hold();
        let texts = Meter::new("the events' rows have", limits.response_bytes, held.clone());
        let session =
            Session::new(self.database.clone(), Report::new(Detail::Counts, None), texts, None, Freshness::Latest);
        let (batches, fields) = (Batches::default(), Arc::default());
        let loaders = Loaders::new(session.clone(), batches.clone());
        let rows = jobs.iter().filter(|job| !job.change.is_of_all());
        let executions = rows.map(|job| {
            let running = Running {
                limits,
                fast: self.api.fast,
                alone: false,
                deadline: Some(deadline),
                written: Meter::new("the event has", limits.response_bytes, held.clone()),
                fields: Arc::clone(&fields),
                made: Made::default(),
                loaders: loaders.sharing(),
                session: session.clone(),
            };
            let mut request = Request::new("").data(running).data(Arc::clone(&job.change));
            let loaders = &loaders;
            async move {
                if !job.topic.watched.passes(&job.change, loaders).await? {
                    return Ok::<_, Error>(None);
                }
                request.set_parsed_query(ExecutableDocument::clone(&job.topic.document));
                Ok(Some(self.api.schema.execute_event(request).await))
            }
        });
        let executions = join_all(executions);
        let run = async {
            let responses = batches.drive(executions).await;
            let lost = session.lost().await;
            session.end().await;
            lost.map_or(Ok(responses), Err)
        };
        let mut responses = self.database.attend(Some(deadline), run).await?.into_iter();
        let item = |job: &Job| match job.change.is_of_all() {
            true => Ok(Some(Err(End::Lost))),
            false => Ok(responses.next().transpose()?.flatten().map(|response| Ok(event(response, job)))),
        };
        jobs.iter().map(item).collect()
    }
}

/// An event with this answer.
fn event(mut response: Response, job: &Job) -> Arc<Answered> {
    error::complete(&mut response.errors, &job.topic.request_id);
    let cursor = job.position.behind(job.change.number).cursor();
    response.extensions.insert(EXTENSION.to_owned(), value!({ "cursor": (cursor.as_str()) }));
    Arc::new(Answered { json: to_json(&response), cursor: Some(cursor) })
}
