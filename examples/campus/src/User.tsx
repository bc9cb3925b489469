import { useMutation } from 'urql';
import { Form } from './Form';
import { graphql, readFragment, type FragmentType } from './gql';
import { InfiniteList, usePages } from './InfiniteList';
import { count, Moment } from './ui';

const PostCard = graphql(`
  fragment PostCard on Post {
    title
    content
    createdAt
  }
`);

const UserPage = graphql(`
  query User($id: ID!, $after: String) {
    user(id: $id) {
      id
      name
      posts(first: 10, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) @_relayPagination {
        totalCount
        nodes {
          id
          ...PostCard
        }
        pageInfo {
          ...NextPage
        }
      }
    }
  }
`);

// The owner's line among the users shows the number of posts: with it in the answer, the cache brings it up to date.
const CreatePost = graphql(`
  mutation CreatePost($input: CreatePostInput!) {
    createPost(input: $input) {
      post {
        id
        owner {
          id
          ...UserLine
        }
      }
      userErrors {
        ...FormErrors
      }
    }
  }
`);

export function User({ id }: { id: string }) {
  const pages = usePages(UserPage, { id });
  const [, createPost] = useMutation(CreatePost);
  const user = pages.data?.user;

  if (user === null) return <p className="end muted">There is no such user.</p>;
  return (
    <>
      {user && (
        <hgroup>
          <h2>{user.name}</h2>
          <p className="muted">{count(user.posts.totalCount, 'post')}, newest first</p>
        </hgroup>
      )}
      <details>
        <summary>New post</summary>
        <Form
          fields={{ title: { label: 'Title' }, content: { label: 'Text', multiline: true } }}
          submit="Create post"
          onSubmit={async (fields) => {
            const { data, error } = await createPost({ input: { ownerId: id, ...fields } });
            if (data?.createPost?.post) pages.restart();
            return { error, userErrors: data?.createPost?.userErrors };
          }}
        />
      </details>
      <InfiniteList label="Posts" list={user?.posts} pages={pages} empty="No posts yet.">
        {(post) => <Post post={post} />}
      </InfiniteList>
    </>
  );
}

function Post(props: { post: FragmentType<typeof PostCard> }) {
  const { title, content, createdAt } = readFragment(PostCard, props.post);
  return (
    <article className="card">
      <h3>{title}</h3>
      <p>{content}</p>
      <p className="muted">
        <Moment of={createdAt} />
      </p>
    </article>
  );
}
