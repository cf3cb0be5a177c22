/** What holds at the end of a conversation that calls the scripted MCP server: what a stop says of the call is true. */
import type { Session } from "../../shared/protocol";
import { isAlive } from "../machine-facts";
import { until, within } from "./bounded-wait";
import { type McpTransport, slowTool } from "./scripted-mcp";
import type { ServerFixture } from "./server-fixture";

/** After the end of the last run. Each stopped call of a program is proven dead, and each service that is said to be told is. */
export async function mcpFaults(
  { mcp }: ServerFixture,
  transport: McpTransport,
  { runs }: Session,
): Promise<string[]> {
  const all = runs.flatMap(({ receipt, stop }) =>
    (receipt?.toolCalls ?? [])
      .filter(({ name }) => name === slowTool)
      .map((call) => ({ ...call, isStopped: call.outcome === "stopped" && stop?.by !== "crash" })),
  );
  const stopped = all.filter(({ isStopped }) => isStopped);
  const taken = mcp.taken();
  const calls = taken.filter(({ method }) => method === "tools/call");
  // A call that was stopped before it was sent has nothing to prove, and nobody was told of it.
  const sent = Math.min(stopped.length, calls.length - (all.length - stopped.length));
  if (transport === "http") {
    const told = stopped.filter((call) => call.told);
    if (told.length < sent)
      return ["a call that reached the service was stopped, and it is not said to be told"];
    const isTold = () =>
      mcp.taken().filter(({ method }) => method === "notifications/cancelled").length >=
      told.length;
    const heard = await within("the service is told of each stop that says so", until(isTold));
    return typeof heard === "string" ? [heard] : [];
  }
  if (stopped.filter(({ proof }) => proof === "proven").length < sent)
    return ["a call that reached a program was stopped, and was not proven"];
  const living = new Set(calls.map(({ pid }) => pid).filter((pid) => isAlive(pid)));
  return sent > 0 && living.size > 0 && calls.length === sent
    ? ["a program outlived the stop of its call"]
    : [];
}
