/** The machines that work together, and which of them does not answer. Nothing is asked and nothing shown where a server works alone. */
import { type Accessor, createEffect, createSignal, on } from "solid-js";
import type { ClusterAnswer, ClusterNode, SharedDatabaseState } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api, logFailure, requestTimeout } from "./api-client";
import { chooseNode, undeliveredCount, windowNode } from "./asked-node";
import { timeOfDay } from "./format";
import type { ListChanges } from "./list-changes";
import type { SessionList } from "./session-list";
import type { SessionRequests } from "./session-requests";

export interface AwayMachine extends Pick<ClusterNode, "name" | "since"> {
  /** It is not in the cluster any more. */
  isRemoved?: true;
}

export interface ClusterState {
  nodes: Accessor<readonly ClusterNode[]>;
  /** False until it was looked for the first time; true where a server works alone. */
  isKnown: Accessor<boolean>;
  database: Accessor<SharedDatabaseState | undefined>;
  /** Whether there is more than one machine: only then they are named. */
  isShown: Accessor<boolean>;
  /** The machine with this name, when it does not answer, or was removed. */
  away: (name: string | undefined) => AwayMachine | undefined;
  /** Takes one that is gone for good out of the cluster. Rejects with the error of the request. */
  remove: (name: string) => Promise<void>;
  /** Looks how they are. Never rejects: without an answer, what is known stays. */
  refresh: () => Promise<void>;
}

const alone: ClusterAnswer = { nodes: [] };

export function createCluster(changes: ListChanges): ClusterState {
  const [answer, setAnswer] = createSignal(alone);
  const [hasLooked, setLooked] = createSignal(false);

  /** However often it is wanted meanwhile, one more look follows: else they would keep all connections of a browser busy. */
  let looking: Promise<void> | undefined;
  let again: Promise<void> | undefined;

  function refresh(): Promise<void> {
    if (looking === undefined) return (looking = look().finally(() => (looking = undefined)));
    return (again ??= looking.then(() => {
      again = undefined;
      return refresh();
    }));
  }

  async function look(): Promise<void> {
    try {
      const next = await api.cluster(requestTimeout());
      // An unchanged list is not drawn again: a press on one of its entries would be lost.
      if (JSON.stringify(next) !== JSON.stringify(answer())) setAnswer(next);
    } catch (error) {
      logFailure("The machines of the cluster could not be looked at", error);
    }
    setLooked(true);
  }

  createEffect(
    on([windowNode, () => changes.of("cluster"), undeliveredCount], ([node]) => {
      if (node !== undefined) void refresh();
    }),
  );

  function away(name: string | undefined): AwayMachine | undefined {
    const { nodes } = answer();
    if (name === undefined || nodes.length === 0) return undefined;
    const found = nodes.find((node) => node.name === name);
    if (found === undefined) return { name, isRemoved: true };
    return found.state === "away" ? found : undefined;
  }

  return {
    nodes: () => answer().nodes,
    isKnown: () => windowNode() === undefined || hasLooked(),
    database: () => answer().database,
    isShown: () => answer().nodes.length > 1,
    away,
    remove: async (name) => {
      await api.removeNode(name, requestTimeout());
      await refresh();
    },
    refresh,
  };
}

/** The machine of a session, or the one on which a new session will be. Undefined without a cluster. */
export function machineOf(
  list: Pick<SessionList, "find">,
  id: string | undefined,
): string | undefined {
  return id === undefined ? windowNode() : list.find(id)?.node;
}

/** For a new session. What was chosen of another machine is dropped. */
export function chooseMachine(open: Pick<SessionRequests, "begin">, name: string): void {
  chooseNode(name);
  open.begin({ cwd: undefined, engine: undefined, provider: undefined, model: undefined });
}

/** Of what is asked for again and again, and not answered: by this machine, where it is one that is away. */
export function silenceWords(machine: AwayMachine | undefined): string {
  const why = machine === undefined ? t("The server does not respond.") : awayWords(machine);
  return `${why} ${t("This is the last known state.")}`;
}

/** In a sentence. */
export function awayWords({ name, since, isRemoved }: AwayMachine): string {
  if (isRemoved) return t("Machine {name} is not in the cluster any more.", { name });
  return since === undefined
    ? t("Machine {name} does not answer.", { name })
    : t("Machine {name} has not answered since {time}.", { name, time: timeOfDay(since) });
}
