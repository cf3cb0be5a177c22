/** The sessions of a list: the newest at once, the others page by page behind them; kept up to date by list events. */
import { type Accessor, batch, createMemo, createSignal, untrack } from "solid-js";
import type { ListEvent, SessionSummary } from "../../shared/protocol";
import type { SessionsQuery } from "../../shared/requests";
import { api, logFailure, requestTimeout } from "./api-client";

export type RowEvent = Extract<ListEvent, { type: "session-changed" | "session-removed" }>;

export interface SessionPages {
  /** Newest first. */
  sorted: Accessor<readonly SessionSummary[]>;
  find: (id: string) => SessionSummary | undefined;
  /** Whether the newest are here. */
  isLoaded: Accessor<boolean>;
  /** Events may have been missed: as `refresh`, where they were asked for before; else what events have brought is dropped. */
  renew: () => Promise<void>;
  /** The people whose servers did not answer: their sessions are not among these. */
  unreached: Accessor<readonly string[]>;
  /** So many are in the archive, where the server has said so. */
  archivedCount: Accessor<number>;
  /** Resolves when the newest are here. The others follow; without an answer they stay as they were. */
  refresh: () => Promise<void>;
  change: (event: RowEvent) => void;
}

type Rows = ReadonlyMap<string, SessionSummary>;

/** More than are seen at once. */
const firstPage = 100;
/** As many as are taken in without a pause that a person sees. */
const otherPages = 500;

export function createSessionPages(query: Pick<SessionsQuery, "archived">): SessionPages {
  const [byId, setById] = createSignal<Rows>(new Map());
  const [isLoaded, setLoaded] = createSignal(false);
  const [archivedCount, setArchivedCount] = createSignal(0);
  const [unreached, setUnreached] = createSignal<readonly string[]>([]);
  const sorted = createMemo(() =>
    [...byId().values()].toSorted((a, b) => b.updatedAt - a.updatedAt),
  );
  /** Of each request under way: the events that have come since. */
  const requests = new Set<RowEvent[]>();
  /** A later refresh reads all of them anew. */
  let refreshes = 0;

  /** Resolves with the `before` of the next page; undefined after the last, or when a later refresh has begun. */
  async function load(refresh: number, page: SessionsQuery): Promise<string | undefined> {
    const since: RowEvent[] = [];
    requests.add(since);
    try {
      const {
        sessions,
        next,
        archived,
        unreached: silent = [],
      } = await api.sessions(requestTimeout(), {
        ...query,
        ...page,
      });
      if (refresh !== refreshes) return undefined;
      batch(() => {
        setById((known) => withPage(known, sessions, page.before, next));
        setLoaded(true);
        setUnreached(silent.map(({ node }) => node));
        if (archived !== undefined) setArchivedCount(archived);
        // An event may have overtaken the answer, and be newer.
        for (const event of since) setById((known) => changed(known, event));
      });
      return next;
    } finally {
      requests.delete(since);
    }
  }

  async function loadOthers(refresh: number, first: string | undefined): Promise<void> {
    try {
      for (let before = first; before !== undefined;)
        before = await load(refresh, { limit: otherPages, before });
    } catch (error) {
      logFailure("The older sessions could not be loaded", error);
    }
  }

  async function refresh(): Promise<void> {
    const own = ++refreshes;
    void loadOthers(own, await load(own, { limit: firstPage }));
  }

  return {
    sorted,
    find: (id) => byId().get(id),
    isLoaded,
    archivedCount,
    unreached,
    refresh,
    async renew() {
      if (refreshes > 0) return refresh();
      setById(new Map());
    },
    change(event) {
      for (const since of requests) since.push(event);
      setById(changed(untrack(byId), event));
    },
  };
}

/**
 * What was known between the ends of the page, and is not in it, has gone. A row that has not changed stays the same
 * object: nothing that shows it is drawn again.
 */
function withPage(
  known: Rows,
  page: readonly SessionSummary[],
  before: string | undefined,
  next: string | undefined,
): Rows {
  const isOutside = (row: SessionSummary) =>
    (before !== undefined && !isBehind(row, before)) || (next !== undefined && isBehind(row, next));
  const rows = new Map([...known].filter(([, row]) => isOutside(row)));
  for (const row of page) {
    const was = known.get(row.id);
    const isSame = was !== undefined && JSON.stringify(was) === JSON.stringify(row);
    rows.set(row.id, isSame ? was : row);
  }
  return rows;
}

/** As the server orders them: see `pageOfSessions`. */
function isBehind({ updatedAt, id }: SessionSummary, place: string): boolean {
  const at = Number.parseInt(place, 10);
  return updatedAt < at || (updatedAt === at && id > place.slice(place.indexOf(".") + 1));
}

/** Events of a type that is not known (from a later version of the server) change nothing. */
function changed(known: Rows, event: RowEvent): Rows {
  const rows = new Map(known);
  if (event.type === "session-changed") return rows.set(event.summary.id, event.summary);
  if (event.type === "session-removed" && rows.delete(event.id)) return rows;
  return known;
}
