/** A terminal as the place in which the state runs. */
import type { CliRenderer } from "@opentui/core";
import { join } from "node:path";
import { credentialName } from "../client/state/credential";
import type { Host, Storage } from "../client/state/host";
import { visibleString } from "../shared/visible-text";
import { createFileStorage, createMemoryStorage } from "./file-storage";
import { createMemoryRoute } from "./memory-route";
import { showTheme } from "./theme";

/** Where the server is. Started again, it can be elsewhere. */
export interface ServerAddress {
  url: () => string;
  /** It answers there now. */
  move: (url: string) => void;
  /** Calls at each move. Returns what ends that. */
  onMove: (listener: () => void) => () => void;
}

export function createServerAddress(first: string): ServerAddress {
  let url = first;
  const listeners = new Set<() => void>();
  return {
    url: () => url,
    move(next) {
      url = next;
      for (const listener of listeners) listener();
    },
    onMove(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export interface TerminalHostOptions {
  renderer: CliRenderer;
  server: ServerAddress;
  /** The machine of a cluster that was named. */
  node?: string | undefined;
  /** Preferences, and stops that have not reached the server, are kept there. */
  dataDir: string;
  sessionId: string | undefined;
}

export function createTerminalHost(options: TerminalHostOptions): Host {
  const { renderer, server, node, dataDir, sessionId } = options;
  const focus = createFocus(renderer);
  const shared = withoutCredential(createFileStorage(join(dataDir, "terminal.json")));
  const window = createMemoryStorage();
  return {
    client: "terminal",
    node,
    get url() {
      return server.url().replace(/\/+$/, "");
    },
    // Streams are silent for as long as the model is.
    fetch: (path, init) => fetch(path, { ...init, timeout: false }),
    sharedStorage: () => shared,
    windowStorage: () => window,
    onStorageChange: () => ignore,
    // Not the renderer's own frames: they end for good when it is suspended while one is asked for.
    schedule: createFrames(),
    isReady: () => true,
    isHidden: () => false,
    onVisibilityChange: () => ignore,
    onOnline: server.onMove,
    isLookedAt: focus.has,
    onLook: focus.onGain,
    notify(words, { title }) {
      const isTold = renderer.triggerNotification(visibleString(title), words);
      // A terminal that knows no notifications still has a bell.
      if (!isTold) process.stdout.write("\x07");
    },
    onShow: () => ignore,
    showTheme,
    showTextSize: () => {}, // the terminal has its own
    createRoute: () => createMemoryRoute(sessionId),
    update: { text: "Rein was updated. Exit, and start it again for the new version." },
  };
}

/** What has come by then is painted at once. */
const frameMs = 16;

/**
 * Where painting takes longer than that, as much time again is left between two frames: keys are read then, and not behind
 * all that streams in.
 */
function createFrames(): Host["schedule"] {
  let lateMs = 0;
  return (run) => {
    const dueAt = performance.now() + frameMs + lateMs;
    const frame = setTimeout(() => {
      lateMs = Math.min(maxLateMs, Math.max(0, performance.now() - dueAt));
      run();
    }, frameMs + lateMs);
    return () => clearTimeout(frame);
  };
}

const maxLateMs = 100;

function ignore(): void {}

/** A terminal that does not report its focus counts as looked at. */
function createFocus(renderer: CliRenderer) {
  let isFocused = true;
  renderer.on("focus", () => (isFocused = true));
  renderer.on("blur", () => (isFocused = false));
  return {
    has: () => isFocused,
    onGain: (listener: () => void): (() => void) => {
      renderer.on("focus", listener);
      return () => renderer.off("focus", listener);
    },
  };
}

/** The credential is given anew at each start, and is in no file of this face. */
function withoutCredential(kept: Storage): Storage {
  const memory = createMemoryStorage();
  const storageOf = (name: string) => (name === credentialName ? memory : kept);
  return {
    getItem: (name) => storageOf(name).getItem(name),
    setItem: (name, value) => storageOf(name).setItem(name, value),
    removeItem: (name) => storageOf(name).removeItem(name),
    names: () => [...memory.names(), ...kept.names()],
  };
}
