// What every script shares: the practice to act in, steps told of as lines of JSON, and a second client that books.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const STEP_SECONDS = 15;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** From pytest: `url`, `wsUrl`, a member's `token`, `memberId`, `email` and `coachId`, `coachToken`, a range `from` … `to`, a `folder`. */
export const practice = JSON.parse((await lines.next()).value);
export const authorization = { Authorization: `Bearer ${practice.token}` };
export const range = { coachId: practice.coachId, from: practice.from, to: practice.to };

/** How the clients of websockets come back after a restart: soon, and for long enough. */
export const retrying = { retryAttempts: 100, retryWait: () => sleep(100) };

// Operations

export const VIEWER = 'query Viewer { viewer { user { email } } }';
export const MEMBERS = 'query Members { members { edges { cursor } } }';
export const WRONG = 'query Wrong { nothingOfThisName }';
export const SIGN_UP = `mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) { ... on AuthSession { viewer { user { email } } } ... on Problem { code message } }
}`;
export const WATCH = `subscription Watch($coachId: ID!, $from: DateTime!, $to: DateTime!) {
  slotAvailability(coachId: $coachId, from: $from, to: $to) { version isSnapshot slots { startsAt isBookable } }
}`;
export const WATCH_SESSIONS = `subscription WatchSessions($coachId: ID!) {
  sessionChanged(coachId: $coachId) { isSnapshot sessions { startsAt status } removedSessionIds }
}`;
const SLOTS = `query Slots($coachId: ID!, $from: DateTime!, $to: DateTime!) {
  availableSlots(coachId: $coachId, from: $from, to: $to) { slots { startsAt } }
}`;
const BOOK = `mutation Book($input: BookSessionInput!) {
  bookSession(input: $input) { ... on Booking { session { startsAt } } ... on Problem { code message } }
}`;

export const whoIsLoggedIn = { viewer: { user: { email: practice.email } } };

/** Variables of a sign-up that nobody has made before, and the data that it answers. */
export function newcomer(name) {
  const email = `${name}.${Date.now()}@example.com`;
  const input = { email, password: 'rapport-demo', firstName: 'New', lastName: 'Comer', coachId: practice.coachId };
  return { variables: { input }, data: { signUp: { viewer: { user: { email } } } } };
}

export const sha256 = (text) => createHash('sha256').update(text).digest('hex');
export const persisted = (query) => ({ persistedQuery: { version: 1, sha256Hash: sha256(query) } });
/** A query that no other script asks, so that the server cannot know it. */
export const unheardOf = (name) => `query Unheard_${name}_${Date.now()} { viewer { user { email } } }`;

// Steps

/** Runs one step, and goes on whatever comes of it. */
export async function step(name, act) {
  const began = performance.now();
  let outcome = { ok: true };
  try {
    await Promise.race([act(), late(STEP_SECONDS, 'the step')]);
  } catch (failure) {
    outcome = { ok: false, failure: told(failure) };
  }
  say({ step: name, ms: Math.round(performance.now() - began), ...outcome });
}

/** The last line of a script: whatever a client still holds open ends here. */
export const finished = () => process.exit(0);

/** pytest kills the server process, as a crash would, and starts another one at the same port. */
export async function restartServer() {
  say({ ask: 'restart' });
  await lines.next();
}

/** Fails when an error other than one of this code comes. */
export function refused(errors, code) {
  assert.deepEqual([...(errors ?? [])].map((error) => error.extensions?.code), [code], told(errors));
}

function told(failure) {
  if (!(failure instanceof Error)) return JSON.stringify(failure);
  const ours = String(failure.stack).split('\n').filter((line) => !/^ {4}at .*(node_modules|node:)/.test(line));
  const cause = failure.cause === undefined ? '' : `\ncaused by ${told(failure.cause)}`;
  return `${ours.join('\n')}${cause}`;
}

/** Data without the type names that some clients ask for. */
export function plain(data) {
  return JSON.parse(JSON.stringify(data), (key, value) => (key === '__typename' ? undefined : value));
}

async function late(seconds, what) {
  await sleep(seconds * 1000, undefined, { ref: false });
  throw new Error(`${what} did not come in ${seconds} s`);
}

// The second client

async function ask(query, variables) {
  const headers = { 'content-type': 'application/json', ...authorization };
  const answer = await fetch(practice.url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, told(errors));
  return data;
}

/** Books the first slot that is free, through a connection of its own; answers its start. */
export async function bookElsewhere() {
  const { availableSlots } = await ask(SLOTS, range);
  const [{ startsAt }] = availableSlots.slots;
  const { bookSession } = await ask(BOOK, { input: { coachId: practice.coachId, startsAt } });
  assert.deepEqual(bookSession, { session: { startsAt } });
  return startsAt;
}

/** What a subscription brings, in its order. */
export class Inbox {
  #waiting = [];
  #wake = () => {};
  sink = {
    next: (result) => this.#take(() => result),
    error: (failure) => this.#take(() => { throw failure; }),
    complete: () => this.#take(() => { throw new Error('the subscription has ended'); }),
  };

  #take(come) {
    this.#waiting.push(come);
    this.#wake();
  }

  /** The data of the next result, of its only field. */
  async next(seconds = 12) {
    if (this.#waiting.length === 0) {
      await Promise.race([new Promise((resolve) => (this.#wake = resolve)), late(seconds, 'the next result')]);
    }
    const { data, errors, error } = this.#waiting.shift()();
    assert.equal(errors ?? error, undefined, told(errors ?? error));
    const [value] = Object.values(plain(data));
    return value;
  }
}

/** A view has its snapshot; then what another client books comes by itself. */
export async function seesABooking(inbox) {
  const snapshot = await inbox.next();
  assert.equal(snapshot.isSnapshot, true);
  const startsAt = await bookElsewhere();
  assert.deepEqual(snapshot.slots.filter((slot) => slot.startsAt === startsAt), [{ startsAt, isBookable: true }]);
  const change = await inbox.next();
  const version = snapshot.version + 1;
  assert.deepEqual(change, { version, isSnapshot: false, slots: [{ startsAt, isBookable: false }] });
}

/** The same of one's own sessions. */
export async function seesASession(inbox) {
  assert.equal((await inbox.next()).isSnapshot, true);
  const startsAt = await bookElsewhere();
  const sessions = [{ startsAt, status: 'SCHEDULED' }];
  assert.deepEqual(await inbox.next(), { isSnapshot: false, sessions, removedSessionIds: [] });
}
