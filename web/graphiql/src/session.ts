/** Who is logged in on this page. Lives in memory and in sessionStorage: closing the browser tab forgets it. */

import { useSyncExternalStore } from "react";

import { ask, Refusal, type Answer } from "./api";

export interface Session {
  /** Made at log-in, and kept when the tokens are renewed. */
  id: string;
  accessToken: string;
  refreshToken: string;
  /** When to renew, by this browser's clock, in milliseconds. */
  renewAt: number;
  email: string;
  role: string;
}

interface State {
  session: Session | null;
  /** What went wrong last, in words for the person in front of the page. */
  problem: string;
  busy: boolean;
}

interface AuthSession {
  __typename: "AuthSession";
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
  viewer: { user: { email: string; role: string } };
}

type Outcome = AuthSession | { __typename: string; code: string; message: string };

const OUTCOME = `
  __typename
  ... on AuthSession { accessToken refreshToken expiresAt viewer { user { email role } } }
  ... on Problem { code message }`;
const LOG_IN = `mutation LogIn($input: LogInInput!) { logIn(input: $input) {${OUTCOME} } }`;
const REFRESH = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) {${OUTCOME} }
}`;
const LOG_OUT = "mutation LogOut { logOut }";

const STORAGE_KEY = "rapport:session";
const RENEW_BEFORE_MS = 60_000;
const RENEW_AT_MOST_EVERY_MS = 10_000;

let state: State = { session: stored(), problem: "", busy: false };
let renewal: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
planRenewal();

export const useSession = () => useSyncExternalStore(onSessionChange, () => state);
export const currentSession = () => state.session;

export function onSessionChange(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export async function logIn(email: string, password: string) {
  change({ busy: true, problem: "" });
  try {
    const answer = await ask<{ logIn: Outcome }>(LOG_IN, { input: { email, password } });
    change({ session: opened(answer.data.logIn, answer, String(Date.now())) });
  } catch (error) {
    change({ problem: reason(error) });
  } finally {
    change({ busy: false });
  }
}

export async function logOut() {
  const { session } = state;
  if (!session) return;
  change({ session: null, problem: "" });
  try {
    await ask(LOG_OUT, {}, session.accessToken);
  } catch (error) {
    change({ problem: `Logged out here, but the server did not confirm it: ${reason(error)}` });
  }
}

async function renew(session: Session) {
  try {
    const answer = await ask<{ refreshSession: Outcome }>(REFRESH, { refreshToken: session.refreshToken });
    const renewed = opened(answer.data.refreshSession, answer, session.id);
    if (state.session === session) change({ session: renewed, problem: "" });
  } catch (error) {
    if (state.session !== session) return;
    if (error instanceof Refusal) change({ session: null, problem: `The session has ended: ${reason(error)}` });
    else change({ session: { ...session, renewAt: Date.now() + RENEW_AT_MOST_EVERY_MS }, problem: reason(error) });
  }
}

function opened(outcome: Outcome, { serverTime }: Answer<unknown>, id: string): Session {
  if (!("accessToken" in outcome)) throw new Refusal(outcome.message);
  const lifetime = Date.parse(outcome.expiresAt) - serverTime;
  const early = Math.min(RENEW_BEFORE_MS, lifetime / 5);
  return {
    id,
    accessToken: outcome.accessToken,
    refreshToken: outcome.refreshToken,
    renewAt: Date.now() + Math.max(lifetime - early, RENEW_AT_MOST_EVERY_MS),
    ...outcome.viewer.user,
  };
}

function change(part: Partial<State>) {
  state = { ...state, ...part };
  if ("session" in part) {
    if (state.session) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(state.session));
    else sessionStorage.removeItem(STORAGE_KEY);
    planRenewal();
  }
  for (const listener of listeners) listener();
}

function planRenewal() {
  clearTimeout(renewal);
  const { session } = state;
  if (session) renewal = setTimeout(renew, Math.max(session.renewAt - Date.now(), 0), session);
}

function stored(): Session | null {
  return JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null");
}

function reason(error: unknown) {
  return error instanceof Error ? error.message : String(error);
}
