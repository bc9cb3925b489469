// graphql-ws: any number of operations over one WebSocket.
import { createClient, type Client, type SubscribePayload } from 'graphql-ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';

let client: Client;
let sockets = 0;

beforeEach(() => {
  sockets = 0;
  client = createClient({
    url: process.env.DOVETAIL_URL!.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    on: { connected: () => (sockets += 1) },
  });
});

afterEach(() => client.dispose());

/** All results of an operation. */
async function results(payload: SubscribePayload) {
  const found = [];
  for await (const result of client.iterate<Record<string, any>>(payload)) found.push(result);
  return found;
}

const USER = 'query User($id: ID!) { user(id: $id) { id name } }';

test('a query has one result', async () => {
  const found = await results({ query: USER, variables: { id: 'User:1' } });
  expect(found).toEqual([{ data: { user: { id: 'User:1', name: expect.any(String) } } }]);
});

test('operations run beside each other over one socket', async () => {
  const ids = Array.from({ length: 50 }, (_, index) => `User:${(index % 5) + 1}`);
  const found = await Promise.all(ids.map((id) => results({ query: USER, variables: { id } })));
  expect(found.map(([result]) => result.data?.user.id)).toEqual(ids);
  expect(sockets).toBe(1);
});

test('a mutation writes what the next query reads', async () => {
  const mutation = 'mutation ($name: String!) { createUser(input: { name: $name }) { user { id } userErrors { code } } }';
  const [written] = await results({ query: mutation, variables: { name: 'Grace' } });
  const { id } = written.data?.createUser.user;
  const [read] = await results({ query: USER, variables: { id } });
  expect(read.data).toEqual({ user: { id, name: 'Grace' } });
});

test('an error of a field comes with the data, and one of the document instead of them', async () => {
  const [late] = await results({ query: '{ user(id: 1) { name } post(id: "User:1") { title } }' });
  expect(late.data?.user.name).toEqual(expect.any(String));
  expect(late.errors?.map(({ path }) => path)).toEqual([['post']]);
  const wrong = results({ query: '{ nobody { name } }' });
  await expect(wrong).rejects.toEqual([expect.objectContaining({ message: expect.stringContaining('nobody') })]);
});

test('a subscription tells of what is written, and goes on after a cursor', async () => {
  const query = 'subscription ($after: String) { userChanged(after: $after) { kind user { name } } }';
  const create = (name: string) =>
    results({ query: 'mutation ($name: String!) { createUser(input: { name: $name }) { user { id } } }', variables: { name } });
  const events = client.iterate<Record<string, any>>({ query });
  const first = events.next();
  // What is asked over the same socket is no older than the subscription.
  await results({ query: USER, variables: { id: 'User:1' } });
  await create('Ada');
  const { value } = await first;
  expect(value.data).toEqual({ userChanged: { kind: 'CREATED', user: { name: 'Ada' } } });
  await events.return!();
  await create('Hedy');
  const after = value.extensions.dovetail.cursor;
  const others = client.iterate<Record<string, any>>({ query, variables: { after } });
  const missed = await others.next();
  expect(missed.value.data).toEqual({ userChanged: { kind: 'CREATED', user: { name: 'Hedy' } } });
  await others.return!();
});
