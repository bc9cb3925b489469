"""gql: each operation is checked against schema.graphql before it is sent, and what the answer holds has its type.

`DOVETAIL_URL` is the endpoint of a running server with the demo's data.
"""

import asyncio
import os
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

import pytest
from gql import Client, gql
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport
from gql.transport.websockets import WebsocketsTransport
from gql.utilities import update_schema_enum, update_schema_scalar
from graphql import GraphQLScalarType, build_schema

UserErrorCode = Enum("UserErrorCode", ["BLANK", "TOO_LONG", "NOT_FOUND", "ALREADY_EXISTS", "INVALID"])
moment = GraphQLScalarType("DateTime", serialize=datetime.isoformat, parse_value=datetime.fromisoformat)

schema = build_schema((Path(__file__).parents[3] / "schema.graphql").read_text())
update_schema_enum(schema, "UserErrorCode", UserErrorCode)
update_schema_scalar(schema, "DateTime", moment)
client = Client(
    schema=schema,
    transport=HTTPXTransport(os.environ["DOVETAIL_URL"]),
    serialize_variables=True,
    parse_results=True,
)
types = DSLSchema(schema)

USERS = """
  query ($first: Int!, $after: String, $filter: UserFilter, $orderBy: [UserOrder!]) {
    users(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      nodes { id name }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
"""

CREATE_USER = """
  mutation ($input: CreateUserInput!) {
    createUser(input: $input) {
      user { id name }
      userErrors { code path }
    }
  }
"""


def answer(operation, **variables):
    request = gql(operation)
    request.variable_values = variables
    return client.execute(request)


def test_a_read_reaches_through_relations():
    edge, course = types.StudentCoursesEdge, types.Course
    courses = types.StudentCoursesConnection.edges.select(
        edge.enrolledAt,
        edge.node.select(course.title, course.students.select(types.CourseStudentsConnection.totalCount)),
    )
    student = types.Query.student(id="Student:1").select(
        types.Student.name, types.Student.courses(first=1).select(courses)
    )
    assert client.execute(dsl_gql(DSLQuery(student))) == {
        "student": {
            "name": "Jovany Zulauf",
            "courses": {
                "edges": [
                    {
                        "enrolledAt": datetime(2026, 1, 1, tzinfo=timezone.utc),
                        "node": {
                            "title": "Universal Electrical / Electronic Manufacturing",
                            "students": {"totalCount": 15},
                        },
                    }
                ]
            },
        }
    }


def test_a_walk_meets_each_user_once():
    # The other tests create users later than that.
    demo = {"createdAt": {"lt": datetime(2026, 1, 2, tzinfo=timezone.utc)}}
    order = [{"field": "NAME", "direction": "DESC"}]
    names, after = [], None
    for expected in [(5, True), (5, True), (2, False)]:
        page = answer(USERS, first=5, after=after, filter=demo, orderBy=order)["users"]
        assert page["totalCount"] == 12
        assert (len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == expected
        names += [user["name"] for user in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    # A set: none twice.
    assert names == sorted(set(names), reverse=True)


def test_a_filter_holds_filters_of_its_own_type():
    reuben, olaf = ({"name": {"in": [name]}} for name in ["Reuben Wiza", "Olaf Funk"])
    users = answer(USERS, first=5, filter={"or": [reuben, olaf], "not": olaf})["users"]["nodes"]
    assert users == [{"id": "User:1", "name": "Reuben Wiza"}]


def test_a_mutation_answers_what_it_wrote():
    payload = answer(CREATE_USER, input={"name": "gql", "posts": [{"title": "Hello", "content": ""}]})["createUser"]
    assert payload["userErrors"] == []
    user = payload["user"]
    assert user["name"] == "gql"
    assert answer("query ($id: ID!) { node(id: $id) { id ... on User { name } } }", id=user["id"]) == {"node": user}


def test_a_refused_mutation_answers_typed_errors():
    posts = [{"title": title, "content": ""} for title in ["Hello", ""]]
    assert answer(CREATE_USER, input={"name": "x" * 101, "posts": posts})["createUser"] == {
        "user": None,
        "userErrors": [
            {"code": UserErrorCode.TOO_LONG, "path": ["name"]},
            {"code": UserErrorCode.BLANK, "path": ["posts", "1", "title"]},
        ],
    }


def test_an_error_has_its_code():
    with pytest.raises(TransportQueryError) as refused:
        answer(USERS, first=1000)
    assert [error["extensions"]["code"] for error in refused.value.errors] == ["BAD_USER_INPUT"]


def test_a_subscription_tells_of_what_is_written():
    async def told():
        # Named, as gql does not find a response's header unless it is spelt as there.
        socket = WebsocketsTransport(
            os.environ["DOVETAIL_URL"].replace("http", "ws", 1),
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        )
        async with Client(schema=schema, transport=socket) as session:
            events = session.subscribe(gql("subscription { userChanged { kind user { name } } }"))
            first = asyncio.ensure_future(anext(events))
            create = gql(CREATE_USER)
            create.variable_values = {"input": {"name": "Hedy"}}
            # Until it is there, nothing is told.
            while not first.done():
                await session.execute(create)
            await events.aclose()
            return await first

    assert asyncio.run(told()) == {"userChanged": {"kind": "CREATED", "user": {"name": "Hedy"}}}
