/** Keeps what the page knows, the token and the examples' values, in the editors of whichever tab is open. */

import { pick, useGraphiQL, useGraphiQLActions, type MonacoEditor } from "@graphiql/react";
import { useEffect, useRef } from "react";

import { withAuthorization } from "./authorization";
import { onFactsChange, refilled, refreshFacts } from "./examples";
import { currentSession, onSessionChange, useSession } from "./session";

export function EditorSync() {
  const { session } = useSession();
  const { introspect, setTheme } = useGraphiQLActions();
  const { headerEditor, variableEditor, fetchError, theme } = useGraphiQL(
    pick("headerEditor", "variableEditor", "fetchError", "theme"),
  );
  const logInWritten = useRef<string>(undefined);
  const logInIntrospected = useRef<string>(undefined);

  useEffect(() => {
    if (!headerEditor) return;
    return keepUpToDate(headerEditor, onSessionChange, (text) => {
      const current = currentSession();
      const isNewLogIn = current !== null && current.id !== logInWritten.current;
      logInWritten.current = current?.id;
      return withAuthorization(text, current?.accessToken, isNewLogIn);
    });
  }, [headerEditor]);

  useEffect(() => {
    if (!variableEditor) return;
    return keepUpToDate(variableEditor, onFactsChange, refilled);
  }, [variableEditor]);

  useEffect(() => void refreshFacts(session), [session?.id]);

  // A server may show its schema only to those who are logged in: one more try for each log-in.
  useEffect(() => {
    if (!fetchError || !session || !headerEditor || session.id === logInIntrospected.current) return;
    logInIntrospected.current = session.id;
    void introspect();
  }, [fetchError, session, headerEditor, introspect]);

  // GraphiQL's editors do not notice by themselves when the system turns dark or light.
  useEffect(() => {
    const systemTheme = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setTheme(theme);
    systemTheme.addEventListener("change", follow);
    return () => systemTheme.removeEventListener("change", follow);
  }, [theme, setTheme]);

  return null;
}

/**
 * Runs `update` over the editor's text now, whenever `subscribe` says so, and whenever GraphiQL replaces the whole
 * text (another tab, a new tab, an entry of the history). What somebody types is left alone.
 */
function keepUpToDate(
  editor: MonacoEditor,
  subscribe: (listener: () => void) => () => void,
  update: (text: string) => string,
) {
  const write = () => {
    const text = editor.getValue({ preserveBOM: false, lineEnding: "\n" });
    const updated = update(text);
    if (updated !== text) editor.setValue(updated);
  };
  write();
  const unsubscribe = subscribe(write);
  const replaced = editor.onDidChangeModelContent(({ isFlush }) => {
    if (isFlush) queueMicrotask(write);
  });
  return () => {
    unsubscribe();
    replaced.dispose();
  };
}
