/**
 * Where GraphiQL keeps its state. Looks and history last; tabs belong to one browser tab. Headers are never kept,
 * because they hold tokens: GraphiQL can be told so for tabs, but its history would keep them all the same.
 */

import type { GraphiQLProps } from "graphiql";

const PREFIX = "graphiql:";
const FORGOTTEN = ["headers", "shouldPersistHeaders"].map((key) => PREFIX + key);
const OF_THIS_TAB = ["tabState", "query", "variables", "operationName"].map((key) => PREFIX + key);
const WITH_HEADERS_INSIDE = ["tabState", "queries", "favorites"].map((key) => PREFIX + key);

const placeOf = (key: string) => (OF_THIS_TAB.includes(key) ? sessionStorage : localStorage);
const ownKeys = (place: Storage) => Object.keys(place).filter((key) => key.startsWith(PREFIX));

export const graphiqlStorage: NonNullable<GraphiQLProps["storage"]> = {
  getItem: (key) => (FORGOTTEN.includes(key) ? null : placeOf(key).getItem(key)),
  setItem: (key, value) => {
    if (!FORGOTTEN.includes(key)) placeOf(key).setItem(key, WITH_HEADERS_INSIDE.includes(key) ? withoutHeaders(value) : value);
  },
  removeItem: (key) => placeOf(key).removeItem(key),
  clear: () => {
    for (const place of [localStorage, sessionStorage]) for (const key of ownKeys(place)) place.removeItem(key);
  },
  get length() {
    return ownKeys(localStorage).length + ownKeys(sessionStorage).length;
  },
};

function withoutHeaders(json: string) {
  return JSON.stringify(JSON.parse(json), (key, value) => (key === "headers" ? null : value));
}
