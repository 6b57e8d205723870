/** A Prettier plugin that lays out JSON with comments. It stands in for two large ones; see vite.config.js. */

import { applyEdits, format } from "jsonc-parser";

export const parsers = {
  jsonc: {
    astFormat: "json-text",
    parse: (text: string) => ({ text }),
    locStart: () => 0,
    locEnd: ({ text }: { text: string }) => text.length,
  },
};

export const printers = {
  "json-text": {
    print: ({ node: { text } }: { node: { text: string } }) =>
      applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 })).trim(),
  },
};
