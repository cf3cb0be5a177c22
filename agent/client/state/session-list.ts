/** The sessions of the side bar and its archive: loaded whenever a stream opens, then kept up to date by list events. */
import { type Accessor, batch } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { createSessionPages, type RowEvent } from "./session-pages";

export interface SessionList {
  /** Newest first; none that is archived. */
  sorted: Accessor<readonly SessionSummary[]>;
  /** The people whose servers did not answer an admin: their sessions are not in it. */
  unreached: Accessor<readonly string[]>;
  find(id: string): SessionSummary | undefined;
  archive: {
    /** Newest first. Those that were archived since the page was opened; all once they were loaded. */
    sorted: Accessor<readonly SessionSummary[]>;
    isEmpty: Accessor<boolean>;
    load(): Promise<void>;
  };
  refresh(): Promise<void>;
  apply(event: RowEvent): void;
}

export function createSessionList(): SessionList {
  const listed = createSessionPages({});
  const archive = createSessionPages({ archived: "only" });

  function apply(event: RowEvent): void {
    batch(() => {
      if (event.type !== "session-changed") {
        listed.change(event);
        archive.change(event);
        return;
      }
      const { id, archivedAt } = event.summary;
      const [there, other] = archivedAt === undefined ? [listed, archive] : [archive, listed];
      there.change(event);
      other.change({ type: "session-removed", id });
    });
  }

  async function refresh(): Promise<void> {
    await Promise.all([listed.refresh(), archive.renew()]);
  }

  return {
    sorted: listed.sorted,
    unreached: listed.unreached,
    find: (id) => listed.find(id) ?? archive.find(id),
    archive: {
      sorted: archive.sorted,
      isEmpty: () =>
        archive.sorted().length === 0 && (archive.isLoaded() || listed.archivedCount() === 0),
      load: archive.refresh,
    },
    refresh,
    apply,
  };
}
