import { fileURLToPath } from "node:url";

import { defineConfig } from "vite";

const source = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  base: "./",
  experimental: {
    // The page is `…/graphql` and its files are `…/graphql/assets/*`, under whatever prefix the server is mounted:
    // a browser resolves `graphql/assets/x` against `…/graphql` to just that. The files find each other by relative paths.
    renderBuiltUrl: (filename, { hostType }) => (hostType === "html" ? `graphql/${filename}` : { relative: true }),
  },
  resolve: {
    alias: {
      // Of Prettier, GraphiQL wants a JavaScript parser and printer only to lay out JSON; ours does that in a few lines.
      "prettier/parser-babel": source("src/prettier-json.ts"),
      "prettier/plugins/estree": source("src/prettier-json.ts"),
    },
  },
  worker: { format: "es" },
  build: {
    outDir: source("../../app/static/graphiql"),
    emptyOutDir: true,
    assetsInlineLimit: 0, // files, not data: addresses, so that the content security policy can stay narrow
    modulePreload: { polyfill: false },
    license: { fileName: "LICENSES.md" },
    chunkSizeWarningLimit: 4000, // kB; the editor is large, and loads after the page shows
    rolldownOptions: {
      checks: { moduleLevelDirective: false }, // "use client" means nothing here
    },
  },
});
