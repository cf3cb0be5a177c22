/** The sessions of the side bar: loaded whenever a stream opens, then kept up to date by list events. */
import { createMemo, type Accessor } from "solid-js";
import { createStore, produce, reconcile } from "solid-js/store";
import type { ListEvent, SessionSummary } from "../../shared/protocol";
import { api, requestTimeout } from "./api-client";

type RowEvent = Extract<ListEvent, { type: "session-changed" | "session-removed" }>;

export interface SessionList {
  /** Newest first. */
  sorted: Accessor<SessionSummary[]>;
  find(id: string): SessionSummary | undefined;
  refresh(): Promise<void>;
  apply(event: RowEvent): void;
}

export function createSessionList(): SessionList {
  const [state, setState] = createStore<{ sessions: SessionSummary[] }>({ sessions: [] });
  const sorted = createMemo(() => state.sessions.toSorted((a, b) => b.updatedAt - a.updatedAt));

  const byId = createMemo(() => new Map(state.sessions.map((session) => [session.id, session])));

  /** Of each refresh under way: the events that have come since it was asked for. */
  const refreshes = new Set<RowEvent[]>();

  async function refresh(): Promise<void> {
    const since: RowEvent[] = [];
    refreshes.add(since);
    try {
      const { sessions } = await api.sessions(requestTimeout());
      setState("sessions", reconcile(sessions, { key: "id" }));
    } finally {
      refreshes.delete(since);
    }
    // An event may have overtaken the answer, and be newer.
    for (const event of since) change(event);
  }

  function apply(event: RowEvent): void {
    for (const since of refreshes) since.push(event);
    change(event);
  }

  /** Events of a type that is not known (from a later version of the server) change nothing. */
  function change(event: RowEvent): void {
    setState(
      "sessions",
      produce((sessions) => {
        const indexOf = (id: string) => sessions.findIndex((session) => session.id === id);
        if (event.type === "session-removed") {
          const index = indexOf(event.id);
          if (index !== -1) sessions.splice(index, 1);
        } else if (event.type === "session-changed") {
          const index = indexOf(event.summary.id);
          if (index === -1) sessions.push(event.summary);
          else sessions[index] = event.summary;
        }
      }),
    );
  }

  return { sorted, find: (id) => byId().get(id), refresh, apply };
}
