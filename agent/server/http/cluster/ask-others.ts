/** One question to all other servers at once. */
import type {
  Called,
  NodeAnswer,
  NodeCalls,
  NodeRequest,
  Unreached,
} from "../../cluster/node-calls";

/** The other servers: nodes of a cluster, or those of people behind their front. */
export interface Others {
  calls: Pick<NodeCalls, "call">;
  directory: { current(): Promise<readonly { id: string }[]> };
}

/** All answers, when the last has come or is given up. Rejects only with the signal's reason. */
export async function askOthers(
  { calls, directory }: Others,
  request: NodeRequest,
  signal: AbortSignal,
  isAsked: (node: string) => boolean = () => true,
): Promise<({ node: string } & Called)[]> {
  const nodes = (await directory.current()).map(({ id }) => id).filter(isAsked);
  return Promise.all(
    nodes.map(async (node) => {
      const called = await calls.call(node, request, signal);
      // None of these questions has an answer that is too long to be held.
      if ("answer" in called) await dropStream(called.answer);
      return { node, ...called };
    }),
  );
}

/** Closes the connection of an answer that is not read. Never rejects. */
export async function dropStream({ body }: NodeAnswer): Promise<void> {
  if (body instanceof ReadableStream) await body.cancel().catch(() => undefined);
}

export interface First {
  /** Undefined: none was it. */
  first: NodeAnswer | undefined;
  /** Of `first`: closes its connection. */
  closing: AbortController;
  /** When none was it: those that did not answer. */
  unreached: Unreached[];
}

/** The first answer that `isIt`; the others are given up then. Rejects only with the signal's reason. */
export async function firstOf(
  { calls, directory }: Others,
  request: NodeRequest,
  isIt: (answer: NodeAnswer) => boolean,
  signal: AbortSignal,
): Promise<First> {
  const asked = (await directory.current()).map(({ id }) => ({
    id,
    closing: new AbortController(),
  }));
  const unreached: Unreached[] = [];
  const answers = asked.map(async ({ id, closing }) => {
    const called = await calls.call(id, request, AbortSignal.any([signal, closing.signal]));
    if ("unreached" in called) unreached.push(called.unreached);
    else if (isIt(called.answer)) return { first: called.answer, closing };
    closing.abort();
    throw new Error(`not at ${id}`);
  });
  try {
    const found = await Promise.any(answers);
    for (const { closing } of asked) if (closing !== found.closing) closing.abort();
    return { ...found, unreached: [] };
  } catch {
    signal.throwIfAborted();
    return { first: undefined, closing: new AbortController(), unreached };
  }
}
