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
  const stopped = runs
    .filter(({ stop }) => stop?.by !== "crash")
    .flatMap(({ receipt }) => receipt?.toolCalls ?? [])
    .filter(({ name, outcome }) => name === slowTool && outcome === "stopped");
  const taken = mcp.taken();
  const calls = taken.filter(({ method }) => method === "tools/call");
  if (transport === "http") {
    const told = stopped.filter((call) => call.told);
    if (calls.length > 0 && told.length < stopped.length)
      return ["a call that reached the service was stopped, and it is not said to be told"];
    const isTold = () =>
      mcp.taken().filter(({ method }) => method === "notifications/cancelled").length >=
      told.length;
    const heard = await within("the service is told of each stop that says so", until(isTold));
    return typeof heard === "string" ? [heard] : [];
  }
  const unproven = stopped.filter(({ proof }) => proof !== "proven");
  if (calls.length > 0 && unproven.length > 0)
    return [`a stopped call of a program was not proven: ${unproven[0]!.proof}`];
  const living = new Set(calls.map(({ pid }) => pid).filter((pid) => isAlive(pid)));
  return stopped.length > 0 && living.size > 0 && calls.length === stopped.length
    ? ["a program outlived the stop of its call"]
    : [];
}
