/** An import does not wait for ever for nodes that do not answer. */
import { expect, test } from "bun:test";
import type { NodeRequest, Called } from "../server/cluster/node-calls";
import type { Services } from "../server/http/services";
import { askTimes, withReadableFiles } from "../server/http/readable-files";
import { neverAborts } from "../server/abort";
import type { Session } from "../shared/protocol";

/** Files that nobody here may read. */
const use = { mayUse: () => false, user: "anna", headers: {} };

function sessionWith(count: number): Session {
  const parts = Array.from({ length: count }, (_, index) => ({
    type: "file" as const,
    id: `part-${index}`,
    hash: String(index).padStart(64, "0"),
    name: `file ${index}.txt`,
    mediaType: "text/plain",
    size: 1,
  }));
  return { messages: [{ id: "message", parts }] } as unknown as Session;
}

/** One other node: what it does with each request. */
function clusterOf(call: (request: NodeRequest, signal: AbortSignal) => Promise<Called>) {
  const calls = {
    call: (_: string, request: NodeRequest, signal: AbortSignal) => call(request, signal),
  };
  const directory = { current: async () => [{ id: "other" }] };
  return { cluster: { calls, directory } } as unknown as Pick<Services, "cluster">;
}

test("an import that names many files waits a bounded time for a node that answers none of them, and keeps what it gave", async () => {
  const { allMs } = askTimes;
  askTimes.allMs = 200;
  try {
    const services = clusterOf(async ({ method, path }, signal) => {
      // A node would read each of them whole for a GET.
      if (method === "HEAD" && path.endsWith("7"))
        return { answer: { node: "other", status: 200, headers: new Headers(), body: "" } };
      const { promise, reject } = Promise.withResolvers<Called>();
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      return promise;
    });
    const { messages } = await withReadableFiles(sessionWith(150), services, use, neverAborts);
    const kinds = messages[0]!.parts.map(({ type }) => type);
    expect(kinds[7]).toBe("file");
    expect(kinds.filter((type) => type === "text")).toHaveLength(149);
  } finally {
    askTimes.allMs = allMs;
  }
});

test("an import that is given up waits for no node", async () => {
  const giving = new AbortController();
  const services = clusterOf(async (_, signal) => {
    giving.abort(new Error("given up"));
    signal.throwIfAborted();
    throw new Error("asked on");
  });
  const asking = withReadableFiles(sessionWith(3), services, use, giving.signal);
  expect(await asking.catch(String)).toBe("Error: given up");
});
