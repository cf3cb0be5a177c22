/** The address of the page: `/` is a new session, `/s/<id>` an existing one. */
import { createSignal, onCleanup, type Accessor } from "solid-js";

export interface Route {
  sessionId: Accessor<string | undefined>;
  /** Counts the visits, so that "new session" leads to a fresh one even from a new session. */
  visit: Accessor<number>;
  go(sessionId: string | undefined): void;
  /** The new session got its id: same page, new address. */
  rename(sessionId: string): void;
}

export function createRoute(): Route {
  const [place, setPlace] = createSignal({ sessionId: read(), visit: 0 });
  const move = (sessionId: string | undefined) =>
    setPlace(({ visit }) => ({ sessionId, visit: visit + 1 }));

  function go(sessionId: string | undefined): void {
    if (sessionId !== undefined && sessionId === place().sessionId) return;
    const path = pathOf(sessionId);
    if (path !== location.pathname) history.pushState(null, "", path);
    move(sessionId);
  }

  function rename(sessionId: string): void {
    history.replaceState(null, "", pathOf(sessionId));
    setPlace(({ visit }) => ({ sessionId, visit }));
  }

  const onPop = () => move(read());
  window.addEventListener("popstate", onPop);
  onCleanup(() => window.removeEventListener("popstate", onPop));
  return { sessionId: () => place().sessionId, visit: () => place().visit, go, rename };
}

export function pathOf(sessionId: string | undefined): string {
  return sessionId === undefined ? "/" : `/s/${sessionId}`;
}

function read(): string | undefined {
  return /^\/s\/([A-Za-z0-9_-]{1,64})$/.exec(location.pathname)?.[1];
}
