import { useState } from 'react';
import { graphql, useLazyLoadQuery, useMutation, usePaginationFragment, useRefetchableFragment } from 'react-relay';
import type { pageDeleteMutation } from './__generated__/pageDeleteMutation.graphql';
import type { pageNewPostMutation } from './__generated__/pageNewPostMutation.graphql';
import type { page_name$key } from './__generated__/page_name.graphql';
import type { page_posts$key } from './__generated__/page_posts.graphql';
import type { pageQuery } from './__generated__/pageQuery.graphql';

/** A user's page: the name, the posts with a button for more of them and one to delete each, and a form for a new one. */
export function Page({ id }: { id: string }) {
  const { user } = useLazyLoadQuery<pageQuery>(
    graphql`
      query pageQuery($id: ID!) {
        user(id: $id) {
          ...page_name
          ...page_posts
        }
      }
    `,
    { id },
  );
  if (!user) return <p>no such user</p>;
  return (
    <>
      <Name user={user} />
      <Posts user={user} owner={id} />
    </>
  );
}

function Name(props: { user: page_name$key }) {
  const [user, refetch] = useRefetchableFragment(
    graphql`
      fragment page_name on User @refetchable(queryName: "pageNameRefetchQuery") {
        name
      }
    `,
    props.user,
  );
  return (
    <>
      <h1>{user.name}</h1>
      <button onClick={() => refetch({}, { fetchPolicy: 'network-only' })}>refresh</button>
    </>
  );
}

function Posts(props: { user: page_posts$key; owner: string }) {
  const { data, hasNext, loadNext } = usePaginationFragment(
    graphql`
      fragment page_posts on User
      @refetchable(queryName: "pagePostsPaginationQuery")
      @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "String" }) {
        posts(first: $first, after: $after) @connection(key: "page_posts") {
          __id
          edges {
            node {
              id
              title
            }
          }
        }
      }
    `,
    props.user,
  );
  const [remove] = useMutation<pageDeleteMutation>(graphql`
    mutation pageDeleteMutation($input: DeletePostInput!, $connections: [ID!]!) {
      deletePost(input: $input) {
        deletedId @deleteEdge(connections: $connections)
      }
    }
  `);
  const connections = [data.posts.__id];
  return (
    <>
      <ul>
        {data.posts.edges.map(({ node }) => (
          <li key={node.id}>
            {node.title}
            <button onClick={() => remove({ variables: { input: { id: node.id }, connections } })}>
              delete {node.id}
            </button>
          </li>
        ))}
      </ul>
      {hasNext && <button onClick={() => loadNext(3)}>more</button>}
      <NewPost owner={props.owner} connections={connections} />
    </>
  );
}

/** Shows what the server refuses at the input's fields, by names such as `title`. */
function NewPost({ owner, connections }: { owner: string; connections: string[] }) {
  const [title, setTitle] = useState('');
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [create] = useMutation<pageNewPostMutation>(graphql`
    mutation pageNewPostMutation($input: CreatePostInput!, $connections: [ID!]!) {
      createPost(input: $input) {
        post @appendNode(connections: $connections, edgeTypeName: "PostEdge") {
          id
          title
        }
        userErrors {
          code
          message
          path
        }
      }
    }
  `);
  const submit = () =>
    create({
      variables: { input: { ownerId: owner, title, content: '' }, connections },
      onCompleted: ({ createPost }) =>
        setProblems(
          Object.fromEntries((createPost?.userErrors ?? []).map(({ path, message }) => [path.join('.'), message])),
        ),
    });
  return (
    <>
      <input
        aria-label="title"
        aria-errormessage="title-problem"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <p id="title-problem" role="alert">
        {problems.title}
      </p>
      <button onClick={submit}>post</button>
    </>
  );
}
