//! The property of the whole: whatever is in the database and whatever is asked, the answer is the one that a naive
//! interpreter has over the same rows, to the byte and both ways, with no more statements than the query's text allows, and as many on
//! ten times the data.
//!
//! `PROPTEST_CASES=10000 cargo test proof` tries as many cases; `PROPTEST_RNG_SEED` tries the same ones again.

mod bound;
mod cursors;
mod data;
mod draw;
mod generate;
mod json;
mod query;
mod reference;
mod scalar;
mod schema;
mod school;
mod shop;
mod world;

use std::{
    cell::RefCell,
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    marker::PhantomData,
    thread,
};

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use serde_json::Value;
use tokio::runtime::Runtime;

use self::{
    data::Data,
    generate::{Builder, Draft},
    json::Cursors,
    query::Query,
    reference::Reference,
    schema::Schema,
    school::School,
    shop::Shop,
    world::{Rows, Shown},
};
use crate::support::{App, Apps};

#[test]
fn any_query_over_any_rows_is_answered_as_the_reference_answers_it() {
    prove::<School>();
}

#[test]
fn any_query_over_any_rows_of_the_shop_is_answered_as_the_reference_answers_it() {
    prove::<Shop>();
}

fn prove<R: Rows>() {
    let config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(()),
    };
    let config = Config { rng_seed: RngSeed::Fixed(seed), ..config };
    let cases = config.cases;

    let proof = Proof::<R>::start();
    let result = TestRunner::new(config).run(&(R::drawn(), generate::drafts()), |(rows, drafts)| {
        proof.case(&rows, &drafts).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => proof.tally.borrow().assert_telling(&proof.schema, R::WORLD.few_children),
        Err(TestError::Fail(why, (rows, _))) => panic!(
            "{why}\n\n{}\nTo see it again:\nPROPTEST_RNG_SEED={seed} PROPTEST_CASES={cases} cargo test --test api proof\n",
            Shown(&rows)
        ),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// What the cases met, so that a generator that asks nothing is noticed.
#[derive(Debug, Default)]
struct Tally {
    cases: u32,
    /// Reached the same fields in ten times the data.
    comparable: u32,
    children: u32,
    filters: u32,
    cursors: u32,
}

impl Tally {
    /// Asserts shares well under those of a generator that works.
    fn assert_telling(&self, schema: &Schema, few_children: u32) {
        println!("{self:?}");
        // A few cases prove nothing of the shares.
        let few = |share: u32| self.cases >= 100 && share < self.cases;
        assert!(!few(self.comparable * 3), "too few cases compare with ten times the data: {self:?}");
        assert!(
            !few(self.children * few_children),
            "too few cases have a list in a list with something in it: {self:?}"
        );
        assert!(!few(self.cursors * 5), "too few cases have a cursor that matters: {self:?}");
        assert!(!schema.has_filters() || !few(self.filters * 10), "too few cases have a filter that matters: {self:?}");
    }
}

/// Limits that no random query meets.
const UNLIMITED: [&str; 7] = [
    "--max-document-characters=1000000000",
    "--max-document-tokens=1000000000",
    "--max-depth=30",
    "--max-aliases=1000000",
    "--max-root-fields=1000000",
    "--max-directives=1000",
    "--max-cost=1000000000000",
];

struct Proof<R> {
    runtime: Runtime,
    apps: Apps,
    schema: Schema,
    tally: RefCell<Tally>,
    /// The latest case that failed, and why: shrinking often makes the same one again.
    failed: RefCell<Option<(String, String)>>,
    rows: PhantomData<R>,
}

/// What one query came to.
struct Run {
    statements: usize,
    met: reference::Met,
}

impl<R: Rows> Proof<R> {
    fn start() -> Self {
        let schema = Schema::parse(R::WORLD.sdl);
        let runtime = Runtime::new().unwrap();
        let apps = runtime.block_on(R::start(&UNLIMITED));
        Self { runtime, apps, schema, tally: RefCell::default(), failed: RefCell::default(), rows: PhantomData }
    }

    fn case(&self, rows: &R, drafts: &[Draft]) -> Result<(), String> {
        let data = Data::new(rows);
        let query = Builder::query(&self.schema, &data, drafts);
        let case = format!("{query} {} {rows:?}", query.variables());
        if let Some((failed, why)) = &*self.failed.borrow()
            && *failed == case
        {
            return Err(why.clone());
        }
        let result = self.prove(rows, &data, query);
        if let Err(why) = &result {
            if self.failed.borrow().is_none() {
                // At once: to shrink it takes minutes, and in vain if it fails just now and then.
                eprintln!("A case failed, and is being shrunk: {why}\n\n{}", Shown(rows));
            }
            *self.failed.borrow_mut() = Some((case, why.clone()));
        }
        result
    }

    fn prove(&self, rows: &R, data: &Data, mut query: Query) -> Result<(), String> {
        self.load(rows, true);
        let mut cursors = Cursors::default();
        let (helper, places) = cursors::wanted(&self.schema, data, &mut query);
        if !places.is_empty() {
            self.run(&helper, data, &mut cursors)?;
            cursors::give(&mut query, places, &cursors);
        }
        let few = self.run(&query, data, &mut cursors)?;

        self.load(&rows.copies(1..10), false);
        let many = self.run(&query, &Data::new(&rows.copies(0..10)), &mut cursors);
        let many = many.map_err(|why| format!("on ten times the data: {why}"))?;

        let comparable = few.met.fields == many.met.fields;
        if comparable && few.statements != many.statements {
            let (few, many) = (few.statements, many.statements);
            return Err(format!("{few} statements, but {many} on ten times the data:\n{}", shown(&query)));
        }
        let mut tally = self.tally.borrow_mut();
        tally.cases += 1;
        tally.comparable += u32::from(comparable);
        tally.children += u32::from(few.met.children);
        tally.filters += u32::from(few.met.filter);
        tally.cursors += u32::from(few.met.cursor);
        Ok(())
    }

    /// Does the same on all databases at once, on a thread each: most of the time goes into the server.
    fn each<T: Send>(&self, act: impl AsyncFn(&App) -> T + Sync) -> Vec<T> {
        thread::scope(|scope| {
            let (runtime, act) = (&self.runtime, &act);
            let act = |app| scope.spawn(move || runtime.block_on(act(app)));
            let threads: Vec<_> = self.apps.0.iter().map(act).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    fn load(&self, rows: &R, alone: bool) {
        self.each(async |app| world::load(rows, app, alone).await);
    }

    /// Runs the query on all databases and compares what they do with what they should.
    fn run(&self, query: &Query, data: &Data, cursors: &mut Cursors) -> Result<Run, String> {
        let selections = query.expanded();
        let (text, variables) = (query.to_string(), query.variables());
        let answers = self.each(async |app| {
            app.statements().take();
            let fast = (app.query_with(&text, &variables).await, app.statements().take().len());
            let ordinary = (app.query_ordinarily(&text, &variables).await, app.statements().take().len());
            [("the fast way", fast), ("the ordinary way", ordinary)].map(|(way, run)| (app.backend(), way, run))
        });
        let answers = answers.concat();

        let reference = Reference::new(&self.schema, data);
        let expected = reference.answer(&selections);
        let parsed: Value = serde_json::from_str(&answers[0].2.0).unwrap();
        cursors.learn(&expected, &parsed["data"]);
        let expected = format!("{{\"data\":{}}}", cursors.render(&expected));
        let most = bound::bound(&self.schema, &selections);
        for (backend, way, (answer, statements)) in &answers {
            if *answer != expected {
                return Err(format!(
                    "{backend:?} answers wrongly, {way}.\n{}\n{}",
                    shown(query),
                    difference(&expected, answer)
                ));
            }
            if *statements > most {
                return Err(format!("{backend:?} ran {statements} statements, {way}, not {most}:\n{}", shown(query)));
            }
        }
        let counts: BTreeSet<_> = answers.iter().map(|(_, _, (_, statements))| *statements).collect();
        if counts.len() > 1 {
            return Err(format!("the databases, or the two ways, run {counts:?} statements:\n{}", shown(query)));
        }
        Ok(Run { statements: answers[0].2.1, met: reference.met.into_inner() })
    }
}

fn shown(query: &Query) -> String {
    format!("query: {query}\nvariables: {}", query.variables())
}

/// The two texts from a little before where they part.
fn difference(expected: &str, got: &str) -> String {
    let common = expected.chars().zip(got.chars()).take_while(|(a, b)| a == b).count();
    let part = |text: &str| {
        let part: String = text.chars().skip(common.saturating_sub(300)).take(1_000).collect();
        part
    };
    format!("from character {} on\nexpected: {}\ngot:      {}", common.saturating_sub(300), part(expected), part(got))
}
