"""ariadne-codegen: `dovetail` is generated from the schema and operations.graphql, as pyproject.toml says.

`DOVETAIL_URL` is the endpoint of a running server with the demo's data.
"""

import os
from datetime import datetime, timezone

import pytest
from dovetail import (
    Client,
    CreateUserInput,
    DateTimeFilter,
    GraphQLClientGraphQLMultiError,
    NewPostInput,
    OrderDirection,
    ReadNodeNodeUser,
    StringFilter,
    UserErrorCode,
    UserFilter,
    UserOrder,
    UserOrderField,
)

client = Client(url=os.environ["DOVETAIL_URL"])


def test_a_read_reaches_through_relations() -> None:
    student = client.read_student("Student:1").student
    assert student is not None
    assert student.name == "Jovany Zulauf"
    [edge] = student.courses.edges
    assert edge.enrolled_at == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert edge.node.title == "Universal Electrical / Electronic Manufacturing"
    assert edge.node.students.total_count == 15


def test_a_walk_meets_each_user_once() -> None:
    # The other tests create users later than that.
    demo = UserFilter(created_at=DateTimeFilter(lt=datetime(2026, 1, 2, tzinfo=timezone.utc)))
    order = [UserOrder(field=UserOrderField.NAME, direction=OrderDirection.DESC)]
    names: list[str] = []
    after = None
    for expected in [(5, True), (5, True), (2, False)]:
        page = client.read_users(first=5, after=after, filter_=demo, order_by=order).users
        assert page.total_count == 12
        assert (len(page.nodes), page.page_info.has_next_page) == expected
        names += [user.name for user in page.nodes]
        after = page.page_info.end_cursor
    # A set: none twice.
    assert names == sorted(set(names), reverse=True)


def test_a_filter_holds_filters_of_its_own_type() -> None:
    reuben, olaf = (UserFilter(name=StringFilter(in_=[name])) for name in ["Reuben Wiza", "Olaf Funk"])
    users = client.read_users(first=5, filter_=UserFilter(or_=[reuben, olaf], not_=olaf)).users.nodes
    assert [(user.id, user.name) for user in users] == [("User:1", "Reuben Wiza")]


def test_a_mutation_answers_what_it_wrote() -> None:
    wanted = CreateUserInput(name="ariadne-codegen", posts=[NewPostInput(title="Hello", content="")])
    payload = client.create_user(wanted).create_user
    assert payload
    assert payload.user_errors == []
    assert payload.user is not None
    assert payload.user.name == "ariadne-codegen"
    node = client.read_node(payload.user.id).node
    assert isinstance(node, ReadNodeNodeUser)
    assert (node.id, node.name) == (payload.user.id, "ariadne-codegen")


def test_a_refused_mutation_answers_typed_errors() -> None:
    posts = [NewPostInput(title=title, content="") for title in ["Hello", ""]]
    payload = client.create_user(CreateUserInput(name="x" * 101, posts=posts)).create_user
    assert payload
    assert payload.user is None
    assert [(error.code, error.path) for error in payload.user_errors] == [
        (UserErrorCode.TOO_LONG, ["name"]),
        (UserErrorCode.BLANK, ["posts", "1", "title"]),
    ]


def test_an_error_has_its_code() -> None:
    with pytest.raises(GraphQLClientGraphQLMultiError) as refused:
        client.read_users(first=1000)
    assert [(error.extensions or {})["code"] for error in refused.value.errors] == ["BAD_USER_INPUT"]
