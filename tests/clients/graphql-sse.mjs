// The reference client of GraphQL over server-sent events, a connection for each operation.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import * as p from './practice.mjs';

const { retryAttempts, retryWait: retry } = p.retrying;
const options = { url: p.practice.url, singleConnection: false, retryAttempts, retry };
const client = createClient({ ...options, headers: p.authorization });
const stranger = createClient({ ...options, retryAttempts: 0 });

async function results(of, request) {
  const all = [];
  for await (const result of of.iterate(request)) all.push(result);
  return all;
}

const refusal = async (of, request) => (await results(of, request)).flatMap((result) => result.errors ?? [result]);

await p.step('a query is answered', async () => {
  assert.deepEqual(await results(client, { query: p.VIEWER }), [{ data: p.whoIsLoggedIn }]);
});

await p.step('a mutation is answered', async () => {
  const { variables, data } = p.newcomer('graphql-sse');
  assert.deepEqual(await results(client, { query: p.SIGN_UP, variables }), [{ data }]);
});

await p.step('a query that is wrong is refused', async () => {
  p.refused(await refusal(client, { query: p.WRONG }), 'BAD_USER_INPUT');
});

await p.step('a stranger is refused', async () => {
  p.refused(await refusal(stranger, { query: p.MEMBERS }), 'UNAUTHENTICATED');
});

const inbox = new p.Inbox();
client.subscribe({ query: p.WATCH, variables: p.range }, inbox.sink);
await p.step('a booking made elsewhere arrives', () => p.seesABooking(inbox));
await p.restartServer();
await p.step('after a restart the subscription goes on', () => p.seesABooking(inbox));

await p.step('a persisted query is asked by its hash', async () => {
  const query = p.unheardOf('graphql_sse');
  const extensions = p.persisted(query);
  p.refused(await refusal(client, { extensions }), 'PERSISTED_QUERY_NOT_FOUND');
  assert.deepEqual(await results(client, { query, extensions }), [{ data: p.whoIsLoggedIn }]);
  assert.deepEqual(await results(client, { extensions }), [{ data: p.whoIsLoggedIn }]);
});

p.finished();
