import { useState } from 'react';
import { useMutation } from 'urql';
import { Form } from './Form';
import { graphql, readFragment, type FragmentType } from './gql';
import { InfiniteList, usePages } from './InfiniteList';
import { count, PersonLink } from './ui';

const UserLine = graphql(`
  fragment UserLine on User {
    id
    name
    postCount: posts {
      totalCount
    }
  }
`);

const UsersPage = graphql(`
  query Users($search: String, $after: String) {
    users(
      first: 20
      after: $after
      filter: { name: { contains: $search } }
      orderBy: { field: CREATED_AT, direction: DESC }
    ) @_relayPagination {
      totalCount
      nodes {
        id
        ...UserLine
      }
      pageInfo {
        ...NextPage
      }
    }
  }
`);

const CreateUser = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        id
      }
      userErrors {
        ...FormErrors
      }
    }
  }
`);

export function Users({ selected }: { selected?: string }) {
  const [search, setSearch] = useState('');
  const pages = usePages(UsersPage, { search });
  const [, createUser] = useMutation(CreateUser);
  const users = pages.data?.users;

  return (
    <>
      <h2>{users ? count(users.totalCount, 'user') : 'Users'}</h2>
      <input
        type="search"
        aria-label="Search by name"
        placeholder="Name contains…"
        value={search}
        onChange={(event) => {
          setSearch(event.target.value);
          pages.restart();
        }}
      />
      <details>
        <summary>New user</summary>
        <Form
          fields={{ name: { label: 'Name' } }}
          submit="Create user"
          onSubmit={async (input) => {
            const { data, error } = await createUser({ input });
            const user = data?.createUser?.user;
            if (user) {
              pages.restart();
              location.hash = `#/users/${user.id}`;
            }
            return { error, userErrors: data?.createUser?.userErrors };
          }}
        />
      </details>
      <InfiniteList label="Users" list={users} pages={pages} empty="Nobody has such a name.">
        {(user) => <UserLink user={user} current={user.id === selected} />}
      </InfiniteList>
    </>
  );
}

function UserLink(props: { user: FragmentType<typeof UserLine>; current: boolean }) {
  const { id, name, postCount } = readFragment(UserLine, props.user);
  const detail = count(postCount.totalCount, 'post');
  return <PersonLink href={`#/users/${id}`} current={props.current} name={name} detail={detail} />;
}
