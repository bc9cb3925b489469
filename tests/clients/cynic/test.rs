//! cynic: the structs here are the operations, checked against the schema as they compile.
//! `DOVETAIL_URL` is the endpoint of a running server with the demo's data.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use chrono::{DateTime, Utc};
use cynic::{
    GraphQlResponse, Id, InputObject, MutationBuilder, Operation, QueryBuilder, QueryFragment, QueryVariables,
    SubscriptionBuilder,
};
use futures_util::StreamExt;
use graphql_ws_client::Client;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::task::spawn_blocking;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{client::IntoClientRequest, http::HeaderValue},
};

#[cynic::schema("dovetail")]
mod schema {}

cynic::impl_scalar!(DateTime<Utc>, schema::DateTime);

#[derive(QueryVariables)]
struct ById {
    id: Id,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ById")]
struct ReadStudent {
    #[arguments(id: $id)]
    student: Option<Student>,
}

#[derive(QueryFragment)]
struct Student {
    name: String,
    #[arguments(first: 1)]
    courses: StudentCoursesConnection,
}

#[derive(QueryFragment)]
struct StudentCoursesConnection {
    edges: Vec<StudentCoursesEdge>,
}

#[derive(QueryFragment)]
struct StudentCoursesEdge {
    enrolled_at: DateTime<Utc>,
    node: Course,
}

#[derive(QueryFragment)]
struct Course {
    title: String,
    students: CourseStudentsConnection,
}

#[derive(QueryFragment)]
struct CourseStudentsConnection {
    total_count: i32,
}

#[derive(QueryVariables)]
struct PageVariables {
    first: i32,
    after: Option<String>,
    filter: Option<UserFilter>,
    order_by: Option<Vec<UserOrder>>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "PageVariables")]
struct ReadUsers {
    #[arguments(first: $first, after: $after, filter: $filter, orderBy: $order_by)]
    users: UserConnection,
}

#[derive(QueryFragment)]
struct UserConnection {
    nodes: Vec<User>,
    page_info: PageInfo,
    total_count: i32,
}

#[derive(QueryFragment)]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(QueryFragment, Debug, PartialEq)]
struct User {
    id: Id,
    name: String,
}

#[derive(InputObject, Default)]
struct UserFilter {
    or: Option<Vec<UserFilter>>,
    not: Option<Box<UserFilter>>,
    name: Option<StringFilter>,
    created_at: Option<DateTimeFilter>,
}

#[derive(InputObject)]
struct StringFilter {
    #[cynic(rename = "in")]
    any_of: Option<Vec<String>>,
}

#[derive(InputObject)]
struct DateTimeFilter {
    lt: Option<DateTime<Utc>>,
}

#[derive(InputObject)]
struct UserOrder {
    field: UserOrderField,
    direction: OrderDirection,
}

#[derive(cynic::Enum)]
enum UserOrderField {
    Id,
    Name,
    CreatedAt,
    UpdatedAt,
    PostsCount,
}

#[derive(cynic::Enum)]
enum OrderDirection {
    Asc,
    Desc,
}

#[derive(QueryVariables)]
struct CreateUserVariables {
    input: CreateUserInput,
}

#[derive(InputObject)]
struct CreateUserInput {
    name: String,
    posts: Option<Vec<NewPostInput>>,
}

#[derive(InputObject)]
struct NewPostInput {
    title: String,
    content: String,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CreateUserVariables")]
struct CreateUser {
    #[arguments(input: $input)]
    create_user: Option<CreateUserPayload>,
}

#[derive(QueryFragment)]
struct CreateUserPayload {
    user: Option<User>,
    user_errors: Vec<UserError>,
}

#[derive(QueryFragment, Debug, PartialEq)]
struct UserError {
    code: UserErrorCode,
    path: Vec<String>,
}

#[derive(cynic::Enum, Debug, PartialEq)]
enum UserErrorCode {
    Blank,
    TooLong,
    NotFound,
    AlreadyExists,
    Invalid,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ById")]
struct ReadNode {
    #[arguments(id: $id)]
    node: Option<Node>,
}

#[derive(cynic::InlineFragments, Debug, PartialEq)]
enum Node {
    User(User),
    #[cynic(fallback)]
    Other,
}

/// What the server says of an error, beside its text.
#[derive(Deserialize)]
struct Extensions {
    code: String,
}

fn url() -> String {
    std::env::var("DOVETAIL_URL").expect("DOVETAIL_URL is a running server's endpoint")
}

fn answer<T: DeserializeOwned, V: Serialize>(operation: &Operation<T, V>) -> GraphQlResponse<T, Extensions> {
    ureq::post(url()).send_json(operation).expect("an answer").body_mut().read_json().expect("a GraphQL response")
}

fn data<T: DeserializeOwned, V: Serialize>(operation: &Operation<T, V>) -> T {
    let response = answer(operation);
    let errors: Vec<_> = response.errors.into_iter().flatten().map(|error| error.message).collect();
    response.data.unwrap_or_else(|| panic!("no data but {errors:?}"))
}

#[test]
fn a_read_reaches_through_relations() {
    let student = data(&ReadStudent::build(ById { id: Id::new("Student:1") })).student.unwrap();
    assert_eq!(student.name, "Jovany Zulauf");
    let [edge] = &student.courses.edges[..] else { panic!("{} courses", student.courses.edges.len()) };
    assert_eq!(edge.enrolled_at, "2026-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(edge.node.title, "Universal Electrical / Electronic Manufacturing");
    assert_eq!(edge.node.students.total_count, 15);
}

#[test]
fn a_walk_meets_each_user_once() {
    let (mut names, mut after) = (vec![], None);
    for expected in [(5, true), (5, true), (2, false)] {
        // The other tests create users later than that.
        let demo = DateTimeFilter { lt: Some("2026-01-02T00:00:00Z".parse().unwrap()) };
        let page = data(&ReadUsers::build(PageVariables {
            first: 5,
            after,
            filter: Some(UserFilter { created_at: Some(demo), ..UserFilter::default() }),
            order_by: Some(vec![UserOrder { field: UserOrderField::Name, direction: OrderDirection::Desc }]),
        }))
        .users;
        assert_eq!(page.total_count, 12);
        assert_eq!((page.nodes.len(), page.page_info.has_next_page), expected);
        names.extend(page.nodes.into_iter().map(|user| user.name));
        after = page.page_info.end_cursor;
    }
    // Each less than the one before: none twice.
    assert!(names.is_sorted_by(|a, b| a > b), "{names:?}");
}

#[test]
fn a_filter_holds_filters_of_its_own_type() {
    let named = |names: &[&str]| UserFilter {
        name: Some(StringFilter { any_of: Some(names.iter().map(ToString::to_string).collect()) }),
        ..UserFilter::default()
    };
    let wanted = UserFilter { or: Some(vec![named(&["Reuben Wiza"]), named(&["Olaf Funk"])]), ..UserFilter::default() };
    let filter = UserFilter { not: Some(Box::new(named(&["Olaf Funk"]))), ..wanted };
    let variables = PageVariables { first: 5, after: None, filter: Some(filter), order_by: None };
    let users = data(&ReadUsers::build(variables)).users.nodes;
    assert_eq!(users, [User { id: Id::new("User:1"), name: "Reuben Wiza".into() }]);
}

#[test]
fn a_mutation_answers_what_it_wrote() {
    let posts = vec![NewPostInput { title: "Hello".into(), content: String::new() }];
    let input = CreateUserInput { name: "Cynic".into(), posts: Some(posts) };
    let payload = data(&CreateUser::build(CreateUserVariables { input })).create_user.unwrap();
    assert_eq!(payload.user_errors, []);
    let user = payload.user.unwrap();
    assert_eq!(user.name, "Cynic");
    assert_eq!(data(&ReadNode::build(ById { id: user.id.clone() })).node, Some(Node::User(user)));
}

#[test]
fn a_refused_mutation_answers_typed_errors() {
    let posts = ["Hello", ""].map(|title| NewPostInput { title: title.into(), content: String::new() }).into();
    let input = CreateUserInput { name: "x".repeat(101), posts: Some(posts) };
    let payload = data(&CreateUser::build(CreateUserVariables { input })).create_user.unwrap();
    assert_eq!(payload.user, None);
    let error = |code, path: &[&str]| UserError { code, path: path.iter().map(ToString::to_string).collect() };
    let expected = [error(UserErrorCode::TooLong, &["name"]), error(UserErrorCode::Blank, &["posts", "1", "title"])];
    assert_eq!(payload.user_errors, expected);
}

#[test]
fn an_error_has_its_code() {
    let response = answer(&ReadUsers::build(PageVariables { first: 1000, after: None, filter: None, order_by: None }));
    assert!(response.data.is_none());
    let codes: Vec<_> = response.errors.unwrap().into_iter().map(|error| error.extensions.unwrap().code).collect();
    assert_eq!(codes, ["BAD_USER_INPUT"]);
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Subscription")]
struct UserChanges {
    user_changed: UserChange,
}

#[derive(QueryFragment)]
struct UserChange {
    kind: ChangeKind,
    user: Option<User>,
}

#[derive(cynic::Enum, Debug, PartialEq)]
enum ChangeKind {
    Created,
    Updated,
    Deleted,
}

#[tokio::test]
async fn a_subscription_tells_of_what_is_written() {
    let mut request = url().replacen("http", "ws", 1).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    let (socket, _) = connect_async(request).await.unwrap();
    let mut events = Client::build(socket).subscribe(UserChanges::build(())).await.unwrap();
    let is_told = Arc::new(AtomicBool::new(false));
    let write = spawn_blocking({
        let is_told = Arc::clone(&is_told);
        // Until it is there, nothing is told.
        move || {
            while !is_told.load(Relaxed) {
                let input = CreateUserInput { name: "Hedy".into(), posts: None };
                data(&CreateUser::build(CreateUserVariables { input }));
            }
        }
    });
    // The other tests write too.
    let kind = loop {
        let UserChange { kind, user } = events.next().await.unwrap().unwrap().data.unwrap().user_changed;
        if user.is_some_and(|user| user.name == "Hedy") {
            break kind;
        }
    };
    assert_eq!(kind, ChangeKind::Created);
    is_told.store(true, Relaxed);
    write.await.unwrap();
}
