/** The receipt of a run that an engine drove: its own processes and word apart, the user's counted alone. */
import { describe, expect, test } from "bun:test";
import { receiptLine } from "../client/state/outcome-labels";
import type { EndedJob } from "../server/agent/tool-runner";
import { transcript } from "../server/agent/transcript";
import { makeReceipt } from "../server/run/run-receipt";
import { workAtStop } from "../server/run/work-at-stop";
import type { TurnReport } from "../server/agent/engine-turn-types";
import { exportMarkdown } from "../server/session/export-markdown";
import { selectStops, stopsCsv } from "../server/session/stop-history";
import { engineProcessesWords, engineSentences } from "../shared/engine-words";
import { subjectOf } from "../shared/message-parts";
import {
  noUsage,
  type Part,
  type ReceiptEngine,
  type Run,
  type Session,
  type ToolCallPart,
} from "../shared/protocol";

const askedAt = 1000;
const report: TurnReport = {
  id: "codex",
  name: "Codex",
  idleMs: 34,
  waited: "idle",
  connection: "rein",
  modelCalls: { made: 5, closed: 1, closedAt: askedAt + 3 },
};

test("the engine's own processes stand apart, and are not among those that the stop has ended", () => {
  const receipt = receiptOf(report, [job([10, 11, 12], [10, 11])]);
  expect(receipt.engine).toEqual({
    id: "codex",
    name: "Codex",
    idleMs: 34,
    waited: "idle",
    connection: "rein",
    processes: [
      { pid: 10, command: "c10", endedMs: 40 },
      { pid: 11, command: "c11", endedMs: 40 },
    ],
  });
  expect(receipt.processes).toEqual([{ pid: 12, command: "c12", endedMs: 40 }]);
});

test("of the engine's own commands the beginning is kept", () => {
  const long = job([10], [10]);
  long.ended[0]!.command = `codex app-server ${"-c x=y ".repeat(50)}http://127.0.0.1:1/token`;
  const { command } = receiptOf(report, [long]).engine!.processes[0]!;
  expect(command).toStartWith("codex app-server -c");
  expect(command.length).toBeLessThanOrEqual(80);
});

test("of a shell that an engine has put around a command, only its program is named", () => {
  const around = (command: string) =>
    `/bin/bash -c ${"shopt -u extglob; ".repeat(9)} eval '${command}' < /dev/null`;
  const commands = [around("echo '\\''a'\\''; sleep 9"), "sleep 9", around("another")];
  const ended = commands.map((command, pid) => ({ pid, command }));
  const parts = [call({ kind: "execute", input: { command: "echo 'a'; sleep 9" } })];
  const { processes } = receiptOf(report, [{ ...job([], []), ended }], parts);
  expect(processes.map(({ command }) => command)).toEqual([
    "/bin/bash … echo 'a'; sleep 9",
    "sleep 9",
    around("another"),
  ]);
});

test("without a report of the engine nothing that was ended is left out", () => {
  const receipt = receiptOf(undefined, [job([10, 12], [10])]);
  expect(receipt.processes.map(({ pid }) => pid)).toEqual([10, 12]);
  expect(receipt).not.toHaveProperty("engine");
});

test("the engines of stopped subagents are named with them, each with its own processes", () => {
  const subagent = { title: "Look", provider: "p", model: "m", messages: [], usage: noUsage };
  const calls = ["a", "b", "c"].map((id) =>
    call({ id, subagent, state: id === "c" ? "done" : "stopped" }),
  );
  const jobs = ["a", "b", "c"].map((id, index) => ({
    ...job([10 * index, 10 * index + 1], [10 * index]),
    toolCallId: id,
  }));
  const reports = new Map(["a", "b", "c"].map((id) => [id, { ...report, name: `Engine ${id}` }]));
  const receipt = makeReceipt(sessionOf(calls), run(), undefined, jobs, undefined, reports);
  expect(receipt).not.toHaveProperty("engine");
  expect(receipt.processes.map(({ pid }) => pid)).toEqual([1, 11, 21]);
  expect(receipt.subagents).toMatchObject([
    { id: "a", engine: { name: "Engine a", processes: [{ pid: 0 }], waited: "idle" } },
    { id: "b", engine: { name: "Engine b", processes: [{ pid: 10 }] } },
    { id: "c" },
  ]);
  // It had ended when it was done.
  expect(receipt.subagents[2]).not.toHaveProperty("engine");
  const session = sessionOf(calls);
  Object.assign(session, { createdAt: 0, usage: noUsage });
  session.runs[0]!.receipt = receipt;
  expect(exportMarkdown(session)).toContain(
    "> Engine a itself of “Look”: 1 process ended.\n> Engine a said after 34 ms that it was idle.\n> Engine b itself",
  );
});

test("requests to the model are those that the gate has counted; with an own log-in none are claimed", () => {
  expect(receiptOf(report, [])).toMatchObject({
    modelCalls: 5,
    modelCallsClosed: 1,
    modelClosedMs: 3,
  });
  const { modelCalls: _, ...blind } = report;
  for (const one of [{ ...blind, connection: "engine" as const }, undefined]) {
    const receipt = receiptOf(one, []);
    expect(receipt).toMatchObject({ modelCalls: 0, modelCallsClosed: 0 });
    expect(receipt).not.toHaveProperty("modelClosedMs");
  }
});

test("a call keeps its kind, and what it is about in the engine's own words", () => {
  const receipt = receiptOf(
    report,
    [],
    [
      call({ name: "Bash", kind: "execute", input: { description: "Lists", command: "ls" } }),
      call({ name: "shell", kind: "execute", input: { command: ["ls", "-l"] } }),
      call({ name: "Edit", kind: "edit", input: { file_path: "/a" } }),
      call({ name: "fetch", kind: "fetch", title: "Fetching a.example" }),
      call({ name: "odd", kind: "other" }),
    ],
  );
  expect(receipt.toolCalls.map(({ kind, subject }) => [kind, subject])).toEqual([
    ["execute", "ls"],
    ["execute", "ls -l"],
    ["edit", "/a"],
    ["fetch", "Fetching a.example"],
    ["other", "odd"],
  ]);
});

test("a call that was denied is called so: in the receipt, in an export and in a transcript", () => {
  const approval = {
    id: "a",
    kind: "edit" as const,
    subject: "a",
    digest: "",
    always: [],
    reply: { decision: "deny" as const },
  };
  const denied = call({ name: "Edit", kind: "edit", state: "failed", approval });
  const failed = call({ name: "Edit", kind: "edit", state: "failed" });
  const { toolCalls } = receiptOf(report, [], [denied, failed]);
  expect(toolCalls.map(({ outcome }) => outcome)).toEqual(["denied", "failed"]);
  const session = sessionOf([denied]);
  expect(transcript(session.messages, 1000)).toContain(": denied)");
  Object.assign(session, { createdAt: 0, usage: noUsage });
  expect(exportMarkdown(session)).toContain("**Edit** (denied)");
});

describe("what a call is about:", () => {
  test.each<[Record<string, unknown>, string | undefined, string | undefined]>([
    [{ cmd: "ls" }, undefined, "ls"],
    [{ filePath: "a", oldString: "x" }, undefined, "a"],
    [{ absolute_path: "/a" }, undefined, "/a"],
    [{ notebook_path: "n" }, undefined, "n"],
    [{ url: "https://a.example/", prompt: "Sum it up" }, undefined, "https://a.example/"],
    [{ prompt: "Look around", description: "Explore" }, undefined, "Explore"],
    [{ prompt: "Look around" }, "Explorer", "Explorer"],
    [{ command: "" }, "A title", "A title"],
    [{ command: "ls" }, "A title", "ls"],
    [{ command: ["a", 1] }, undefined, undefined],
    [{}, undefined, undefined],
  ])("%j titled %p: %p", (input, title, expected) => {
    expect(subjectOf({ input, ...(title !== undefined && { title }) })).toBe(expected);
  });
});

test("a stop after a finished call of an engine came while it waited for the model", () => {
  const at = (part: Part) => workAtStop(sessionOf([part], true), run()).point;
  expect(at(call({ kind: "execute", state: "done" }))).toBe("model");
  expect(at(call({ kind: "execute", state: "running" }))).toBe("tool");
  const approval = {
    id: "a",
    kind: "tool",
    tool: "t",
    subject: "",
    digest: "",
    always: [],
  } as const;
  const asked = call({ kind: "other", state: "waiting", approval: { ...approval, always: [] } });
  expect(workAtStop(sessionOf([asked], true), run())).toMatchObject({
    point: "approval",
    during: "tool",
  });
  expect(at({ type: "plan", id: "plan", entries: [] })).toBe("model");
});

describe("the words of a receipt", () => {
  const engine = receiptOf(report, [job([10, 11, 12], [10, 11])]).engine!;
  const words = (more: Partial<ReceiptEngine>) =>
    engineSentences({ ...engine, ...more }, (ms) => `${ms} ms`);

  test("name the engine's own processes apart, and what the stop has waited for", () => {
    expect(engineProcessesWords(engine)).toBe("Codex itself: 2 processes ended");
    expect(engineProcessesWords({ ...engine, processes: [] })).toBe("");
    expect(words({})).toEqual(["Codex said after 34 ms that it was idle."]);
    expect(words({ waited: "time" })).toEqual([
      "Codex did not say that it was idle in the time it had, so it was ended.",
    ]);
    expect(words({ waited: "nothing" })).toEqual(["Codex was ended without waiting for its word."]);
  });

  test("say whose word it is that its connection is closed", () => {
    expect(words({ connection: "engine" })[1]).toEndWith("They closed with its process.");
    expect(words({ connection: "engine", processes: [] })[1]).toEndWith("its own word.");
  });

  test("count only the user's processes, and call a tool that runs commands so", () => {
    const told = receiptOf(
      report,
      [job([10, 12], [10])],
      [call({ name: "shell", kind: "execute", input: { cmd: "make" } })],
    );
    expect(receiptLine(told)).toContain("while a command ran · 1 process ended");
    const own = receiptOf(report, [job([10], [10])], [call({ kind: "fetch" })]);
    expect(receiptLine(own)).toContain("while a tool ran");
    expect(receiptLine(own)).not.toContain("process");
  });
});

test("the history of stops and its CSV have the engine's processes apart", () => {
  const stopped = { ...run(), receipt: receiptOf(report, [job([10, 11, 12], [10, 11])]) };
  const rows = selectStops([{ sessionId: "s", title: "t", run: stopped }], { format: "json" });
  expect(rows).toMatchObject([
    { processesEnded: 1, engine: { name: "Codex", processesEnded: 2, idleMs: 34 } },
  ]);
  const [head, row] = stopsCsv(rows).split("\r\n");
  expect(head).toEndWith(",run_id,engine,engine_processes_ended,engine_idle_ms,user,node");
  expect(row).toEndWith(",run,Codex,2,34,,");
});

test("an export names the engine with its version, its plan and its subagents", () => {
  const inner = {
    id: "i",
    runId: "run",
    role: "assistant" as const,
    createdAt: 1,
    parts: [{ type: "text" as const, id: "t", text: "Looked." }],
  };
  const subagent = {
    kind: "Explore",
    title: "Find it",
    provider: "p",
    model: "m",
    messages: [inner],
    usage: noUsage,
  };
  const session = sessionOf([
    {
      type: "plan",
      id: "plan",
      entries: [
        { text: "Read", state: "completed" },
        { text: "Write", state: "pending" },
      ],
    },
    call({ name: "Agent", kind: "think", subagent, state: "done" }),
    call({ name: "fetch", kind: "fetch", title: "Fetching a.example", state: "done" }),
  ]);
  Object.assign(session, {
    title: "T",
    cwd: "/w",
    createdAt: 0,
    provider: "codex",
    model: "default",
    engine: { id: "codex", version: "0.171.0" },
    usage: noUsage,
  });
  session.runs[0]!.receipt = receiptOf(report, [job([10], [10])]);
  const exported = exportMarkdown(session, "Codex");
  for (const words of [
    "· Codex 0.171.0 · default · /w",
    "## Codex\n",
    "- [x] Read\n- [ ] Write",
    "Subagent: Explore, Find it",
    "> ## Codex\n>\n> Looked.",
    "**fetch** (done): Fetching a.example",
    "> Codex itself: 1 process ended.\n> Codex said after 34 ms that it was idle.",
  ])
    expect(exported).toContain(words);
  expect(exported).not.toContain("Rein");
  expect(exportMarkdown(session)).toContain("· codex 0.171.0 ·");
});

test("an export marks a stop once, and a call that was stopped alone", () => {
  const stop = { by: "user", from: "web", askedAt: 1 } as const;
  const stopped = call({ name: "Bash", kind: "execute", state: "stopped", stop });
  const marks = (parts: Part[]) =>
    exportMarkdown({ ...sessionOf(parts), title: "T", createdAt: 0, usage: noUsage }).match(
      /\[interrupted by user\]/g,
    );
  expect(marks([stopped])).toHaveLength(1);
  expect(marks([stopped, { type: "interruption", id: "i", stop }])).toHaveLength(1);
});

function run(): Run {
  const stop = { by: "user", from: "web", askedAt, point: "tool" } as const;
  return { id: "run", state: "settled", startedAt: 0, usage: noUsage, stop };
}

function sessionOf(parts: Part[], isOpen = false): Session {
  const message = { id: "m", runId: "run", role: "assistant" as const, createdAt: 1, parts };
  return {
    engine: { id: "codex" },
    messages: [{ ...message, ...(!isOpen && { outcome: "stopped" as const }) }],
    runs: [run()],
  } as unknown as Session;
}

function receiptOf(told: TurnReport | undefined, jobs: EndedJob[], parts: Part[] = []) {
  return makeReceipt(sessionOf(parts), run(), undefined, jobs, told);
}

function call(more: Partial<ToolCallPart>): ToolCallPart {
  const part = { type: "tool-call", id: "c", callId: "c", name: "tool", inputText: "" } as const;
  return { ...part, state: "stopped", output: "", startedAt: 1, ...more };
}

function job(pids: number[], engineOwn: number[]): EndedJob {
  const ended = pids.map((pid) => ({ pid, command: `c${pid}` }));
  const end = { ended, leftBehind: [], survivors: [], proof: "proven" as const };
  return { ...(end as unknown as EndedJob), at: askedAt + 40, engineOwn };
}
