import { act, configure, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { Suspense } from 'react';
import { commitMutation, graphql, RelayEnvironmentProvider, requestSubscription } from 'react-relay';
import type { MutationParameters } from 'relay-runtime';
import { expect, test } from 'vitest';
import type { relayRenameAgainMutation } from './__generated__/relayRenameAgainMutation.graphql';
import type { relayDeleteMutation } from './__generated__/relayDeleteMutation.graphql';
import type { relayRenameMutation } from './__generated__/relayRenameMutation.graphql';
import type { relayChangesSubscription } from './__generated__/relayChangesSubscription.graphql';
import { newEnvironment } from './environment';
import { Page } from './page';

// A slow machine is no failure.
configure({ asyncUtilTimeout: 20_000 });

/** Opens a user's page in a browser of its own. */
async function open(id: string) {
  const environment = newEnvironment();
  render(
    <RelayEnvironmentProvider environment={environment}>
      <Suspense fallback="loading">
        <Page id={id} />
      </Suspense>
    </RelayEnvironmentProvider>,
  );
  await screen.findByRole('heading');
  return environment;
}

const posts = () => screen.getAllByRole('listitem').map((item) => item.firstChild?.textContent);
const click = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

test('a nested query is read through fragments', async () => {
  await open('User:1');
  expect(screen.getByRole('heading').textContent).toBe('Reuben Wiza');
  expect(posts()).toEqual(['Recusandae aut et qui adipisci', 'Eius deserunt minus in nihil']);
});

test('loadNext appends page after page until there is none', async () => {
  await open('User:1');
  click('more');
  await screen.findByText('In repellendus enim optio');
  expect(posts()).toHaveLength(5);
  click('more');
  await screen.findByText('Aut omnis nemo');
  expect(posts()).toHaveLength(6);
  expect(screen.queryByRole('button', { name: 'more' })).toBeNull();
});

test('@appendNode puts a new post into the list', async () => {
  await open('User:2');
  const before = posts();
  fireEvent.change(screen.getByLabelText('title'), { target: { value: 'Hello' } });
  click('post');
  await screen.findByText('Hello');
  expect(posts()).toEqual([...before, 'Hello']);
});

test('a form that is wrong shows why at its field, and the list stays', async () => {
  await open('User:2');
  const before = posts();
  click('post');
  await screen.findByText('must not be blank; allowed are 1 to 200 characters');
  expect(screen.getByRole('alert').id).toBe(screen.getByLabelText('title').getAttribute('aria-errormessage'));
  expect(posts()).toEqual(before);
});

test('@deleteEdge takes a deleted post out of the list', async () => {
  await open('User:3');
  const [, second] = posts();
  click('delete Post:3');
  await waitFor(() => expect(posts()).toEqual([second]));
});

function commit<Mutation extends MutationParameters>(
  ...[environment, config]: Parameters<typeof commitMutation<Mutation>>
) {
  return new Promise<Mutation['response']>((resolve, reject) => {
    commitMutation<Mutation>(environment, { ...config, onCompleted: resolve, onError: reject });
  });
}

test('a refetchable fragment is fetched anew through node', async () => {
  await open('User:4');
  const mutation = graphql`
    mutation relayRenameMutation($input: UpdateUserInput!) {
      updateUser(input: $input) {
        user {
          name
        }
      }
    }
  `;
  // In another browser, whose store is not this one's.
  await commit<relayRenameMutation>(newEnvironment(), {
    mutation,
    variables: { input: { id: 'User:4', name: 'Ada' } },
  });
  expect(screen.getByRole('heading').textContent).toBe('Cullen Dare');
  click('refresh');
  await screen.findByRole('heading', { name: 'Ada' });
});

test('@deleteRecord empties what showed the deleted user', async () => {
  const environment = await open('User:5');
  const mutation = graphql`
    mutation relayDeleteMutation($input: DeleteUserInput!) {
      deleteUser(input: $input) {
        deletedId @deleteRecord
      }
    }
  `;
  const { deleteUser } = await act(() =>
    commit<relayDeleteMutation>(environment, { mutation, variables: { input: { id: 'User:5' } } }),
  );
  expect(deleteUser?.deletedId).toBe('User:5');
  await screen.findByText('no such user');
});

test('what another writes is shown by a subscription', async () => {
  const environment = await open('User:6');
  const rename = graphql`
    mutation relayRenameAgainMutation($input: UpdateUserInput!) {
      updateUser(input: $input) {
        user {
          id
        }
      }
    }
  `;
  const subscription = graphql`
    subscription relayChangesSubscription($id: ID!) {
      userChanged(id: $id) {
        user {
          ...page_name
        }
      }
    }
  `;
  const { dispose } = requestSubscription<relayChangesSubscription>(environment, {
    subscription,
    variables: { id: 'User:6' },
  });
  // Until it is there, nothing is told.
  for (let round = 0; !/^[0-9]+$/.test(screen.getByRole('heading').textContent!); round += 1) {
    const variables = { input: { id: 'User:6', name: `${round}` } };
    await act(() => commit<relayRenameAgainMutation>(newEnvironment(), { mutation: rename, variables }));
  }
  dispose();
});
