/** What every package must do wherever it runs: the page, the demo's four stops, and the 21 adversaries. */
import type { StreamEvent } from "../../shared/protocol";
import { demoSuggestions } from "../../shared/demo-suggestions";
import { escapes } from "../adversaries/escapes";
import { pidsWith } from "../machine-facts";
import { hang, toolCall, type Upstream } from "../upstream/upstream";
import type { PackagedServer } from "./packaged-server";

const never = new AbortController().signal;

/** Throws unless it serves its page and says that it is well. */
export async function page({ url }: PackagedServer): Promise<void> {
  const response = await fetch(url);
  const text = await response.text();
  same([response.status, text.includes("<title>Rein")], [200, true]);
  const health = (await (await fetch(`${url}/api/health`)).json()) as { status: string };
  same(health.status, "ok");
}

/** Stops each of the demo's scenes in its middle. Throws when one is not stopped, or leaves a process. */
export async function demoStops({ rein }: PackagedServer, cwd: string): Promise<void> {
  for (const { title, message } of demoSuggestions.slice(0, 4)) {
    const request = { message, provider: "demo", model: "scripted", permissions: "all", cwd };
    const end = await stopAt(
      rein.chat({ ...request, permissions: "all" }, never),
      rein,
      begins[title]!,
    );
    same([title, end.outcome, end.receipt?.survivors], [title, "stopped", []]);
    if (title !== "A long answer" && title !== "A file edit")
      same([title, end.receipt?.proof], [title, "proven"]);
  }
}

/** When each is in its middle. */
const begins: Record<string, (event: StreamEvent) => boolean> = {
  "A long answer": (event) => event.type === "part-delta",
  "A shell command": (event) => event.type === "part-delta" && event.field === "output",
  "A file edit": (event) => event.type === "part-delta" && event.field !== "text",
  // The shell of one of them counts.
  "Three subagents": (event) =>
    event.type === "part-delta" && event.field === "output" && /^\d+\n/.test(event.delta),
};

/**
 * Has a model run each adversary that `canRun`, and stops it. Returns the names of those that were left out; throws when
 * one survives, or when its end is not proven.
 */
export async function adversaryStops(
  { rein }: PackagedServer,
  upstream: Upstream,
  cwd: string,
  canRun: (program: string) => boolean,
): Promise<string[]> {
  const left: string[] = [];
  for (const adversary of escapes) {
    const { name, terminal } = adversary;
    const cookie = String(Math.trunc(Math.random() * 1e9) + 1e9);
    const command = adversary.script(cookie);
    const program = ["less", "ssh-agent"].find((one) => new RegExp(`\\b${one}\\b`).test(command));
    if (program !== undefined && !canRun(program)) {
      left.push(name);
      continue;
    }
    upstream.reset();
    upstream.script([toolCall("bash", { command, ...(terminal && { pty: true }) })], [hang]);
    const request = { message: name, provider: "openai-chat", model: "local-model", cwd };
    const chat = rein.chat({ ...request, permissions: "all" }, never);
    let output = "";
    const end = await stopAt(chat, rein, (event) => {
      if (event.type === "part-delta" && event.field === "output") output += event.delta;
      return terminal ? output !== "" : output.includes("ready");
    });
    same([name, end.outcome, end.receipt?.survivors, pidsWith(cookie)], [name, "stopped", [], []]);
    same([name, end.receipt?.proof], [name, "proven"]);
  }
  return left;
}

/** The end of the run, which is stopped once this holds. */
async function stopAt(
  chat: AsyncIterable<StreamEvent>,
  rein: PackagedServer["rein"],
  holds: (event: StreamEvent) => boolean,
) {
  let sessionId = "";
  let isStopped = false;
  for await (const event of chat) {
    if (event.type === "run-start") sessionId ||= event.sessionId;
    if (event.type === "run-end") return event;
    if (isStopped || !holds(event)) continue;
    isStopped = true;
    void rein.stopSession(sessionId, {}, never);
  }
  throw new Error("The stream ended before its run.");
}

export function same(found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Error(`expected ${right}, found ${left}`);
}
