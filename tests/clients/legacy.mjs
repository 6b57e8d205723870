// The client of the protocol before graphql-transport-ws, which older apps still speak.
import assert from 'node:assert/strict';
import legacy from 'subscriptions-transport-ws';
import WebSocket from 'ws';
import * as p from './practice.mjs';

// A connection that takes longer than minTimeout is given up, with an error event that nobody handles.
const options = { reconnect: true, minTimeout: 20_000, connectionParams: p.authorization };
const client = new legacy.SubscriptionClient(p.practice.wsUrl, options, WebSocket);
const stranger = new legacy.SubscriptionClient(p.practice.wsUrl, {}, WebSocket);

/** The one result of an operation; of one that is refused, what it is refused with. */
const result = (of, request) =>
  new Promise((resolve) => {
    of.request(request).subscribe({ next: resolve, error: (error) => resolve({ errors: [error] }) });
  });

await p.step('a query is answered', async () => {
  assert.deepEqual(await result(client, { query: p.VIEWER }), { data: p.whoIsLoggedIn });
});

await p.step('a mutation is answered', async () => {
  const { variables, data } = p.newcomer('legacy');
  assert.deepEqual(await result(client, { query: p.SIGN_UP, variables }), { data });
});

await p.step('a query that is wrong is refused', async () => {
  p.refused((await result(client, { query: p.WRONG })).errors, 'BAD_USER_INPUT');
});

await p.step('a stranger is refused', async () => {
  p.refused((await result(stranger, { query: p.MEMBERS })).errors, 'UNAUTHENTICATED');
});

const inbox = new p.Inbox();
client.request({ query: p.WATCH, variables: p.range }).subscribe(inbox.sink);
await p.step('a booking made elsewhere arrives', () => p.seesABooking(inbox));
await p.restartServer();
await p.step('after a restart the subscription goes on', () => p.seesABooking(inbox));

p.finished();
