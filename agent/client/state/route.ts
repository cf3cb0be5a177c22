/**
 * The address of the page: `/` is a new session, `/s/<id>` an existing one, `/stops` the history of stops, over either.
 * `/s/<id>#m-<id>` leads to a message, and is the session's own address again once that is shown.
 * What covers the page (a sheet, the drawer) has an entry in the browser's history, so that "back" closes it.
 */
import { createSignal, onCleanup, type Accessor } from "solid-js";
import { newId } from "./random-id";

export interface Route {
  sessionId: Accessor<string | undefined>;
  /** Counts the visits, so that "New session" opens another one even when a new session is shown. */
  visit: Accessor<number>;
  isOnStops: Accessor<boolean>;
  /** The message that the address leads to, until `arrive`. */
  messageId: Accessor<string | undefined>;
  go(sessionId: string | undefined, messageId?: string): void;
  /** The message is shown, or cannot be. */
  arrive(): void;
  /** The new session got its id: same page, new address. */
  rename(sessionId: string): void;
  openStops(): void;
  closeStops(): void;
  isCovered: Accessor<boolean>;
  /** Until the owner is disposed, it covers the page, and "back" calls `close`. Returns whether nothing lies over it. */
  cover(close: () => void): Accessor<boolean>;
}

/** What an entry of the history remembers, a reload long. */
interface Entry {
  /** The same for a place and for what covered it. */
  place: string;
  /** How many layers cover the place. */
  layers: number;
  sessionId: string | undefined;
}

const stopsPath = "/stops";
/** A traversal that the browser does not carry out is given up after this. */
const traversalMs = 1000;

export function createRoute(): Route {
  const first = readEntry();
  const isFirstOnStops = location.pathname === stopsPath;
  const [place, setPlace] = createSignal({
    sessionId: isFirstOnStops ? first?.sessionId : readAddress(),
    visit: 0,
  });
  const [messageId, setMessageId] = createSignal(readFragment());
  const [isOnStops, setOnStops] = createSignal(isFirstOnStops);
  const [layers, setLayers] = createSignal<{ close(): void }[]>([]);
  let key = first?.place ?? newId();
  let depth = first?.layers ?? 0;
  /** The page went to another place, and the history has no entry for it yet. */
  let isPlaceNew = false;
  /** The place that the page goes back to, while the browser does so. */
  let traversal: string | undefined;

  const address = () => (isOnStops() ? stopsPath : pathOf(place().sessionId));
  const linked = () => pathOf(place().sessionId, messageId());
  const entry = (): Entry => ({ place: key, layers: depth, sessionId: place().sessionId });
  const move = (sessionId: string | undefined) => {
    setMessageId(undefined);
    setPlace(({ visit }) => ({ sessionId, visit: visit + 1 }));
  };

  /** Makes the history what the page shows: an entry for the place, and one for each layer. */
  function settle(): void {
    if (traversal !== undefined) return;
    if (isPlaceNew) {
      // The entry of a layer, which is closed by going elsewhere, is used up.
      const write = depth > 0 ? "replaceState" : "pushState";
      depth = 0;
      isPlaceNew = false;
      history[write](entry(), "", linked());
    }
    if (layers().length < depth) return goBack(depth - layers().length);
    while (depth < layers().length) {
      depth++;
      history.pushState(entry(), "", address());
    }
  }

  function goBack(steps: number): void {
    traversal = key;
    history.go(-steps);
    setTimeout(() => {
      if (traversal === undefined) return;
      traversal = undefined;
      depth = layers().length;
      settle();
    }, traversalMs);
  }

  function onPop(): void {
    const at = readEntry();
    // Another fragment of this address: the page stays as it is.
    if (at === undefined && location.pathname === address()) {
      setMessageId(readFragment());
      return history.replaceState(entry(), "");
    }
    const isOurs = traversal !== undefined && traversal === at?.place;
    traversal = undefined;
    depth = at?.layers ?? 0;
    if (!isOurs) {
      for (const layer of layers()
        .slice(at?.place === key ? depth : 0)
        .toReversed())
        layer.close();
      setOnStops(location.pathname === stopsPath);
      if (at?.place !== key) {
        key = at?.place ?? newId();
        const sessionId = isOnStops() ? at?.sessionId : readAddress();
        if (sessionId === undefined || sessionId !== place().sessionId) move(sessionId);
      }
    }
    // A session that was new got its id while it was covered.
    if (at?.place === key && location.pathname !== address())
      history.replaceState(entry(), "", address());
    settle();
  }

  function go(sessionId: string | undefined, toMessageId?: string): void {
    setOnStops(false);
    if (pathOf(sessionId) !== pathOf(place().sessionId)) {
      isPlaceNew = true;
      key = newId();
    }
    if (sessionId === undefined || sessionId !== place().sessionId) move(sessionId);
    setMessageId(toMessageId);
    settle();
  }

  function arrive(): void {
    setMessageId(undefined);
    if (!isPlaceNew && readFragment() !== undefined)
      history.replaceState(history.state, "", address());
  }

  function rename(sessionId: string): void {
    setPlace(({ visit }) => ({ sessionId, visit }));
    history.replaceState(entry(), "", address());
  }

  function cover(close: () => void): Accessor<boolean> {
    const layer = { close };
    setLayers((all) => [...all, layer]);
    // Later: what closes one layer often opens another, or goes elsewhere.
    queueMicrotask(settle);
    onCleanup(() => {
      setLayers((all) => all.filter((one) => one !== layer));
      queueMicrotask(settle);
    });
    return () => layers().at(-1) === layer;
  }

  // The history of stops covers a place, also when it is the first that is opened.
  if (first === undefined) history.replaceState(entry(), "", isFirstOnStops ? "/" : undefined);
  // What covered the page before a reload is closed. Going back while the page loads would abort the load.
  else if (!isFirstOnStops && depth > 0) {
    depth = 0;
    history.replaceState(entry(), "");
  }
  window.addEventListener("popstate", onPop);
  onCleanup(() => window.removeEventListener("popstate", onPop));
  return {
    sessionId: () => place().sessionId,
    visit: () => place().visit,
    isOnStops,
    messageId,
    go,
    arrive,
    rename,
    openStops: () => setOnStops(true),
    closeStops: () => setOnStops(false),
    isCovered: () => layers().length > 0,
    cover,
  };
}

export function pathOf(sessionId: string | undefined, messageId?: string): string {
  if (sessionId === undefined) return "/";
  return `/s/${sessionId}${messageId === undefined ? "" : `#m-${messageId}`}`;
}

function readAddress(): string | undefined {
  return /^\/s\/([A-Za-z0-9_-]{1,64})$/.exec(location.pathname)?.[1];
}

function readFragment(): string | undefined {
  return /^#m-([A-Za-z0-9_-]{1,64})$/.exec(location.hash)?.[1];
}

/** Undefined for an entry that no page of this version wrote. */
function readEntry(): Entry | undefined {
  const state = history.state as Partial<Entry> | null;
  return typeof state?.place === "string" && typeof state.layers === "number"
    ? { place: state.place, layers: state.layers, sessionId: state.sessionId }
    : undefined;
}
