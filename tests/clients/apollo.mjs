// Apollo Client: HTTP, websocket, persisted queries by GET, and @defer.
import assert from 'node:assert/strict';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as p from './practice.mjs';

globalThis.WebSocket ??= WebSocket; // Apollo's link takes it for granted, and Node has it since 22

const apollo = (link, more) => new ApolloClient({ link, cache: new InMemoryCache(), ...more });
const fresh = { fetchPolicy: 'no-cache' };

const http = (more) => new HttpLink({ uri: p.practice.url, headers: p.authorization, ...more });
const client = apollo(http());
const stranger = apollo(http({ headers: {} }));
const socket = createClient({
  url: p.practice.wsUrl,
  connectionParams: p.authorization,
  webSocketImpl: WebSocket,
  ...p.retrying,
});
const live = apollo(new GraphQLWsLink(socket));

async function isRefused(asking, code) {
  const error = await asking.then((result) => assert.fail(`answered ${JSON.stringify(result)}`), (reason) => reason);
  assert.ok(CombinedGraphQLErrors.is(error), error);
  p.refused(error.errors, code);
}

await p.step('a query is answered', async () => {
  assert.deepEqual(p.plain((await client.query({ query: gql(p.VIEWER) })).data), p.whoIsLoggedIn);
});

await p.step('a mutation is answered', async () => {
  const { variables, data } = p.newcomer('apollo');
  assert.deepEqual(p.plain((await client.mutate({ mutation: gql(p.SIGN_UP), variables, ...fresh })).data), data);
});

await p.step('a query that is wrong is refused', () =>
  isRefused(client.query({ query: gql(p.WRONG) }), 'BAD_USER_INPUT'));

await p.step('a stranger is refused', () =>
  isRefused(stranger.query({ query: gql(p.MEMBERS) }), 'UNAUTHENTICATED'));

await p.step('a query over the socket is answered', async () => {
  assert.deepEqual(p.plain((await live.query({ query: gql(p.VIEWER), ...fresh })).data), p.whoIsLoggedIn);
});

await p.step('a query that is wrong is refused over the socket', () =>
  isRefused(live.query({ query: gql(p.WRONG) }), 'BAD_USER_INPUT'));

const inbox = new p.Inbox();
live.subscribe({ query: gql(p.WATCH), variables: p.range, ...fresh }).subscribe(inbox.sink);
await p.step('a booking made elsewhere arrives', () => p.seesABooking(inbox));
await p.restartServer();
await p.step('after a restart the subscription goes on', () => p.seesABooking(inbox));

await p.step('a booking made elsewhere arrives in parts over HTTP', async () => {
  const streamed = new p.Inbox();
  const watching = client.subscribe({ query: gql(p.WATCH), variables: p.range, ...fresh }).subscribe(streamed.sink);
  await p.seesABooking(streamed);
  watching.unsubscribe();
});

/** A fetch that keeps what it sent: the method, and whether the query was in it. */
function watched() {
  const sent = [];
  const fetching = (uri, options) => {
    const byGet = options.method === 'GET';
    const { query } = byGet ? Object.fromEntries(new URL(uri).searchParams) : JSON.parse(options.body);
    sent.push(`${options.method} ${query ? 'query' : 'hash'}`);
    return fetch(uri, options);
  };
  return { sent, fetch: fetching };
}

async function persistedBy(name, options) {
  const { sent, fetch } = watched();
  const asking = apollo(new PersistedQueryLink({ sha256: p.sha256, ...options }).concat(http({ fetch })));
  const query = gql(p.unheardOf(name));
  for (const _ of ['unknown', 'known']) {
    assert.deepEqual(p.plain((await asking.query({ query, ...fresh })).data), p.whoIsLoggedIn);
  }
  return sent;
}

await p.step('a persisted query is asked by its hash', async () => {
  assert.deepEqual(await persistedBy('apollo_post'), ['POST hash', 'POST query', 'POST hash']);
});

await p.step('a persisted query is asked by GET', async () => {
  const sent = await persistedBy('apollo_get', { useGETForHashedQueries: true });
  assert.deepEqual(sent, ['GET hash', 'POST query', 'GET hash']);
});

await p.step('a persisted query is asked by its hash over the socket', async () => {
  const hashed = apollo(ApolloLink.from([new PersistedQueryLink({ sha256: p.sha256 }), new GraphQLWsLink(socket)]));
  assert.deepEqual(p.plain((await hashed.query({ query: gql(p.unheardOf('apollo_ws')) })).data), p.whoIsLoggedIn);
});

const deferred = (when) => gql(`query Deferred {
  viewer { user { email } ...Slow @defer(if: ${when}) }
} fragment Slow on Viewer { permissions }`);

/** Every state of a query, and which fields of the viewer it showed. */
const states = (query, incrementalHandler) =>
  new Promise((resolve, reject) => {
    const seen = [];
    const next = ({ data, error, dataState }) => {
      if (error) reject(error);
      if (data) seen.push([dataState, Object.keys(p.plain(data).viewer).join(' ')]);
      if (dataState === 'complete') resolve(seen);
    };
    apollo(http(), { incrementalHandler }).watchQuery({ query, ...fresh }).subscribe({ next, error: reject });
  });

await p.step('a deferred part comes after the rest', async () => {
  const seen = await states(deferred(true), new GraphQL17Alpha9Handler());
  assert.deepEqual(seen, [['streaming', 'user'], ['complete', 'user permissions']]);
});

await p.step('a deferred part is understood by the handler of the older format', async () => {
  const seen = await states(deferred(true), new Defer20220824Handler());
  assert.deepEqual(seen, [['streaming', 'user'], ['complete', 'user permissions']]);
});

await p.step('a part that is deferred on a false condition comes with the rest', async () => {
  assert.deepEqual(await states(deferred(false), new GraphQL17Alpha9Handler()), [['complete', 'user permissions']]);
});

p.finished();
