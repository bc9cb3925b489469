use std::{collections::HashSet, env, iter::repeat_with, pin::pin, time::Duration};

use dovetail::{config::limits::PageSize, database::Transaction, server::serve};
use expect_test::expect;
use futures_util::{
    StreamExt,
    future::{Either, join_all, select},
    stream,
};
use school::seed::SeedOptions;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::timeout,
};

use crate::support::{App, PAGES, school, school_with, seeded, settings};

const SMALL: SeedOptions =
    SeedOptions { users: 20, posts_per_user: 6, students: 30, courses: 8, enrollments_per_student: 4, rng_seed: 7 };
const TEN_TIMES: SeedOptions = SeedOptions { users: 200, students: 300, courses: 80, ..SMALL };

/// A relation's selection, and how many statements it takes beside the root's.
const SHAPES: [(&str, &str, usize); 9] = [
    ("users", "posts { nodes { id title content } }", 1),
    ("users", "posts(first: 3) { nodes { id } pageInfo { hasNextPage endCursor } }", 1),
    ("users", "posts(last: 2) { edges { cursor node { id } } totalCount }", 2),
    ("users", "posts { totalCount }", 1),
    (
        "users",
        "a: posts(first: 2) { nodes { id } } b: posts(first: 3) { nodes { id } } c: posts(first: 2) { nodes { title } }",
        2,
    ),
    ("posts", "owner { id name }", 1),
    ("students", "courses { nodes { id title } edges { enrolledAt } }", 1),
    ("courses", "students(first: 5) { nodes { id name courses { nodes { id title } } } }", 2),
    (
        "courses",
        "students(last: 5) { totalCount nodes { courses { totalCount nodes { students(first: 2) { nodes { id } } } } } }",
        5,
    ),
];

#[tokio::test]
async fn the_statements_of_a_query_are_those_of_its_text_at_ten_times_the_data_too() {
    let (small, large) = (seeded(SMALL, PAGES).await, seeded(TEN_TIMES, PAGES).await);
    for (root, relation, statements) in SHAPES {
        let query = format!("{{ {root}(first: 100) {{ nodes {{ id {relation} }} }} }}");
        assert_eq!(
            (small.statements(&query).await, large.statements(&query).await),
            (1 + statements, 1 + statements),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_batch_gives_each_parent_what_it_gets_alone() {
    for app in &seeded(SMALL, PAGES).await.0 {
        for (root, relation, _) in SHAPES {
            let data = app.data(&format!("{{ {root}(first: 100) {{ nodes {{ __typename id {relation} }} }} }}")).await;
            let parents = data[root]["nodes"].as_array().unwrap();
            assert!(parents.len() >= 8);
            for parent in parents {
                let (id, kind) = (&parent["id"], parent["__typename"].as_str().unwrap());
                let alone =
                    app.data(&format!("{{ node(id: {id}) {{ __typename id ... on {kind} {{ {relation} }} }} }}")).await;
                assert_eq!(*parent, alone["node"], "{relation}");
            }
        }
    }
}

#[tokio::test]
async fn a_hundred_parents_or_ten_thousand_are_the_same_statements() {
    let many = SeedOptions {
        users: 10_000,
        posts_per_user: 1,
        students: 0,
        courses: 0,
        enrollments_per_student: 0,
        rng_seed: 1,
    };
    for app in &seeded(many, PageSize { default: 20, max: 10_000 }).await.0 {
        let mut texts = Vec::new();
        for parents in [100, 10_000] {
            let data = app.data(&format!("{{ users(first: {parents}) {{ nodes {{ id posts(first: 1) {{ nodes {{ owner {{ id }} }} }} }} }} }}")).await;
            let users = data["users"]["nodes"].as_array().unwrap();
            assert!(
                users.len() == parents
                    && users.iter().all(|user| user["id"] == user["posts"]["nodes"][0]["owner"]["id"])
            );
            // On PostgreSQL a page of all rows has its size in its text: that is the query's own.
            let statements = app.statements().take().into_iter();
            texts.push(
                statements.map(|text| text.replace(&format!("LIMIT {}", parents + 1), "LIMIT")).collect::<Vec<_>>(),
            );
        }
        assert!(texts[0].len() == 3 && texts[0] == texts[1], "{texts:#?}");
    }
}

#[tokio::test]
async fn lists_in_lists_that_yield_to_themselves_do_not_split_a_batch() {
    // A list of more than 30 items is polled through a `FuturesUnordered`, which yields after two members that did.
    let wide =
        SeedOptions { users: 50, posts_per_user: 40, students: 0, courses: 0, enrollments_per_student: 0, rng_seed: 1 };
    let query =
        "{ users(first: 50) { nodes { posts(first: 40) { nodes { owner { posts(first: 1) { nodes { id } } } } } } } }";
    assert_eq!(seeded(wide, PAGES).await.statements(query).await, 4);
}

#[tokio::test]
async fn a_page_for_many_parents_reads_no_more_rows_when_a_parent_has_20_000_children_than_when_it_has_20() {
    let amounts = SeedOptions {
        users: 50,
        posts_per_user: 20,
        students: 0,
        courses: 50,
        enrollments_per_student: 0,
        rng_seed: 1,
    };
    let apps = seeded(amounts, PAGES).await;
    let (posts, students) = (
        "{ users(first: 50) { nodes { posts(first: 3) { nodes { id } } } } }",
        "{ courses(first: 50) { nodes { students(first: 3) { nodes { id } } } } }",
    );
    for app in &apps.0 {
        app.sql("INSERT INTO students (name) SELECT 's' FROM posts a, posts b LIMIT 20000").await;
        app.sql("INSERT INTO enrollments (student_id, course_id) SELECT s.id, c.id FROM (SELECT id FROM students ORDER BY id LIMIT 20) s, courses c").await;
        let few = (rows_read(app, posts).await, rows_read(app, students).await);
        app.sql(
            "INSERT INTO posts (title, content, owner_id) SELECT 't', '', (SELECT MIN(id) FROM users) FROM students",
        )
        .await;
        app.sql("INSERT INTO enrollments (student_id, course_id) SELECT id, (SELECT MIN(id) FROM courses) FROM students ORDER BY id LIMIT 20000 OFFSET 20").await;
        let many = (rows_read(app, posts).await, rows_read(app, students).await);
        assert!(many.0 <= few.0 && many.1 <= few.1, "{few:?} {many:?}");
    }
}

/// How many rows of tables PostgreSQL reads for the query's last statement. SQLite does not count them (0), but none of
/// its steps may read a whole table.
pub async fn rows_read(app: &App, query: &str) -> f64 {
    app.sql("ANALYZE").await;
    app.data(query).await;
    let explain = if app.backend() == DbBackend::Postgres {
        "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON)"
    } else {
        "EXPLAIN QUERY PLAN"
    };
    let explain = Statement::from_string(app.backend(), format!("{explain} {}", app.statements().latest()));
    let plan = app.database.reader.query_all_raw(explain).await.unwrap();
    if app.backend() == DbBackend::Postgres {
        let plan: Value = plan[0].try_get_by_index(0).unwrap();
        return rows_of_tables(&plan[0]["Plan"]);
    }
    let steps: Vec<String> = plan.iter().map(|step| step.try_get("", "detail").unwrap()).collect();
    // The keys are scanned, and a parent's page is: all of it is wanted.
    let whole_tables =
        |step: &&String| step.starts_with("SCAN ") && !step.contains("VIRTUAL TABLE") && *step != "SCAN page";
    assert_eq!(steps.iter().find(whole_tables), None, "{steps:#?}");
    0.0
}

fn rows_of_tables(plan: &Value) -> f64 {
    let number = |name: &str| plan[name].as_f64().unwrap();
    let own = if plan["Relation Name"].is_string() { number("Actual Rows") * number("Actual Loops") } else { 0.0 };
    own + plan["Plans"].as_array().into_iter().flatten().map(rows_of_tables).sum::<f64>()
}

#[tokio::test]
async fn a_query_that_reads_no_row_runs_no_statement() {
    assert_eq!(school().await.statements("{ __typename __schema { queryType { name } } }").await, 0);
}

#[tokio::test]
async fn parents_without_children_get_empty_pages_and_zero() {
    school().await.answers("{ users(last: 1) { nodes { posts { nodes { id } totalCount } } } courses(last: 1) { nodes { students { nodes { id } totalCount } } } }",
        expect![[r#"
            {
              "data":{
                "users":{"nodes":[{"posts":{"nodes":[],"totalCount":0}}]},
                "courses":{"nodes":[{"students":{"nodes":[],"totalCount":0}}]}
              }
            }"#]]).await;
}

#[tokio::test]
async fn fields_come_in_the_order_asked_whichever_branch_is_done_first() {
    let query = "query { deep: courses(first: 1) { nodes { students { nodes { courses { nodes { students { totalCount } } } } } } }
        ...People shallow: post(id: 1) { id } nothing: user(id: 99) { id } __typename users(first: 1) { totalCount nodes { name ...Named id } } }
        fragment People on Query { users(first: 1) { nodes { id posts(last: 1) { nodes { owner { name } title } } } } }
        fragment Named on User { called: name posts(last: 1) { totalCount } }";
    school().await.answers(query, expect![[r#"
        {
          "data":{
            "deep":{
              "nodes":[
                {
                  "students":{
                    "nodes":[
                      {
                        "courses":{
                          "nodes":[{"students":{"totalCount":2}},{"students":{"totalCount":1}},{"students":{"totalCount":1}}]
                        }
                      },
                      {"courses":{"nodes":[{"students":{"totalCount":2}}]}}
                    ]
                  }
                }
              ]
            },
            "users":{
              "nodes":[
                {
                  "id":"User:1",
                  "posts":{"nodes":[{"owner":{"name":"Ada"},"title":"A3"}],"totalCount":3},
                  "name":"Ada",
                  "called":"Ada"
                }
              ],
              "totalCount":3
            },
            "shallow":{"id":"Post:1"},
            "nothing":null,
            "__typename":"Query"
          }
        }"#]]).await;
}

#[tokio::test]
async fn a_query_sees_one_moment_of_the_database() {
    for app in &school().await.0 {
        // Between the posts' statement and their owners', somebody deletes all of them.
        let url = app.direct_url.clone();
        let delete_all =
            async { Database::connect(url).await.unwrap().execute_unprepared("DELETE FROM users").await.unwrap() };
        let delete_all = move || tokio::runtime::Runtime::new().unwrap().block_on(delete_all);
        app.statements().after_next(|| {
            std::thread::spawn(delete_all).join().unwrap();
        });
        let data = app.data("{ posts { totalCount nodes { owner { name } } } }").await;
        let owners: Vec<_> =
            data["posts"]["nodes"].as_array().unwrap().iter().map(|post| &post["owner"]["name"]).collect();
        assert_eq!(
            (owners, &data["posts"]["totalCount"]),
            (["Ada", "Bob", "Ada", "Ada"].map(|name| json!(name)).each_ref().to_vec(), &json!(4))
        );
        assert_eq!(app.data("{ posts { nodes { id } } }").await["posts"]["nodes"], Value::Array(vec![]));
    }
}

/// `ANSWERS=20000` asks for so many.
#[tokio::test]
async fn while_all_rows_are_rewritten_no_answer_is_torn() {
    const READERS: usize = 8;
    let answers: usize = env::var("ANSWERS").map_or(400, |count| count.parse().unwrap());
    for app in &school_with(&["--read-connections=8", "--max-sender-share=100"]).await.0 {
        let rewrite = async |name: usize| {
            let transaction = app.database.begin_writing().await.unwrap();
            for sql in ["UPDATE users SET name = ", "UPDATE posts SET title = "] {
                transaction.execute_unprepared(&format!("{sql}'{name}'")).await.unwrap();
            }
            transaction.commit().await.unwrap();
        };
        let read = async || {
            let mut met = HashSet::new();
            for _ in 0..answers / READERS {
                let data = app.data("{ users { nodes { name posts { nodes { title owner { name } } } } } }").await;
                let users = data["users"]["nodes"].as_array().unwrap();
                let posts = users.iter().flat_map(|user| user["posts"]["nodes"].as_array().unwrap());
                let owners = posts.clone().map(|post| &post["owner"]["name"]);
                let names =
                    users.iter().map(|user| &user["name"]).chain(posts.map(|post| &post["title"])).chain(owners);
                let names: HashSet<_> = names.collect();
                assert_eq!(names.len(), 1, "{data}");
                met.extend(names.into_iter().cloned());
            }
            met.len()
        };
        rewrite(0).await;
        let rewriting = pin!(stream::iter(1..).for_each(rewrite));
        let reading = pin!(join_all(repeat_with(read).take(READERS)));
        let Either::Right((moments, _)) = select(rewriting, reading).await else { unreachable!() };
        // They did read while it was written.
        assert!(moments.iter().any(|moments| *moments > 1));
    }
}

#[tokio::test]
async fn while_users_come_and_go_no_post_is_met_without_its_owner() {
    for app in &school().await.0 {
        let writing = async {
            for _ in 0..60 {
                let query = r#"mutation { createUser(input: { name: "w", posts: [{ title: "a", content: "" }, { title: "b", content: "" }] }) { user { id } } }"#;
                let id = app.data(query).await["createUser"]["user"]["id"].clone();
                app.data(&format!("mutation {{ deleteUser(input: {{ id: {id} }}) {{ deletedId }} }}")).await;
            }
        };
        let reading = async {
            let mut met = 0;
            for _ in 0..100 {
                let data = app.data("{ posts { nodes { title owner { name } } } }").await;
                met += usize::from(data["posts"]["nodes"].as_array().unwrap().len() > 4);
            }
            met
        };
        let ((), met) = tokio::join!(writing, reading);
        assert!(met > 0, "no query met a row of the writer's");
    }
}

#[tokio::test]
async fn when_the_client_hangs_up_no_further_statement_starts() {
    for app in &school().await.0 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { stopped.await.unwrap() };
        let (router, limits) = (app.router.clone(), settings(&["--shutdown-timeout=3600"]).http);
        let server = tokio::spawn(async move { serve(listener, router, &limits, &[], stopped).await });
        let hold = hold_up_users(app).await;

        let (ran, first_ran) = oneshot::channel();
        app.statements().after_next(move || ran.send(()).unwrap());
        let body = json!({ "query": "{ posts { nodes { owner { posts { nodes { id } } } } } }" }).to_string();
        let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length";
        client.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
        first_ran.await.unwrap();
        drop(client);

        // The server stops once it has no request left, and this one cannot go on: it has been dropped.
        stop.send(()).unwrap();
        timeout(Duration::from_secs(60), server).await.expect("the request was not dropped").unwrap();
        drop(hold);
        app.data("{ courses { totalCount } }").await;
        let statements = app.statements().take();
        assert!(statements.len() == 2 && statements[1].contains("courses"), "{statements:#?}");
    }
}

/// Makes whoever reads the users wait: on PostgreSQL until the transaction is dropped, on SQLite, where nothing holds a
/// reader up, for seconds of counting.
async fn hold_up_users(app: &App) -> Option<Transaction> {
    if app.backend() == DbBackend::Postgres {
        let transaction = app.database.writer.begin().await.unwrap();
        transaction.execute_unprepared("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
        return Some(transaction);
    }
    let count = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 10000000) SELECT count(*) FROM c";
    app.sql("ALTER TABLE users RENAME TO users_in_time").await;
    app.sql(&format!("CREATE VIEW users AS SELECT * FROM users_in_time WHERE ({count}) > 0")).await;
    None
}
