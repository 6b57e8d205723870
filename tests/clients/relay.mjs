// What relay-compiler makes of an app's fragments, asked of a server that runs the documents of its manifest alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as p from './practice.mjs';

const manifest = JSON.parse(readFileSync(`${p.practice.folder}/persisted.json`, 'utf8'));
const { coachId } = p.practice;

async function ask(name, variables) {
  const documentId = Object.keys(manifest).find((id) => manifest[id].includes(` ${name}(`));
  assert.ok(documentId, `${name} is not in the manifest`);
  const headers = { 'content-type': 'application/json', ...p.authorization };
  const body = JSON.stringify({ documentId, variables });
  const answer = await fetch(p.practice.url, { method: 'POST', headers, body });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

await p.step('a query is answered', async () => {
  const { viewer, coaches } = await ask('CoachListQuery', { count: 1, cursor: null });
  assert.equal(viewer.user.email, p.practice.email);
  assert.deepEqual(coaches.edges.map((edge) => [edge.node.__typename, edge.node.id]), [['Coach', coachId]]);
});

await p.step('the next page of a connection is answered', async () => {
  const { coaches } = await ask('CoachListPaginationQuery', { count: 1, cursor: null });
  const { endCursor, hasNextPage } = coaches.pageInfo;
  assert.equal(hasNextPage, false);
  assert.deepEqual((await ask('CoachListPaginationQuery', { count: 1, cursor: endCursor })).coaches.edges, []);
});

await p.step('a fragment is fetched again through its node', async () => {
  const { node } = await ask('CoachCardRefetchQuery', { id: coachId });
  assert.deepEqual([node.__typename, node.id], ['Coach', coachId]);
});

await p.step('a mutation is answered', async () => {
  const input = { coachId, startsAt: '2001-01-01T00:00:00Z' };
  const { bookSession } = await ask('SlotPickerBookMutation', { input });
  assert.deepEqual([bookSession.__typename, bookSession.code], ['SlotUnavailable', 'SLOT_UNAVAILABLE']);
});

p.finished();
