/** The Authorization header inside the text of GraphiQL's headers editor, which people edit too. */

import { applyEdits, modify, parse } from "jsonc-parser";

/** Every value this page has written, so that it can tell its own from one that somebody typed. */
const written = new Set<string>();

/**
 * `text` with the header for this token, or without any header of ours if there is no token.
 * Other headers, comments and layout stay. A value somebody typed stays too, unless `overwrite`.
 */
export function withAuthorization(text: string, accessToken: string | undefined, overwrite: boolean): string {
  const headers: unknown = parse(text, [], { allowTrailingComma: true });
  if (!headers || typeof headers !== "object" || Array.isArray(headers)) {
    if (text.trim() && !overwrite) return text; // half-typed, so not ours to touch
    return accessToken ? JSON.stringify({ Authorization: bearer(accessToken) }, null, 2) : "";
  }
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "authorization") ?? "Authorization";
  const value: unknown = (headers as Record<string, unknown>)[name];
  const ours = typeof value === "string" && written.has(value);
  const mayWrite = ours || (accessToken && (overwrite || value === undefined));
  if (!mayWrite) return text;
  if (!accessToken && Object.keys(headers).length === 1) return "";
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  return applyEdits(text, modify(text, [name], accessToken && bearer(accessToken), { formattingOptions }));
}

function bearer(accessToken: string) {
  const value = `Bearer ${accessToken}`;
  written.add(value);
  return value;
}
