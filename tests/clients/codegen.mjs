// An app of GraphQL Code Generator's client preset, at a server that runs the documents of its manifest alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as p from './practice.mjs';

const manifest = JSON.parse(readFileSync(`${p.practice.folder}/src/gql/persisted-documents.json`, 'utf8'));
const idOf = (name) => Object.keys(manifest).find((id) => manifest[id].includes(` ${name}(`));
const coaches = (data) => data.coaches.edges.map((edge) => edge.node.id);

async function ask(body) {
  const headers = { 'content-type': 'application/json', ...p.authorization };
  const answer = await fetch(p.practice.url, { method: 'POST', headers, body: JSON.stringify(body) });
  return answer.json();
}

await p.step('a listed document runs by its id', async () => {
  const { data, errors } = await ask({ documentId: idOf('Coaches'), variables: { first: 1 } });
  assert.equal(errors, undefined);
  assert.deepEqual(coaches(data), [p.practice.coachId]);
});

await p.step('a listed mutation runs by its id', async () => {
  const input = { coachId: p.practice.coachId, startsAt: '2001-01-01T00:00:00Z' };
  const { data } = await ask({ documentId: idOf('Book'), variables: { input } });
  assert.deepEqual(data, { bookSession: { __typename: 'SlotUnavailable', reason: 'IN_THE_PAST' } });
});

await p.step('a listed document runs as Apollo Client names it', async () => {
  const link = new PersistedQueryLink({ generateHash: () => idOf('Coaches') });
  const http = new HttpLink({ uri: p.practice.url });
  const client = new ApolloClient({ link: link.concat(http), cache: new InMemoryCache() });
  const { data } = await client.query({ query: parse(manifest[idOf('Coaches')]), variables: { first: 1 } });
  assert.deepEqual(coaches(data), [p.practice.coachId]);
});

await p.step('a listed subscription runs by its hash over the socket', async () => {
  const client = createClient({ url: p.practice.wsUrl, webSocketImpl: WebSocket, connectionParams: p.authorization });
  const extensions = { persistedQuery: { version: 1, sha256Hash: p.sha256(manifest[idOf('Watch')]) } };
  for await (const { data, errors } of client.iterate({ query: '', variables: p.range, extensions })) {
    assert.equal(errors, undefined);
    assert.ok(data.slotAvailability.slots.length > 0);
    break;
  }
});

await p.step('a document that is not listed is refused', async () => {
  p.refused((await ask({ query: p.VIEWER })).errors, 'DOCUMENT_NOT_TRUSTED');
  p.refused((await ask({ query: p.VIEWER, extensions: p.persisted(p.VIEWER) })).errors, 'DOCUMENT_NOT_TRUSTED');
});

p.finished();
