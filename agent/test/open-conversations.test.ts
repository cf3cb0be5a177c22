/** The open conversations of engines: one process at a time for a session, opened once, and ended when it is not needed. */
import { expect, test } from "bun:test";
import { getEventListeners } from "node:events";
import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { type EngineChild, EngineError } from "../server/engines/engine";
import { engineScene, jobEnd, type Script } from "./engine-scene";
import { temporaryDirectory } from "./temporary-directory";
import { until, nextTurn } from "./within";

const done: Script = async () => ({ outcome: "done" });
const untilInterrupted: Script = async (turn) => {
  turn.say("Hello");
  await turn.interrupted;
  return { outcome: "interrupted" };
};

const opened = (log: string[]) => log.filter((line) => line.startsWith("open"));

test("a second message is sent in the conversation that is open", async () => {
  const scene = engineScene(done);
  await scene.run("One").ended;
  await scene.run("Two").ended;
  expect(opened(scene.log)).toEqual(["open new"]);
  expect(scene.log).toContain("turn Two");
});

test("an engine that takes a while to start is shown as starting, until it has", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const scene = engineScene(done, { onOpen: () => promise });
  const run = scene.run("One");
  await run.until(({ type }) => type === "run-starting");
  expect(scene.session.runs[0]!.starting).toEqual({ since: expect.any(Number) });
  resolve();
  await run.ended;
  expect(scene.session.runs[0]).not.toHaveProperty("starting");
  await scene.run("Two").ended;
  expect(scene.events.filter(({ type }) => type === "run-starting")).toHaveLength(2);
});

test("one that is idle is ended, and the next message resumes it by its name", async () => {
  const scene = engineScene(done, { idleMs: 5 });
  await scene.run("One").ended;
  await until(() => scene.log.includes("dead"));
  await scene.run("Two").ended;
  expect(opened(scene.log)).toEqual(["open new", "open conversation-1"]);
});

test("one that was opened for a message that is stopped before it is sent is ended when it is idle", async () => {
  const ready = Promise.withResolvers<void>();
  const readyToWrite = (signal: AbortSignal) => {
    ready.resolve();
    return new Promise<void>((_resolve, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason)),
    );
  };
  const scene = engineScene(done, { idleMs: 5, request: { readyToWrite } });
  const run = scene.run("One");
  await ready.promise;
  run.stop();
  expect(await run.ended).toEqual({ outcome: "stopped" });
  await until(() => scene.log.includes("dead"));
});

test("a turn leaves no listener with the process that goes on", async () => {
  const scene = engineScene(done);
  await scene.run("One").ended;
  const { id, cwd, model } = scene.session;
  const setting = { key: id, sessionId: id, engine: scene.engine, cwd, model };
  const { ended } = await scene.conversations.take(setting, new AbortController().signal);
  expect(getEventListeners(ended, "abort")).toEqual([]);
  await scene.conversations.close();
});

test("one that somebody looks at stays open", async () => {
  let looks = 0;
  const scene = engineScene(done, { idleMs: 2, isWatched: () => ++looks < 3 });
  await scene.run("One").ended;
  await until(() => looks === 2);
  expect(scene.log).not.toContain("kill hard");
  await until(() => scene.log.includes("kill hard"));
});

test("another model is told to the process where it takes one, and starts another where not", async () => {
  const models: string[] = [];
  const setModel = async (model: string) => void models.push(model);
  const scene = engineScene(done, { conversation: { setModel } });
  await scene.run("One").ended;
  scene.session.model = "other";
  await scene.run("Two").ended;
  expect(models).toEqual(["other"]);
  expect(opened(scene.log)).toEqual(["open new"]);

  const plain = engineScene(done);
  await plain.run("One").ended;
  plain.session.model = "other";
  await plain.run("Two").ended;
  expect(plain.log.slice(plain.log.indexOf("turn One") + 1)).toEqual([
    "end",
    "kill hard",
    "dead",
    "open conversation-1",
    "keep conversation-1",
    "turn Two",
    "end",
  ]);
});

test("a conversation that is gone begins anew, with what was said in front, and says so", async () => {
  const scene = engineScene(done, {
    idleMs: 5,
    request: { anew: (text) => `[Earlier]\n\n${text}` },
    onOpen: ({ conversationId }) => {
      if (conversationId) throw new EngineError("engine-conversation", "It was deleted.");
    },
  });
  await scene.run("One").ended;
  await until(() => scene.log.includes("dead"));
  await scene.run("Two").ended;
  expect(scene.log.filter((line) => line.startsWith("turn"))).toEqual([
    "turn [Earlier]\n\nOne",
    "turn [Earlier]\n\nTwo",
  ]);
  expect(scene.answers()[1]!.parts).toMatchObject([
    {
      type: "other",
      name: "notice",
      text: expect.stringContaining("no longer has this conversation. It goes on in a new one"),
    },
  ]);
  await scene.run("Three").ended;
  expect(scene.log).toContain("turn Three");
});

test("an engine whose directory was replaced is ended, and resumed in the one that is there", async () => {
  using root = temporaryDirectory();
  const scene = engineScene(done);
  scene.session.cwd = join(realpathSync(root.path), "project");
  mkdirSync(scene.session.cwd);
  await scene.run("One").ended;
  renameSync(scene.session.cwd, `${scene.session.cwd}-moved`);
  mkdirSync(scene.session.cwd);
  await scene.run("Two").ended;
  await scene.run("Three").ended;
  expect(scene.log.slice(scene.log.indexOf("end") + 1)).toEqual([
    "kill hard",
    "dead",
    "open conversation-1",
    "keep conversation-1",
    "turn Two",
    "end",
    "keep conversation-1",
    "turn Three",
    "end",
  ]);
});

test.each([
  ["is gone", "cannot be accessed. Bring it back", () => {}],
  [
    "has become a link",
    "has become another one",
    (path: string) => symlinkSync(`${path}-moved`, path),
  ],
])(
  "no message is sent in a directory that %s: it says so, and goes on when that is back",
  async (_what, words, replace) => {
    using root = temporaryDirectory();
    const scene = engineScene(done);
    const cwd = join(realpathSync(root.path), "project");
    scene.session.cwd = cwd;
    mkdirSync(cwd);
    await scene.run("One").ended;
    renameSync(cwd, `${cwd}-moved`);
    replace(cwd);
    const { outcome, error } = await scene.run("Two").ended;
    expect([outcome, error?.code]).toEqual(["failed", "engine-directory"]);
    expect(error?.message).toContain(words);
    expect(scene.log).toContain("dead");
    rmSync(cwd, { force: true });
    renameSync(`${cwd}-moved`, cwd);
    await scene.run("Three").ended;
    expect(scene.log.slice(-4)).toEqual([
      "open conversation-1",
      "keep conversation-1",
      "turn Three",
      "end",
    ]);
  },
);

test("one whose engine was changed in its turn ends with that, and the next message opens it anew", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const scene = engineScene(async (turn) => {
    turn.say("Hello");
    await promise;
    return { outcome: "done" };
  });
  const run = scene.run("One");
  await run.until(({ type }) => type === "part-delta");
  scene.conversations.outdate((engine) => engine === scene.engine);
  expect(scene.log.at(-1)).toBe("turn One");
  resolve();
  expect(await run.ended).toEqual({ outcome: "done" });
  await scene.run("Two").ended;
  expect(opened(scene.log)).toEqual(["open new", "open conversation-1"]);
  expect(scene.log).toContain("dead");
});

test("another failure of the opening is no fresh conversation", async () => {
  const scene = engineScene(done, {
    onOpen: ({ conversationId }) => {
      if (conversationId) throw new EngineError("engine-login", "Log in first.");
    },
  });
  scene.session.engine!.conversationId = "kept";
  const { error } = await scene.run("One").ended;
  expect(error).toEqual({ code: "engine-login", message: "Log in first." });
  expect(scene.session.engine!.conversationId).toBe("kept");
});

test("what fails ahead while a message waits for it is tried again by the message", async () => {
  const failing = Promise.withResolvers<void>();
  let openings = 0;
  const scene = engineScene(untilInterrupted, {
    onOpen: async () => {
      if (++openings !== 2) return;
      await failing.promise;
      throw new EngineError("engine-wire", "Not now.");
    },
  });
  const run = scene.run("One");
  await run.until(({ type }) => type === "part-delta");
  run.stop();
  await run.ended;
  await until(() => openings === 2);
  const next = scene.run("Two");
  await next.until(({ type }) => type === "run-starting");
  failing.resolve();
  await until(() => scene.log.includes("turn Two"));
  next.stop();
  await next.ended;
  await scene.conversations.close();
});

test("a stop while what was opened ahead is still being opened ends that, and nothing is opened in its place", async () => {
  let openings = 0;
  const scene = engineScene(untilInterrupted, {
    onOpen: (_request, signal) => {
      if (++openings !== 2) return;
      return new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      );
    },
  });
  const run = scene.run("One");
  await run.until(({ type }) => type === "part-delta");
  run.stop();
  await run.ended;
  await until(() => openings === 2);
  const next = scene.run("Two");
  // It waits for the one that is being opened.
  await next.until(({ type }) => type === "run-starting");
  next.stop();
  expect(await next.ended).toEqual({ outcome: "stopped" });
  // Another one is opened ahead, which only the conversations know.
  await until(() => openings === 3);
  await scene.conversations.close();
  expect(scene.log.filter((line) => line.startsWith("kill"))).toHaveLength(2);
  expect(opened(scene.log)).toHaveLength(3);
});

test("what a stop has cut is added to the history before the next message is sent", async () => {
  const amended = Promise.withResolvers<boolean>();
  let amends = 0;
  const scene = engineScene(untilInterrupted, {
    conversation: { amend: () => (amends++, amended.promise) },
  });
  const run = scene.run("One");
  await run.until(({ type }) => type === "part-delta");
  run.stop();
  await run.ended;
  const next = scene.run("Two");
  await until(() => amends === 1);
  await nextTurn();
  expect(scene.log).not.toContain("turn Two");
  amended.resolve(true);
  await until(() => scene.log.includes("turn Two"));
  next.stop();
  await next.ended;
  await scene.conversations.close();
});

test("a session that is deleted has no process left, though one was being opened ahead", async () => {
  const scene = engineScene(untilInterrupted);
  const run = scene.run("One");
  await run.until(({ type }) => type === "part-delta");
  run.stop();
  await run.ended;
  await scene.conversations.endSession(scene.session.id);
  expect(opened(scene.log)).toEqual(["open new"]);
});

test("nothing is opened any more when the server ends", async () => {
  const scene = engineScene(done);
  await scene.run("One").ended;
  await scene.conversations.close();
  expect(scene.log.at(-1)).toBe("dead");
  const { error } = await scene.run("Two").ended;
  expect(error?.code).toBe("engine-closed");
});

test("what is asked outside a turn is answered cancelled", async () => {
  let last!: Parameters<Script>[0];
  const scene = engineScene(async (turn) => {
    last = turn;
    return { outcome: "done" };
  });
  await scene.run("One").ended;
  const access = { kind: "command", command: "ls" } as const;
  expect(await last.ask({ key: "a", name: "bash", kind: "execute", access }, neverAborts)).toEqual({
    allow: false,
    cancelled: true,
  });
});

test("an engine that ends as soon as it is open fails the message, after some attempts", async () => {
  const child = { pid: 1, ended: Promise.resolve(jobEnd({ stopped: false })) } as EngineChild;
  const scene = engineScene(done, { conversation: { child } });
  const { error } = await scene.run("One").ended;
  expect(error?.message).toBe("Scripted ends as soon as it has been started.");
  expect(opened(scene.log)).toHaveLength(5);
});
