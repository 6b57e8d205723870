import "graphiql/setup-workers/vite";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./page.css";

import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { endpoint, socketEndpoint } from "./api";
import { EditorSync } from "./EditorSync";
import { exampleTabs, refreshFacts } from "./examples";
import { SessionBar } from "./SessionBar";
import { currentSession } from "./session";
import { graphiqlStorage } from "./storage";

/** With a subscription URL, and not a client of our own, the headers editor reaches the server as connectionParams. */
const ask = createGraphiQLFetcher({
  url: endpoint,
  subscriptionUrl: socketEndpoint,
  enableIncrementalDelivery: false,
});

/** What a mutation has made is in the variables of the next example. */
const fetcher: Fetcher = async (params, options) => {
  const answer = await ask(params, options);
  if (/^\s*mutation\b/m.test(params.query)) void refreshFacts(currentSession());
  return answer;
};

createRoot(document.getElementById("session-bar")!).render(<SessionBar />);
createRoot(document.getElementById("graphiql")!).render(
  <GraphiQL
    fetcher={fetcher}
    storage={graphiqlStorage}
    defaultTabs={exampleTabs()}
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders={false}
  >
    <EditorSync />
  </GraphiQL>,
);
