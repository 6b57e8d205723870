// urql: its own Accept header, websocket, event stream, persisted queries, and @defer.
import assert from 'node:assert/strict';
import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as p from './practice.mjs';

const sent = [];
const answers = [];
const options = {
  url: p.practice.url,
  fetchOptions: { headers: p.authorization },
  fetch: async (url, request) => {
    sent.push(`${request.method} ${/\bquery=|"query":/.test(`${url} ${request.body}`) ? 'query' : 'hash'}`);
    const answer = await fetch(url, request);
    answers.push(`${answer.status} ${answer.headers.get('content-type')?.split(';')[0]}`);
    return answer;
  },
};
const socket = createClient({
  url: p.practice.wsUrl,
  connectionParams: p.authorization,
  webSocketImpl: WebSocket,
  ...p.retrying,
});
const overSocket = subscriptionExchange({
  forwardSubscription: (request) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink) }),
  }),
});
const client = new Client({ ...options, exchanges: [fetchExchange, overSocket] });
const stranger = new Client({ ...options, fetchOptions: {}, exchanges: [fetchExchange] });

function answered(result, data) {
  assert.equal(result.error, undefined, result.error);
  assert.deepEqual(result.data, data);
}

function isRefused({ error }, code) {
  assert.equal(error?.networkError, undefined, error?.networkError);
  p.refused(error?.graphQLErrors, code);
}

await p.step('a query is answered', async () => {
  answered(await client.query(p.VIEWER, {}), p.whoIsLoggedIn);
});

await p.step('its Accept header, which lists streams, is answered with plain JSON', async () => {
  answers.length = 0;
  await client.query(p.VIEWER, {}, { requestPolicy: 'network-only' });
  await client.mutation(p.SIGN_UP, p.newcomer('urql-accept').variables);
  assert.deepEqual(answers, Array(2).fill('200 application/graphql-response+json'));
});

await p.step('a mutation is answered', async () => {
  const { variables, data } = p.newcomer('urql');
  answered(await client.mutation(p.SIGN_UP, variables), data);
});

await p.step('a query that is wrong is refused', async () => {
  isRefused(await client.query(p.WRONG, {}), 'BAD_USER_INPUT');
});

await p.step('a stranger is refused', async () => {
  isRefused(await stranger.query(p.MEMBERS, {}), 'UNAUTHENTICATED');
});

const inbox = new p.Inbox();
client.subscription(p.WATCH, p.range).subscribe(inbox.sink.next);
await p.step('a booking made elsewhere arrives over the socket', () => p.seesABooking(inbox));
await p.restartServer();
await p.step('after a restart the subscription goes on', () => p.seesABooking(inbox));

await p.step('a booking made elsewhere arrives over an event stream', async () => {
  const streaming = new Client({ ...options, exchanges: [fetchExchange], fetchSubscriptions: true });
  const streamed = new p.Inbox();
  const { unsubscribe } = streaming.subscription(p.WATCH, p.range).subscribe(streamed.sink.next);
  await p.seesABooking(streamed);
  unsubscribe();
});

async function persistedBy(name, preferGetForPersistedQueries) {
  const exchanges = [persistedExchange({ preferGetForPersistedQueries }), fetchExchange];
  const asking = new Client({ ...options, exchanges });
  const query = p.unheardOf(name);
  sent.length = 0;
  for (const _ of ['unknown', 'known']) {
    answered(await asking.query(query, {}, { requestPolicy: 'network-only' }), p.whoIsLoggedIn);
  }
  return sent;
}

await p.step('a persisted query is asked by its hash', async () => {
  assert.deepEqual(await persistedBy('urql_post', false), ['POST hash', 'POST query', 'POST hash']);
});

await p.step('a persisted query is made known and asked by GET', async () => {
  assert.deepEqual(await persistedBy('urql_get', 'force'), ['GET hash', 'GET query', 'GET hash']);
});

await p.step('a deferred part comes after the rest', async () => {
  const query = gql`query Deferred {
    viewer { user { email } ...Slow @defer }
  } fragment Slow on Viewer { permissions }`;
  const states = await new Promise((resolve, reject) => {
    const seen = [];
    client.query(query, {}, { requestPolicy: 'network-only' }).subscribe(({ data, error, hasNext }) => {
      if (error) reject(error);
      seen.push([hasNext, Object.keys(data?.viewer ?? {}).join(' ')]);
      if (!hasNext) resolve(seen);
    });
  });
  assert.deepEqual([states[0], states.at(-1)], [[true, 'user'], [false, 'user permissions']]);
});

p.finished();
