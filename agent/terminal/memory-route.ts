/** Where the terminal face is: a session or a new one, and what lies over it. It has no address and no history. */
import { createSignal, onCleanup } from "solid-js";
import type { Route } from "../client/state/route";

/** `first`: the session to begin with, or undefined for a new one. */
export function createMemoryRoute(first: string | undefined): Route {
  const [place, setPlace] = createSignal({ sessionId: first, visit: 0 });
  const [isOnStops, setOnStops] = createSignal(false);
  const [messageId, setMessageId] = createSignal<string>();
  const [layers, setLayers] = createSignal<readonly object[]>([]);
  return {
    sessionId: () => place().sessionId,
    visit: () => place().visit,
    isOnStops,
    messageId,
    go(sessionId, toMessageId) {
      setPlace(({ visit }) => ({ sessionId, visit: visit + 1 }));
      setMessageId(toMessageId);
    },
    arrive: () => setMessageId(undefined),
    rename: (sessionId) => setPlace(({ visit }) => ({ sessionId, visit })),
    openStops: () => setOnStops(true),
    closeStops: () => setOnStops(false),
    isCovered: () => layers().length > 0,
    cover() {
      const layer = {};
      setLayers((all) => [...all, layer]);
      onCleanup(() => setLayers((all) => all.filter((one) => one !== layer)));
      return () => layers().at(-1) === layer;
    },
  };
}
