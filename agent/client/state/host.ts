/** What the state needs of the place that it runs in: a page by default, or a terminal. */
import type { StopClient } from "../../shared/protocol";
import { browserHost } from "./browser-host";
import type { TextSize, Theme } from "./preferences";
import type { Route } from "./route";

export interface Storage extends Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem"> {
  /** Of all that is in it. */
  names: () => string[];
}

export interface Host {
  client: StopClient;
  /** Of the server, without a slash at the end; empty in a page that it serves. */
  url: string;
  /** The machine of a cluster that the window begins with, where one was named. */
  node?: string | undefined;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Kept when the window is closed, and shared by all windows. */
  sharedStorage: () => Storage;
  /** For this window alone. */
  windowStorage: () => Storage;
  /** Calls when another window has changed the shared storage; `null` for all of it. Returns what ends that. */
  onStorageChange: (listener: (name: string | null) => void) => () => void;
  /** Runs once, with the next frame that is painted. Returns what cancels it. */
  schedule: (run: () => void) => () => void;
  /** Whether streams may be open, as far as the window is concerned. Hidden windows follow what they are told to. */
  isReady: () => boolean;
  isHidden: () => boolean;
  /** Calls when one of the two may have changed. */
  onVisibilityChange: (listener: () => void) => () => void;
  /** Calls when there may be a network again. */
  onOnline: (listener: () => void) => () => void;
  /** Whether a person looks at the window, as far as can be known. */
  isLookedAt: () => boolean;
  onLook: (listener: () => void) => () => void;
  /** Tells a person who looks elsewhere; does nothing where that is not allowed. */
  notify: (words: string, session: { id: string; title: string }, withSound: boolean) => void;
  /** Calls when a person has chosen the notification of a session. Returns what ends that. */
  onShow: (listener: (sessionId: string) => void) => () => void;
  showTheme: (theme: Theme) => void;
  showTextSize: (size: TextSize) => void;
  createRoute: () => Route;
  /** What to do when the server speaks a newer version of the wire. */
  update: { text: string; action?: { label: string; run: () => void } };
}

let current: Host = browserHost;

export function host(): Host {
  return current;
}

/** Before anything of the state is created. */
export function provideHost(next: Host): void {
  current = next;
}
