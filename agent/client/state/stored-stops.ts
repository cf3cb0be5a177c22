/** Stops that wait in the browser's storage: bounded, and checked on reading, as others may have written there. */
import type { Storage } from "./host";

const kinds = [
  "run",
  /** Gives the run's processes no time to clean up. */
  "hard",
  "subagent",
  "tool-call",
  "process",
  /** The processes that outlived an earlier stop of the run. */
  "survivors",
  /** The runs that the page knew when "Stop everything" was pressed. */
  "everything",
] as const;

/** Names what it stops, so that it never reaches what was started later. */
export interface WaitingStop {
  /** Of what it stops: at most one stop with an id waits. */
  id: string;
  kind: (typeof kinds)[number];
  /** Empty for a process; for all others but "everything" one. */
  runIds: string[];
  /** The subagent, the tool call or the process. */
  partId?: string;
  /** Absent only for "everything", and for the run of a new session. */
  sessionId?: string;
  /** Of its session, when the stop was asked for. */
  title: string;
  /** The machines of a cluster that were not reached, when that is why; of "everything", those that it still has to reach. */
  nodes?: string[];
  /** Of "everything" on these machines: what begins there later is not stopped. By the clock of this browser, in milliseconds since the epoch. */
  askedAt?: number;
}

export interface StoredStops {
  /** The oldest first. */
  read: () => WaitingStop[];
  /** What `next` makes of them; of more than are kept the newest. What other tabs have added meanwhile stays. */
  change: (next: (stops: WaitingStop[]) => WaitingStop[]) => void;
}

/** Of the one text that had all of them in earlier versions. Each has its own name now, which begins with this. */
export const storedName = "rein.stops";
const maxStops = 50;
/** More than run on one server at a time. */
const maxRuns = 5000;
const maxTitle = 200;
const maxNodes = 1000;
const maxNodeName = 200;

/** A stop and when it was kept, in milliseconds since the epoch. */
interface KeptStop {
  stop: WaitingStop;
  keptAt: number;
}

/**
 * What the storage refuses stays in the page, and is lost by a reload. Each stop is stored by itself: tabs that wrote one text
 * at the same time would each leave out the stops of the others.
 */
export function createStoredStops(storage: Storage): StoredStops {
  /** By its id, a stop that the storage has not taken; undefined: one that it has not let go. */
  const refused = new Map<string, KeptStop | undefined>();

  function readAll(): Map<string, KeptStop> {
    const all = new Map(readKept(storage).map((one) => [one.stop.id, one]));
    for (const [id, one] of refused)
      if (one === undefined) all.delete(id);
      else all.set(id, one);
    const ordered = [...all].toSorted(([, one], [, other]) => one.keptAt - other.keptAt);
    return new Map(ordered);
  }

  function put(id: string, one: KeptStop | undefined): void {
    try {
      if (one === undefined) storage.removeItem(nameOf(id));
      else storage.setItem(nameOf(id), JSON.stringify({ ...one.stop, keptAt: one.keptAt }));
      refused.delete(id);
    } catch {
      // The storage is full, or blocked.
      refused.set(id, one);
    }
  }

  function change(next: (stops: WaitingStop[]) => WaitingStop[]): void {
    const before = readAll();
    const kept = next(stopsOf(before)).slice(-maxStops);
    const isEarlier = storage.getItem(storedName) !== null;
    let keptAt = Math.max(Date.now(), ...[...before.values()].map((one) => one.keptAt + 1));
    // One that was not among those before is of another tab, which has added it meanwhile: it stays.
    const ids = new Set(kept.map(({ id }) => id));
    for (const id of before.keys()) if (!ids.has(id)) put(id, undefined);
    for (const stop of kept) {
      const known = before.get(stop.id);
      // What is as it was is not written: another tab may just have taken it back.
      const isStored = !isEarlier && !refused.has(stop.id);
      if (isStored && JSON.stringify(known?.stop) === JSON.stringify(stop)) continue;
      put(stop.id, { stop, keptAt: known?.keptAt ?? keptAt++ });
    }
    if (isEarlier) storage.removeItem(storedName);
  }

  return { read: () => stopsOf(readAll()).slice(-maxStops), change };
}

function stopsOf(all: Map<string, KeptStop>): WaitingStop[] {
  return [...all.values()].map(({ stop }) => stop);
}

/** Whether this name is of a stop in the storage, or of all of an earlier version. */
export function isOfStops(name: string): boolean {
  return name === storedName || name.startsWith(`${storedName}.`);
}

function readKept(storage: Storage): KeptStop[] {
  const all = storage.names().flatMap((name) => {
    const text = isOfStops(name) ? storage.getItem(name) : null;
    const kept = text === null ? [] : parse(text);
    return kept.filter(({ stop }) => name === storedName || name === nameOf(stop.id));
  });
  // Of two with an id the one of this version counts.
  return all.toSorted((one, other) => one.keptAt - other.keptAt);
}

function nameOf(id: string): string {
  return `${storedName}.${id}`;
}

/** The stops in a text; what else is in it is left out. */
function parse(text: string): KeptStop[] {
  try {
    const stored = [JSON.parse(text) as unknown].flat().slice(-maxStops);
    return stored.flatMap((one, at) => {
      const stop = stopFrom(one);
      if (stop === undefined) return [];
      const { keptAt } = one as { keptAt?: unknown };
      return [{ stop, keptAt: typeof keptAt === "number" ? keptAt : at }];
    });
  } catch {
    return [];
  }
}

function stopFrom(stored: unknown): WaitingStop | undefined {
  if (typeof stored !== "object" || stored === null) return undefined;
  const { id, kind, runIds, partId, sessionId, title, nodes, askedAt } = stored as Record<
    keyof WaitingStop,
    unknown
  >;
  const known = kinds.find((one) => one === kind);
  if (known === undefined || !isId(id) || typeof title !== "string") return undefined;
  const ids: unknown[] | undefined = Array.isArray(runIds) ? runIds.slice(0, maxRuns) : undefined;
  if (!ids?.every(isId)) return undefined;
  if (![partId, sessionId].every((one) => one === undefined || isId(one))) return undefined;
  const stop = { id, kind: known, runIds: ids, title: title.slice(0, maxTitle) };
  return {
    ...stop,
    ...(isId(partId) && { partId }),
    ...(isId(sessionId) && { sessionId }),
    ...(Array.isArray(nodes) && { nodes: nodes.filter(isNodeName).slice(0, maxNodes) }),
    ...(typeof askedAt === "number" && { askedAt }),
  };
}

function isNodeName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= maxNodeName;
}

/** As the server takes ids, with a prefix of this page. */
function isId(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{1,200}$/.test(value);
}
