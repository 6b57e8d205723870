/** The line above GraphiQL: log in, who is logged in, log out. */

import type { FormEvent } from "react";

import { logIn, logOut, useSession } from "./session";

const DEMO_PEOPLE = ["coach", "member", "admin"];
const DEMO_PASSWORD = "rapport-demo";
const isDemo = document.querySelector<HTMLMetaElement>('meta[name="rapport-demo"]')?.content === "on";

export function SessionBar() {
  const { session, problem, busy } = useSession();
  return (
    <header className="session-bar">
      <strong className="session-brand">Rapport</strong>
      {session ? (
        <span className="session-person">
          <span>
            {session.email} ({session.role})
          </span>
          <span aria-hidden="true">·</span>
          <button type="button" className="session-link" onClick={logOut}>
            log out
          </button>
        </span>
      ) : (
        <LogIn busy={busy} />
      )}
      <span className="session-problem" role="status" aria-live="polite">
        {problem}
      </span>
    </header>
  );
}

function LogIn({ busy }: { busy: boolean }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void logIn(String(form.get("email")), String(form.get("password")));
  };
  return (
    <>
      <form className="session-form" onSubmit={submit} aria-label="Log in">
        <input name="email" type="email" placeholder="E-mail" aria-label="E-mail" autoComplete="username" required />
        <input
          name="password"
          type="password"
          placeholder="Password"
          aria-label="Password"
          autoComplete="current-password"
          required
        />
        <button type="submit" className="session-submit" disabled={busy}>
          Log in
        </button>
      </form>
      {isDemo && (
        <span className="session-demo" role="group" aria-label="Log in to the demo">
          <span>or as</span>
          {DEMO_PEOPLE.map((person) => (
            <button
              key={person}
              type="button"
              className="session-link"
              title={`Log in as ${person}@example.com`}
              disabled={busy}
              onClick={() => logIn(`${person}@example.com`, DEMO_PASSWORD)}
            >
              {person}
            </button>
          ))}
        </span>
      )}
    </>
  );
}
