/** Rows of the session list become summaries: those that are as they were are not parsed again, and many never hold the loop. */
import { TimeSlice } from "../time-slice";
import { type ListedRow, summaryOf } from "../store/load-session";
import type { RemoteSummary } from "./cluster-types";

export type RemoteRow = Omit<ListedRow, "updatedAt"> & { updatedAt: string; node: string };

interface Listed {
  hash: bigint | number;
  /** Undefined for one that has not come whole. */
  summary: RemoteSummary | undefined;
}

export class ListedRows {
  readonly #slice = new TimeSlice();
  #known = new Map<string, Listed>();

  /** Of all rows that there are: what is not among them is forgotten. */
  async takeAll(rows: readonly RemoteRow[]): Promise<RemoteSummary[]> {
    const known = new Map<string, Listed>();
    for (const row of rows) {
      await this.#slice.take(rows);
      known.set(row.id, this.#listed(row));
    }
    this.#known = known;
    return [...known.values()].flatMap(({ summary }) => summary ?? []);
  }

  #listed(row: RemoteRow): Listed {
    const hash = Bun.hash(`${row.node}\n${row.updatedAt}\n${row.runId}\n${row.data}\n${row.run}`);
    const known = this.#known.get(row.id);
    return known?.hash === hash ? known : { hash, summary: remoteSummaryOf(row) };
  }
}

/** Undefined for one that has not come whole. */
export function remoteSummaryOf({ node, ...row }: RemoteRow): RemoteSummary | undefined {
  const summary = summaryOf({ ...row, updatedAt: Number(row.updatedAt) });
  return summary && { ...summary, node };
}
