/**
 * The other node of the sweep: a second server, in a process of its own, which shares a database with the fixture's server.
 * What is asked here reaches that one through it, while the model says nothing more.
 */
import type { ServerConfig } from "../../server/server";
import { readSession } from "../../server/cluster/shared-reader";
import type { Run, Session } from "../../shared/protocol";
import { clusterKey } from "../cluster-node";
import { settledIn, startCluster } from "../cluster-scene";
import { freePort } from "../free-port";
import { startPostgres } from "../postgres";
import type { Upstream } from "../upstream/upstream";
import { untilAsync } from "../within";
import { within } from "./bounded-wait";

/** The name of the fixture's server. */
export const ownNode = "a";

/** Between two frames of an answer: else all of it has arrived before a request has passed two servers. */
const frameMs = 1;

export interface OtherNode extends AsyncDisposable {
  /** For the fixture's server. */
  readonly config: Pick<ServerConfig, "port" | "cluster">;
  /** From now on this model says what it says at the pace of a point, and can be held. */
  attend(upstream: Upstream): void;
  /** The model says nothing until `release` is called, or an answer to something that is asked from now on has come. */
  hold(): void;
  release(): void;
  call(path: string, init: RequestInit): Promise<Response>;
  /** What is wrong, right after the answer to a stop, with what the database has of its run. */
  endFaults(runId: string): Promise<string[]>;
  /** What is wrong in the end with what the database has of the session. */
  sharedFaults(session: Session): Promise<string[]>;
}

export async function openOtherNode(): Promise<OtherNode> {
  await using opening = new AsyncDisposableStack();
  const postgres = opening.use(await startPostgres());
  const cluster = opening.use(await startCluster(postgres, { names: ["b"] }));
  const { databaseUrl, sql } = cluster;
  const { rein } = cluster.node("b");
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  let held: PromiseWithResolvers<void> | undefined;
  const release = () => {
    held?.resolve();
    held = undefined;
  };
  const opened = opening.move();
  return {
    config: { port, cluster: { node: ownNode, address, key: clusterKey, databaseUrl } },
    attend(upstream) {
      upstream.pace = async () => {
        await Bun.sleep(frameMs);
        await held?.promise;
      };
    },
    hold() {
      held ??= Promise.withResolvers<void>();
    },
    release,
    async call(path, init) {
      const before = held;
      try {
        return await rein.fetch(path, init);
      } finally {
        if (before !== undefined && before === held) release();
      }
    },
    endFaults: async (runId) => faultsOfEnd(await storedRun(sql, runId)),
    sharedFaults: (session) => faultsOfSession(sql, session),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function storedRun(sql: Bun.SQL, id: string): Promise<Run | undefined> {
  const [row] = (await sql`SELECT data FROM rein.runs WHERE id = ${id}`) as { data: string }[];
  return row && (JSON.parse(row.data) as Run);
}

function faultsOfEnd(run: Run | undefined): string[] {
  if (run?.state === "settled" && run.outcome === "stopped") return [];
  return [`a stop was acknowledged, and in the database its run is ${run?.outcome ?? run?.state}`];
}

async function faultsOfSession(sql: Bun.SQL, session: Session): Promise<string[]> {
  const faults: string[] = [];
  for (const { id, outcome } of session.runs) {
    const run = await within(`run ${id} has ended in the database`, settledIn(sql, id));
    if (typeof run === "string") faults.push(run);
    else if (run.outcome !== outcome)
      faults.push(`a run that is ${outcome} is ${run.outcome} in the database`);
  }
  let stored: Session | undefined;
  const isSame = async () => {
    stored = await readSession(sql, session.id);
    return Bun.deepEquals({ ...stored, seq: 0 }, { ...session, seq: 0 });
  };
  const what = () => `the database has the session as it is, but ${JSON.stringify(stored)}`;
  const shared = await within("the session is shared", untilAsync(isSame, what));
  return typeof shared === "string" ? [...faults, shared] : faults;
}
