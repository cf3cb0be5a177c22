/** The address of the page: `/` is a new session, `/s/<id>` an existing one, `/stops` the history of stops, over either. */
import { createSignal, onCleanup, type Accessor } from "solid-js";

export interface Route {
  sessionId: Accessor<string | undefined>;
  /** Counts the visits, so that "New session" opens another one even when a new session is shown. */
  visit: Accessor<number>;
  isOnStops: Accessor<boolean>;
  go(sessionId: string | undefined): void;
  /** The new session got its id: same page, new address. */
  rename(sessionId: string): void;
  openStops(): void;
  closeStops(): void;
}

const stopsPath = "/stops";

export function createRoute(): Route {
  const [place, setPlace] = createSignal({ sessionId: read(), visit: 0 });
  const [isOnStops, setOnStops] = createSignal(location.pathname === stopsPath);
  const move = (sessionId: string | undefined) =>
    setPlace(({ visit }) => ({ sessionId, visit: visit + 1 }));

  function show(path: string): void {
    if (path !== location.pathname) history.pushState(null, "", path);
    setOnStops(path === stopsPath);
  }

  function go(sessionId: string | undefined): void {
    show(pathOf(sessionId));
    if (sessionId === undefined || sessionId !== place().sessionId) move(sessionId);
  }

  function rename(sessionId: string): void {
    if (!isOnStops()) history.replaceState(null, "", pathOf(sessionId));
    setPlace(({ visit }) => ({ sessionId, visit }));
  }

  function onPop(): void {
    setOnStops(location.pathname === stopsPath);
    if (!isOnStops() && read() !== place().sessionId) move(read());
  }

  window.addEventListener("popstate", onPop);
  onCleanup(() => window.removeEventListener("popstate", onPop));
  return {
    sessionId: () => place().sessionId,
    visit: () => place().visit,
    isOnStops,
    go,
    rename,
    openStops: () => show(stopsPath),
    closeStops: () => show(pathOf(place().sessionId)),
  };
}

export function pathOf(sessionId: string | undefined): string {
  return sessionId === undefined ? "/" : `/s/${sessionId}`;
}

function read(): string | undefined {
  return /^\/s\/([A-Za-z0-9_-]{1,64})$/.exec(location.pathname)?.[1];
}
