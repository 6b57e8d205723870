/** Where the API is, and a plain way to ask it: the page is served from the address it talks to. */

export const endpoint = location.pathname.replace(/\/+$/, "");
export const socketEndpoint = `${location.origin.replace(/^http/, "ws")}${endpoint}`;

/** The server answered, and the answer was no. Anything else that goes wrong on the way is an ordinary `Error`. */
export class Refusal extends Error {}

export interface Answer<Data> {
  data: Data;
  /** When the server answered, by its own clock, in milliseconds. */
  serverTime: number;
}

export async function ask<Data>(query: string, variables: object = {}, accessToken?: string): Promise<Answer<Data>> {
  let response: Response;
  try {
    response = await fetch(endpoint, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json;q=0.9",
        ...(accessToken && { Authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
  } catch {
    throw new Error("The server could not be reached.");
  }
  let body: { data?: Data | null; errors?: { message: string }[] } | null;
  try {
    body = await response.json();
  } catch {
    throw new Error(`The server answered ${response.status}, without GraphQL.`);
  }
  if (body?.errors?.length) throw new Refusal(body.errors.map((error) => error.message).join(" "));
  if (!body?.data) throw new Error(`The server answered ${response.status}, without data.`);
  return { data: body.data, serverTime: Date.parse(response.headers.get("Date") ?? "") || Date.now() };
}
