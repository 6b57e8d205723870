/** The operations that the page opens with, and the values in their variables that only the running server knows. */

import { ask } from "./api";
import { GROWTH_EXAMPLES, GROWTH_QUERIES, growthFacts, NOTHING_YET, type GrowthAnswer, type GrowthFacts } from "./growth";
import type { Session } from "./session";

/** What the variables of the examples are made of. */
interface Facts extends GrowthFacts {
  coachId: string;
  startsAt: string;
  from: string;
  to: string;
}

interface Example {
  query: string;
  variables?: (facts: Facts) => object;
}

const EXAMPLES: Record<string, Example> = {
  Coaches: {
    query: `query Coaches {
  coaches(first: 5) {
    edges {
      node {
        id
        displayName
        specialties
        sessionMinutes
        bufferMinutes
      }
    }
  }
}
`,
  },
  OpenSlots: {
    query: `query OpenSlots($coachId: ID!, $from: DateTime!, $to: DateTime!) {
  availableSlots(coachId: $coachId, from: $from, to: $to) {
    version
    timeZone
    slots {
      id
      startsAt
      endsAt
      capacity
      booked
      remaining
      localDate
      localTime
    }
  }
}
`,
    variables: ({ coachId, from, to }) => ({ coachId, from, to }),
  },
  WatchSlots: {
    query: `# Leave this running, and book from another window.
subscription WatchSlots($coachId: ID!, $from: DateTime!, $to: DateTime!) {
  slotAvailability(coachId: $coachId, from: $from, to: $to) {
    version
    isSnapshot
    slots {
      id
      startsAt
      remaining
      isBookable
      unavailableReason
    }
    removedSlotIds
  }
}
`,
    variables: ({ coachId, from, to }) => ({ coachId, from, to }),
  },
  Book: {
    query: `mutation Book($input: BookSessionInput!) {
  bookSession(input: $input) {
    __typename
    ... on Booking {
      id
      status
      session {
        id
        startsAt
        status
      }
      slot {
        remaining
      }
    }
    ... on Problem {
      code
      message
    }
  }
}
`,
    variables: ({ coachId, startsAt }) => ({ input: { coachId, startsAt } }),
  },
  MySessions: {
    query: `# What you may do with each session now, and if not, why.
query MySessions {
  sessions(first: 10) {
    edges {
      node {
        id
        startsAt
        status
        memberName
        coach {
          displayName
        }
        canCancel {
          allowed
          message
        }
        canReschedule {
          allowed
          message
        }
        canComplete {
          allowed
          message
        }
        canRate {
          allowed
          message
        }
        rating {
          stars
        }
      }
    }
  }
}
`,
  },
  WaitingLists: {
    query: `# As a member: leave this running, join a line with the next tab, and cancel the session that is in the way.
subscription WaitingLists {
  waitingListOffer {
    isSnapshot
    entries {
      id
      startsAt
      status
      position
      hold {
        id
        expiresAt
      }
    }
  }
}
`,
  },
  Join: {
    query: `# Works for a slot that is full.
mutation Join($input: JoinWaitingListInput!) {
  joinWaitingList(input: $input) {
    __typename
    ... on WaitingListEntry {
      id
      status
      position
    }
    ... on Problem {
      code
      message
    }
  }
}
`,
    variables: ({ coachId, startsAt }) => ({ input: { coachId, startsAt } }),
  },
  ...GROWTH_EXAMPLES,
  Notifications: {
    query: `# What you were told, and what became of the mails.
query Notifications {
  unreadNotificationCount
  notifications(first: 10) {
    edges {
      node {
        id
        kind
        title
        createdAt
        readAt
        deliveries {
          channel
          status
          reason
        }
      }
    }
  }
}
`,
  },
  CalendarFeed: {
    query: `# As a member or a coach: your sessions for a calendar program.
# The address is shown once; whoever knows it reads them.
mutation CalendarFeed($input: CreateCalendarFeedInput!) {
  createCalendarFeed(input: $input) {
    __typename
    ... on CreatedCalendarFeed {
      url
      feed {
        id
        name
      }
    }
    ... on Problem {
      code
      message
    }
  }
}
`,
    variables: () => ({ input: { name: "My phone" } }),
  },
  Webhooks: {
    query: `# As a coach or an admin: tells an address what happens.
# The secret is shown once.
mutation Webhooks($input: AddWebhookEndpointInput!) {
  addWebhookEndpoint(input: $input) {
    __typename
    ... on WebhookSecret {
      secret
      endpoint {
        id
        url
        eventTypes
      }
    }
    ... on Problem {
      code
      message
    }
  }
}
`,
    variables: () => ({ input: { url: "https://yours.example/rapport", eventTypes: ["session.booked"] } }),
  },
  WhoAmI: {
    query: `query WhoAmI {
  viewer {
    user {
      email
      role
    }
    permissions
  }
}
`,
  },
};

const NO_COACH = "PASTE_A_COACH_ID";
const NO_START = "PASTE_A_START_TIME";
const DAY_MS = 24 * 60 * 60 * 1000;
const STORAGE_KEY = "rapport:filled";

let facts: Facts = { coachId: NO_COACH, startsAt: NO_START, from: time(0), to: time(7), ...NOTHING_YET };
let asked = 0;
const listeners = new Set<() => void>();

/** Which example each text of variables was made for: a tab with just such a text has not been edited. */
const filled: Record<string, string> = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "{}");

export function onFactsChange(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function exampleTabs() {
  return Object.entries(EXAMPLES).map(([name, { query }]) => ({ query, variables: variablesOf(name) }));
}

/** `text` brought up to date: made anew if nobody has edited it, else with its placeholders replaced. */
export function refilled(text: string): string {
  const name = filled[text];
  return name ? variablesOf(name) : text.replaceAll(NO_COACH, facts.coachId).replaceAll(NO_START, facts.startsAt);
}

/** Ask the server for a coach, and for a slot of theirs that can be booked. What it does not tell stays a placeholder. */
export async function refreshFacts(session: Session | null) {
  const turn = ++asked;
  const coachId = (await ownCoach(session)) ?? (await firstCoach(session)) ?? NO_COACH;
  const startsAt = (coachId !== NO_COACH && (await firstFreeStart(coachId, session))) || NO_START;
  const growth = await growthOf(session);
  if (turn !== asked) return; // somebody logged in or out, or did something, meanwhile
  facts = { ...facts, ...growth, coachId, startsAt };
  for (const listener of listeners) listener();
}

function variablesOf(name: string): string {
  const variables = EXAMPLES[name]?.variables?.(facts);
  if (!variables) return "";
  const text = JSON.stringify(variables, null, 2);
  filled[text] = name;
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify(filled));
  return text;
}

async function ownCoach(session: Session | null) {
  type Viewer = { member?: { coach: { id: string } | null } | null; coach?: { id: string } | null };
  const fields: Record<string, string> = { MEMBER: "member { coach { id } }", COACH: "coach { id }" };
  const selection = session && fields[session.role];
  if (!selection) return undefined;
  const data = await dataOf<{ viewer: Viewer | null }>(`query OwnCoach { viewer { ${selection} } }`, {}, session);
  return data?.viewer?.member?.coach?.id ?? data?.viewer?.coach?.id;
}

async function growthOf(session: Session | null) {
  const query = session && GROWTH_QUERIES[session.role];
  return growthFacts(query ? await dataOf<GrowthAnswer>(query, {}, session) : undefined);
}

async function firstCoach(session: Session | null) {
  type Coaches = { edges: { node: { id: string } }[] };
  const query = "query FirstCoach { coaches(first: 1) { edges { node { id } } } }";
  return (await dataOf<{ coaches: Coaches | null }>(query, {}, session))?.coaches?.edges[0]?.node.id;
}

async function firstFreeStart(coachId: string, session: Session | null) {
  type Available = { slots: { startsAt: string; remaining: number }[] };
  const query = `query FirstFreeSlot($coachId: ID!, $from: DateTime!, $to: DateTime!) {
    availableSlots(coachId: $coachId, from: $from, to: $to) { slots { startsAt remaining } }
  }`;
  const { from, to } = facts;
  const data = await dataOf<{ availableSlots: Available | null }>(query, { coachId, from, to }, session);
  return data?.availableSlots?.slots.find((slot) => slot.remaining > 0)?.startsAt;
}

/** The examples are a courtesy: if the server refuses to help with them, nobody needs to hear of it. */
async function dataOf<Data>(query: string, variables: object, session: Session | null) {
  try {
    return (await ask<Data>(query, variables, session?.accessToken)).data;
  } catch {
    return undefined;
  }
}

function time(daysFromNow: number) {
  return new Date(Date.now() + daysFromNow * DAY_MS).toISOString().replace(/\.\d+/, "");
}
