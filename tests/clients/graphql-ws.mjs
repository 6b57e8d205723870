// The reference client of graphql-transport-ws.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as p from './practice.mjs';

const options = { url: p.practice.wsUrl, webSocketImpl: WebSocket, ...p.retrying };
const client = createClient({ ...options, connectionParams: p.authorization });
const stranger = createClient(options);

/** Every result of an operation that ends; throws the errors that it is refused with. */
async function results(of, request) {
  const all = [];
  for await (const result of of.iterate(request)) all.push(result);
  return all;
}

async function refusal(of, request) {
  return results(of, request).then((all) => all.flatMap((result) => result.errors ?? [result]), (errors) => errors);
}

await p.step('a query is answered', async () => {
  assert.deepEqual(await results(client, { query: p.VIEWER }), [{ data: p.whoIsLoggedIn }]);
});

await p.step('a mutation is answered', async () => {
  const { variables, data } = p.newcomer('graphql-ws');
  assert.deepEqual(await results(client, { query: p.SIGN_UP, variables }), [{ data }]);
});

await p.step('a query that is wrong is refused', async () => {
  p.refused(await refusal(client, { query: p.WRONG }), 'BAD_USER_INPUT');
});

await p.step('a stranger is refused', async () => {
  p.refused(await refusal(stranger, { query: p.MEMBERS }), 'UNAUTHENTICATED');
});

const sessions = new p.Inbox();
const leave = client.subscribe({ query: p.WATCH_SESSIONS, variables: { coachId: p.range.coachId } }, sessions.sink);
await p.step('a session booked elsewhere arrives', () => p.seesASession(sessions));
leave();

const inbox = new p.Inbox();
client.subscribe({ query: p.WATCH, variables: p.range }, inbox.sink);
await p.step('a booking made elsewhere arrives', () => p.seesABooking(inbox));

await p.step('a mistake leaves the neighbours on the socket alone', async () => {
  p.refused(await refusal(client, { query: '{ unclosed' }), 'GRAPHQL_PARSE_FAILED');
  await p.bookElsewhere();
  assert.equal((await inbox.next()).isSnapshot, false);
});

await import('./growing.mjs');

await p.restartServer();
await p.step('after a restart the subscription goes on', () => p.seesABooking(inbox));

await p.step('a persisted query is asked by its hash', async () => {
  const query = p.unheardOf('graphql_ws');
  const extensions = p.persisted(query);
  p.refused(await refusal(client, { query: '', extensions }), 'PERSISTED_QUERY_NOT_FOUND');
  assert.deepEqual(await results(client, { query, extensions }), [{ data: p.whoIsLoggedIn }]);
  assert.deepEqual(await results(client, { query: '', extensions }), [{ data: p.whoIsLoggedIn }]);
});

p.finished();
