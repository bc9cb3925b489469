// What GraphiQL shows at the first visit: a page of pages, a filtered page, a mutation that is refused, and a subscription.

const nested = `# Ctrl-Space completes, Ctrl-Enter runs.
# The SQL is under the answer: the posts of all
# users are read at once, however many there are.
query UsersWithPosts {
  users(first: 3) {
    totalCount
    nodes {
      id
      name
      posts(first: 2) {
        totalCount
        nodes {
          title
          createdAt
        }
      }
    }
  }
}
`;

const filtered = `# Which students, and which page of them, is said
# in the variables: for the next page, set "after"
# to this one's endCursor.
query StudentsOfACourse($filter: StudentFilter, $after: String) {
  students(
    first: 5
    after: $after
    filter: $filter
    orderBy: [
      { field: COURSES_COUNT, direction: DESC }
      { field: NAME }
    ]
  ) {
    totalCount
    edges {
      cursor
      node {
        name
        courses(first: 3, orderBy: [{ field: TITLE }]) {
          edges {
            enrolledAt
            node {
              title
            }
          }
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

const filter = { courses: { some: { id: { in: ['Course:1', 'Course:2'] } } } };

const mutation = `# One transaction: the user and the post, or neither.
# What a form must show is in userErrors.
mutation CreateUser($input: CreateUserInput!) {
  createUser(input: $input) {
    user {
      id
      name
      posts {
        nodes {
          title
        }
      }
    }
    userErrors {
      code
      message
      path
    }
  }
}
`;

const user = { name: 'Ada Lovelace', posts: [{ title: ' ', content: 'The title is blank: give it one.' }] };

const subscription = `# Runs until it is stopped: change a post meanwhile,
# in another window.
subscription PostsChanged {
  postChanged {
    kind
    id
    post {
      title
      owner {
        name
      }
    }
  }
}
`;

const json = (value) => JSON.stringify(value, null, 2);

export const tabs = [
  { query: nested },
  { query: filtered, variables: json({ filter, after: null }) },
  { query: mutation, variables: json({ input: user }) },
  { query: subscription },
];
