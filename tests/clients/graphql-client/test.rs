//! graphql_client: the types are derived from the schema and from operations.graphql.
//! `DOVETAIL_URL` is the endpoint of a running server with the demo's data.

use chrono::Utc;
use graphql_client::{GraphQLQuery, Response};

type DateTime = chrono::DateTime<Utc>;
/// `normalization` has `Id` for a variable's `ID`, and leaves it to us.
type Id = String;

/// What the derives below read: without it, cargo does not compile this anew when the schema changes.
const _: &str = include_str!("../../../schema.graphql");

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../../../schema.graphql", query_path = "../operations.graphql", normalization = "Rust")]
struct ReadStudent;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../../../schema.graphql",
    query_path = "../operations.graphql",
    normalization = "Rust",
    variables_derives = "Default",
    skip_serializing_none
)]
struct ReadUsers;

/// `Default`, which spares the tests each filter left out, is asked of everything in the variables.
impl Default for read_users::UserOrderField {
    fn default() -> Self {
        Self::Id
    }
}

impl Default for read_users::OrderDirection {
    fn default() -> Self {
        Self::Asc
    }
}

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../../../schema.graphql",
    query_path = "../operations.graphql",
    normalization = "Rust",
    response_derives = "Debug, PartialEq"
)]
struct CreateUser;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../../../schema.graphql",
    query_path = "../operations.graphql",
    normalization = "Rust",
    response_derives = "Debug, PartialEq"
)]
struct ReadNode;

fn answer<Q: GraphQLQuery>(variables: Q::Variables) -> Response<Q::ResponseData> {
    let url = std::env::var("DOVETAIL_URL").expect("DOVETAIL_URL is a running server's endpoint");
    let body = Q::build_query(variables);
    ureq::post(url).send_json(body).expect("an answer").body_mut().read_json().expect("a GraphQL response")
}

fn data<Q: GraphQLQuery>(variables: Q::Variables) -> Q::ResponseData {
    let response = answer::<Q>(variables);
    response.data.unwrap_or_else(|| panic!("no data but {:?}", response.errors))
}

#[test]
fn a_read_reaches_through_relations() {
    let student = data::<ReadStudent>(read_student::Variables { id: "Student:1".into() }).student.unwrap();
    assert_eq!(student.name, "Jovany Zulauf");
    let [edge] = &student.courses.edges[..] else { panic!("{} courses", student.courses.edges.len()) };
    assert_eq!(edge.enrolled_at, "2026-01-01T00:00:00Z".parse::<DateTime>().unwrap());
    assert_eq!(edge.node.title, "Universal Electrical / Electronic Manufacturing");
    assert_eq!(edge.node.students.total_count, 15);
}

#[test]
fn a_walk_meets_each_user_once() {
    use read_users::{DateTimeFilter, OrderDirection, UserFilter, UserOrder, UserOrderField, Variables};
    let (mut names, mut after) = (vec![], None);
    for expected in [(5, true), (5, true), (2, false)] {
        // The other tests create users later than that.
        let demo = DateTimeFilter { lt: "2026-01-02T00:00:00Z".parse().ok(), ..DateTimeFilter::default() };
        let page = data::<ReadUsers>(Variables {
            first: 5,
            after,
            filter: Some(UserFilter { created_at: Some(demo), ..UserFilter::default() }),
            order_by: Some(vec![UserOrder { field: UserOrderField::Name, direction: OrderDirection::Desc }]),
        })
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
    use read_users::{StringFilter, UserFilter, Variables};
    let named = |name: &str| UserFilter {
        name: Some(StringFilter { in_: Some(vec![name.into()]), ..StringFilter::default() }),
        ..UserFilter::default()
    };
    let either = vec![named("Reuben Wiza"), named("Olaf Funk")];
    let wanted = UserFilter { or: Box::new(Some(either)), ..UserFilter::default() };
    let filter = UserFilter { not: Box::new(Some(named("Olaf Funk"))), ..wanted };
    let users = data::<ReadUsers>(Variables { first: 5, filter: Some(filter), ..Variables::default() }).users.nodes;
    let found: Vec<_> = users.iter().map(|user| (&*user.id, &*user.name)).collect();
    assert_eq!(found, [("User:1", "Reuben Wiza")]);
}

#[test]
fn a_mutation_answers_what_it_wrote() {
    use create_user::{CreateUserInput, NewPostInput, Variables};
    let posts = vec![NewPostInput { title: "Hello".into(), content: String::new() }];
    let input = CreateUserInput { name: "graphql_client".into(), posts: Some(posts) };
    let payload = data::<CreateUser>(Variables { input }).create_user.unwrap();
    assert_eq!(payload.user_errors, []);
    let user = payload.user.unwrap();
    assert_eq!(user.name, "graphql_client");
    let node = data::<ReadNode>(read_node::Variables { id: user.id.clone() }).node.unwrap();
    assert_eq!(node.id, user.id);
    assert_eq!(node.on, read_node::ReadNodeNodeOn::User(read_node::ReadNodeNodeOnUser { name: user.name }));
}

#[test]
fn a_refused_mutation_answers_typed_errors() {
    use create_user::{CreateUserInput, NewPostInput, UserErrorCode, Variables};
    let posts = ["Hello", ""].map(|title| NewPostInput { title: title.into(), content: String::new() }).into();
    let input = CreateUserInput { name: "x".repeat(101), posts: Some(posts) };
    let payload = data::<CreateUser>(Variables { input }).create_user.unwrap();
    assert_eq!(payload.user, None);
    let errors: Vec<_> = payload.user_errors.iter().map(|error| (&error.code, error.path.join("."))).collect();
    assert_eq!(errors, [(&UserErrorCode::TooLong, "name".into()), (&UserErrorCode::Blank, "posts.1.title".into())]);
}

#[test]
fn an_error_has_its_code() {
    let response = answer::<ReadUsers>(read_users::Variables { first: 1000, ..read_users::Variables::default() });
    assert!(response.data.is_none());
    let [error] = &response.errors.unwrap()[..] else { panic!("not one error") };
    assert_eq!(error.extensions.as_ref().unwrap()["code"], "BAD_USER_INPUT");
}
