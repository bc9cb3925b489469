// graphql-sse: each operation over an event stream of its own, or all over one.
import { createClient, type Client, type RequestParams } from 'graphql-sse';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const USER = 'query User($id: ID!) { user(id: $id) { id name } }';

const CREATE = 'mutation ($name: String!) { createUser(input: { name: $name }) { user { id name } userErrors { code } } }';

const CHANGES = 'subscription ($after: String) { userChanged(after: $after) { kind user { name } } }';

type Result = { data?: Record<string, any> | null; errors?: readonly any[]; extensions?: any };

describe.each([{ singleConnection: false }, { singleConnection: true }])('$singleConnection', ({ singleConnection }) => {
  let client: Client<boolean>;
  let streams = 0;
  let accepted = 0;

  beforeEach(() => {
    streams = 0;
    accepted = 0;
    client = createClient<boolean>({
      url: process.env.DOVETAIL_URL!,
      singleConnection,
      retryAttempts: 0,
      fetchFn: async (...args: Parameters<typeof fetch>) => {
        const response = await fetch(...args);
        if (response.headers.get('content-type')?.startsWith('text/event-stream')) streams += 1;
        if (response.status === 202) accepted += 1;
        return response;
      },
    });
  });

  afterEach(() => client.dispose());

  /** All results of an operation. */
  async function results(request: RequestParams) {
    const found: Result[] = [];
    for await (const result of client.iterate(request)) found.push(result as Result);
    return found;
  }

  test('a query has one result', async () => {
    const found = await results({ query: USER, variables: { id: 'User:1' } });
    expect(found).toEqual([{ data: { user: { id: 'User:1', name: expect.any(String) } } }]);
  });

  test('operations run beside each other', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `User:${(index % 5) + 1}`);
    const found = await Promise.all(ids.map((id) => results({ query: USER, variables: { id } })));
    expect(found.map(([result]) => result.data?.user.id)).toEqual(ids);
    expect(streams).toBe(singleConnection ? 1 : 50);
  });

  test('an error of a field comes with the data', async () => {
    const [late] = await results({ query: '{ user(id: 1) { name } post(id: "User:1") { title } }' });
    expect(late.data?.user.name).toEqual(expect.any(String));
    expect(late.errors?.map(({ path }) => path)).toEqual([['post']]);
  });

  test('a subscription tells of what is written, and goes on after a cursor', async () => {
    const create = (name: string) => results({ query: CREATE, variables: { name } });
    const events = client.iterate({ query: CHANGES });
    const first = events.next();
    // The response says that it has begun.
    await expect.poll(() => (singleConnection ? accepted : streams)).toBe(1);
    await create('Ada');
    const { data, extensions } = (await first).value as Result;
    expect(data).toEqual({ userChanged: { kind: 'CREATED', user: { name: 'Ada' } } });
    await events.return!();
    await create('Hedy');
    const others = client.iterate({ query: CHANGES, variables: { after: extensions.dovetail.cursor } });
    const missed = (await others.next()).value as Result;
    expect(missed.data).toEqual({ userChanged: { kind: 'CREATED', user: { name: 'Hedy' } } });
    await others.return!();
  });
});

test('a document that is wrong is told as the result of a stream of its own', async () => {
  const client = createClient({ url: process.env.DOVETAIL_URL! });
  const { value } = await client.iterate({ query: '{ nobody { name } }' }).next();
  expect(value.errors).toEqual([expect.objectContaining({ message: expect.stringContaining('nobody') })]);
});
