import { createClient, type RequestParams } from 'graphql-sse';
import {
  Environment,
  type FetchFunction,
  Network,
  Observable,
  RecordSource,
  Store,
  type SubscribeFunction,
} from 'relay-runtime';

/** Names the document instead of sending it: the server has the manifest that the compiler wrote, and takes nothing else. */
const ask: FetchFunction = async ({ id }, variables) => {
  const body = JSON.stringify({ documentId: id, variables });
  const response = await fetch(process.env.DOVETAIL_URL!, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return response.json();
};

const streams = createClient({ url: process.env.DOVETAIL_URL! });

/** The same of a subscription, over an event stream. */
const listen: SubscribeFunction = ({ id }, variables) =>
  Observable.create((sink) => streams.subscribe({ documentId: id, variables } as unknown as RequestParams, sink as never));

export function newEnvironment() {
  return new Environment({ network: Network.create(ask, listen), store: new Store(new RecordSource()) });
}
