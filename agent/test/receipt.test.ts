/** A receipt is correct: the tests count the same facts by other means. */
import { beforeEach, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Receipt, Session, StopAnswer } from "../shared/protocol";
import { allowing, replyTo } from "./control-api";
import { isAlive, untilFile } from "./machine-facts";
import type { Chat } from "./rein";
import { startRein } from "./rein";
import { filesIn, sharedUndoScene } from "./undo-scene";
import { failure, makeGate, text, toolCall, usage } from "./upstream/upstream";

const scene = sharedUndoScene();
let cwd: string;
beforeEach(() => {
  cwd = join(scene.rein.cwd, "work");
  mkdirSync(cwd);
});

test("the receipt names every process that was alive, and each is dead", async () => {
  const command =
    "sleep 1000 & sleep 1001 & (sleep 1002; true) & setsid sleep 1003 & : > begun; wait";
  scene.upstream.script([toolCall("bash", { command })]);
  const chat = scene.send({ cwd });
  await untilFile(join(cwd, "begun"));
  const alive = processesIn(cwd);
  const { processes, survivors } = await stopped(chat);
  // One of them may have started another between the count and the stop.
  expect(processes.map(({ pid }) => pid)).toEqual(expect.arrayContaining(alive));
  expect(alive.length).toBeGreaterThanOrEqual(5);
  expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
  expect(processes.every(({ endedMs }) => endedMs !== undefined && endedMs >= 0)).toBe(true);
  expect(survivors).toEqual([]);
});

test("the receipt lists every file that was created, changed, deleted or renamed", async () => {
  for (const name of ["kept", "changed", "deleted", "old"])
    writeFileSync(join(cwd, name), `${name}\n`.repeat(20));
  const before = filesIn(cwd);
  const command =
    "echo x >> changed; rm deleted; mv old new; mkdir d; for i in 1 2 3; do echo $i > d/$i; done; touch begun; sleep 1000";
  scene.upstream.script([
    toolCall("write", { path: "written", content: "by a tool" }),
    toolCall("bash", { command }),
  ]);
  const chat = scene.send({ cwd });
  await untilFile(join(cwd, "begun"));
  await chat.until((event) => event.type === "tool-end" && event.outcome === "done");
  await stopped(chat);
  const after = filesIn(cwd);
  const differing = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => before[name] !== after[name],
  );
  const { changes } = chat.session.runs[0]!;
  const named = changes!.files.flatMap(({ path, from }) =>
    from === undefined ? [path] : [path, from],
  );
  expect(named.toSorted()).toEqual(differing.toSorted());
  const { files } = await scene.changes(chat);
  expect(files.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    "created begun",
    "changed changed",
    "created d/1",
    "created d/2",
    "created d/3",
    "deleted deleted",
    "renamed new",
    "created written",
  ]);
  expect(files.find(({ path }) => path === "changed")!.diff).toContain("\n+x\n");
});

test("the receipt distinguishes calls that were done, stopped and never started, with their output", async () => {
  scene.upstream.script([
    toolCall("bash", { command: "echo finished" }),
    toolCall("bash", { command: "echo begun; touch begun; sleep 1000" }),
    toolCall("write", { path: "/tmp/elsewhere-of-rein", content: "x" }),
  ]);
  const chat = scene.send({ cwd, permissions: "edits" });
  const allowed = new Set<string>();
  for (const command of ["echo finished", "echo begun"]) {
    const event = await chat.until(
      (event) =>
        event.type === "approval-request" &&
        event.approval.subject.startsWith(command) &&
        !allowed.has(event.approval.id),
    );
    if (event.type !== "approval-request") throw new Error("expected a question");
    allowed.add(event.approval.id);
    await replyTo(scene.rein, event.approval, allowing(event.approval));
  }
  await untilFile(join(cwd, "begun"));
  await chat.until((event) => event.type === "tool-end" && event.outcome === "done");
  await chat.until(
    (event) =>
      event.type === "part-delta" && event.field === "output" && event.delta.includes("begun"),
  );
  const receipt = await stopped(chat);
  expect(
    receipt.toolCalls.map(({ subject, outcome, output }) => [subject, outcome, output]),
  ).toEqual([
    ["echo finished", "done", "finished"],
    ["echo begun; touch begun; sleep 1000", "stopped", "begun"],
    ["/tmp/elsewhere-of-rein", "never-started", ""],
  ]);
  expect(receipt).toMatchObject({ stop: { by: "user", from: "api", point: "approval" } });
  expect(receipt.during).toBe("/tmp/elsewhere-of-rein and 1 more");
});

test("the receipt says when the model's socket closed, what was requested, and that the count of a cut answer is an estimate", async () => {
  scene.upstream.script(
    [text("Look."), toolCall("bash", { command: "true" }), usage(1000, 50)],
    [text("A few words ", makeGate())],
  );
  const chat = scene.send({ cwd });
  await chat.until((event) => event.type === "part-delta" && event.delta.includes("A few"));
  const receipt = await stopped(chat);
  expect(await scene.upstream.requests[1]!.ended).toBe("client");
  expect(receipt).toMatchObject({
    modelCalls: 2,
    modelCallsClosed: 1,
    usage: { estimated: true },
  });
  expect(receipt.modelClosedMs!).toBeLessThanOrEqual(receipt.settledMs);
  expect(receipt.usage.inputTokens).toBeGreaterThan(1000);
});

test("the receipt has a part for each subagent", async () => {
  const titles = ["done", "cut"];
  scene.upstream.script(
    titles.map((title) => toolCall("subagent", { role: "simple", title, task: `Be ${title}.` })),
  );
  scene.upstream.route(({ body }) => {
    const json = JSON.stringify(body);
    if (json.includes("Do it")) return undefined;
    if (json.includes("Be done.")) return [text("Finished.")];
    return [toolCall("bash", { command: "touch begun; sleep 1000" })];
  });
  const chat = scene.send({ cwd });
  await untilFile(join(cwd, "begun"));
  await chat.until((event) => event.type === "tool-end" && event.outcome === "done");
  const receipt = await stopped(chat);
  expect(
    receipt.subagents.map(({ title, outcome, toolCalls }) => [title, outcome, toolCalls]),
  ).toEqual([
    ["done", "done", 0],
    ["cut", "stopped", 1],
  ]);
  expect(receipt.subagents.every((one) => one.usage.outputTokens > 0)).toBe(true);
});

test("the receipt is the same in the answer, the event, the session and after a restart", async () => {
  scene.upstream.script([toolCall("bash", { command: "touch begun; sleep 1000" })]);
  const chat = scene.send({ cwd });
  await untilFile(join(cwd, "begun"));
  const receipt = await stopped(chat);
  const end = chat.events.find((event) => event.type === "run-end");
  expect(end).toMatchObject({ receipt });
  scene.rein.signal("SIGTERM");
  await scene.rein.exited;
  await using later = await startRein({ dataDir: scene.rein.dataDir });
  const [run] = (await later.session(chat.sessionId)).runs;
  expect(run!.receipt).toEqual(receipt);
  expect(run!.changes).toEqual(chat.session.runs[0]!.changes);
});

test("a run that ends by itself has a receipt too, without a stop", async () => {
  const chat = await scene.run("echo x > x", { cwd });
  const run = chat.session.runs[0]!;
  expect(run.receipt).toMatchObject({
    settledMs: 0,
    modelCalls: 2,
    toolCalls: [{ name: "bash", subject: "echo x > x", outcome: "done" }],
  });
  expect(run.receipt!.stop).toBeUndefined();
  expect(run.changes?.files).toEqual([{ path: "x", kind: "created" }]);
});

test("a run that the death of the server cut has a receipt", async () => {
  scene.upstream.script([text("Part of ", makeGate(), "it.")]);
  const chat = scene.send({ cwd });
  await chat.until((event) => event.type === "part-delta");
  await scene.rein.json("/api/sessions");
  scene.rein.signal("SIGKILL");
  await scene.rein.exited;
  await using later = await startRein({ dataDir: scene.rein.dataDir });
  const [run] = (await later.session(chat.sessionId)).runs;
  expect(run!.receipt).toMatchObject({ stop: { by: "crash" }, modelCallsClosed: 1 });
});

test("the next request tells the model in one line what was ended, done and undone, and every later request repeats it", async () => {
  scene.upstream.script([
    toolCall("write", { path: "written.txt", content: "x" }),
    toolCall("bash", { command: "touch begun; sleep 1000" }),
  ]);
  const chat = scene.send({ cwd });
  await chat.until((event) => event.type === "tool-end" && event.outcome === "done");
  await untilFile(join(cwd, "begun"));
  await stopped(chat);
  const next = await say(chat.sessionId, "Go on");
  const note = userTexts().at(-1)!.split("\n\n")[0]!;
  expect(note).toContain("stopped by the user during touch begun; sleep 1000");
  expect(note).toContain("Finished before that: write written.txt.");
  expect(note).toContain("Ended unfinished: bash touch begun; sleep 1000.");
  expect(note).toContain("Files it had changed: begun, written.txt.");
  expect(note).not.toContain("\n");

  await scene.undo(chat);
  await say(next.sessionId, "And now?");
  const [, second, third] = userTexts();
  expect(second).toBe(`${note}\n\nGo on`);
  expect(third).toContain("The user has since undone what an earlier run changed");
  expect(third).toContain("begun, written.txt");
});

test("a run that ended by itself adds no line to the next request", async () => {
  const chat = await scene.run("echo x > x", { cwd });
  await say(chat.sessionId, "Go on");
  expect(userTexts().at(-1)).toBe("Go on");
});

test("a stop in the countdown of a retry reports no open model call and does not count the refused request", async () => {
  scene.upstream.script([failure("rate-limit", { headers: { "retry-after": "60" } })]);
  const chat = scene.send({ cwd });
  await chat.until((event) => event.type === "retry-start");
  expect(await stopped(chat)).toMatchObject({
    modelCallsClosed: 0,
    usage: { inputTokens: 0, outputTokens: 0 },
  });
});

test("a request that the service refused adds no usage", async () => {
  scene.upstream.script([failure("authentication")]);
  const chat = scene.send({ cwd });
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "failed", usage: { inputTokens: 0 } }]);
  expect(chat.session.context).toBeUndefined();
});

test("the receipt keeps the last lines of a long output, each of them complete", async () => {
  scene.upstream.script([
    toolCall("bash", { command: "seq -f 'line number %g' 1 60; touch begun; sleep 1000" }),
  ]);
  const chat = scene.send({ cwd });
  await untilFile(join(cwd, "begun"));
  await chat.until(() => JSON.stringify(chat.session.messages).includes("line number 60"));
  const [first, ...others] = (await stopped(chat)).toolCalls[0]!.output.split("\n");
  expect(first).toBe("…");
  expect(others.every((line) => /^line number \d+$/.test(line))).toBe(true);
});

async function stopped(chat: Chat): Promise<Receipt> {
  const answer: StopAnswer = await scene.rein.stop(chat.sessionId);
  await scene.settled(chat);
  if (!answer.stopped || answer.receipt === null) throw new Error("expected a receipt");
  return answer.receipt;
}

async function say(sessionId: Session["id"], message: string): Promise<Chat> {
  scene.upstream.script([text("Yes.")]);
  const chat = scene.send({ sessionId, message });
  await scene.settled(chat);
  return chat;
}

/** The user's text in the last request to the model. */
function userTexts(): string[] {
  const { messages } = scene.upstream.requests.at(-1)!.body as {
    messages: { role: string; content: string }[];
  };
  return messages.filter(({ role }) => role === "user").map(({ content }) => content);
}

/** The ids of the living processes that work in the directory. */
function processesIn(directory: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && workingIn(name) === directory && isAlive(Number(name)))
    .map(Number)
    .toSorted((a, b) => a - b);
}

function workingIn(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // It has exited, or belongs to another user.
    return "";
  }
}
