//! When the steps of a request's work began and ended.

use std::time::SystemTime;

/// The steps of a request's work, if they are to be known: those of a request that is traced.
#[derive(Clone, Debug, Default)]
pub struct Steps(Option<Vec<Step>>);

/// A step of a request's work.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Its name, as the GraphQL working group's conventions have it (<https://github.com/graphql/otel-wg>, `spec/spans.yml`).
    pub name: &'static str,
    /// When it began.
    pub began: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
}

impl Steps {
    /// None yet, which are to be known.
    pub fn known() -> Self {
        Self(Some(Vec::new()))
    }

    /// Takes a step.
    pub fn take<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let Self(Some(steps)) = self else { return work() };
        let began = SystemTime::now();
        let done = work();
        steps.push(Step { name, began, ended: SystemTime::now() });
        done
    }

    /// Those that are known.
    pub fn iter(&self) -> impl Iterator<Item = &Step> {
        self.0.iter().flatten()
    }
}
