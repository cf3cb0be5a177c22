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
  read: () => WaitingStop[];
  /** The newest of them. */
  write: (stops: WaitingStop[]) => void;
}

export const storedName = "rein.stops";
const maxStops = 50;
/** More than run on one server at a time. */
const maxRuns = 5000;
const maxTitle = 200;
const maxNodes = 1000;
const maxNodeName = 200;

/** What the storage refuses stays in the page, and is lost by a reload. */
export function createStoredStops(storage: Storage): StoredStops {
  let refused: WaitingStop[] | undefined;
  return {
    read: () => refused ?? parse(storage.getItem(storedName)),
    write(stops) {
      const kept = stops.slice(-maxStops);
      refused = undefined;
      try {
        if (kept.length === 0) storage.removeItem(storedName);
        else storage.setItem(storedName, JSON.stringify(kept));
      } catch {
        // The storage is full, or blocked.
        refused = kept;
      }
    },
  };
}

/** The stops in a text; what else is in it is left out. */
function parse(text: string | null): WaitingStop[] {
  try {
    const stored: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(stored)) return [];
    const stops = stored.slice(-maxStops).flatMap((one) => stopFrom(one) ?? []);
    return [...new Map(stops.map((stop) => [stop.id, stop])).values()];
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
