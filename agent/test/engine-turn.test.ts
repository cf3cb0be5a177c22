/** What a turn of an engine takes and gives back: its way to the model, its questions, what it is told, and its process. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { reportEnd } from "../server/agent/engine-turn-report";
import type { EngineLoopRequest, GateHooks, TurnGate } from "../server/agent/engine-turn-types";
import type { EndedJob } from "../server/agent/tool-runner";
import type { EngineQuestion } from "../server/engines/engine";
import { EngineError } from "../server/engines/engine";
import { noUsage } from "../shared/protocol";
import { engineScene, jobEnd, type Script } from "./engine-scene";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

const done: Script = async () => ({ outcome: "done" });

const question: EngineQuestion = {
  key: "a",
  name: "bash",
  kind: "execute",
  input: { command: "make" },
  access: { kind: "command", command: "make" },
};

/** A gate that notes what is done with it. */
function notedGate(noted: string[], onCut = () => {}): TurnGate {
  return {
    address: { provider: "anthropic", url: "http://127.0.0.1:1/", token: "t" },
    usage: noUsage,
    counts: { requests: 0, open: 0 },
    setTurn: (turn) => void noted.push(turn ? "turn" : "no turn"),
    cut: () => {
      noted.push("cut");
      onCut();
    },
    close: () => void noted.push("closed"),
  };
}

test("the way to the model is open for the turn alone, and closed with the process", async () => {
  const noted: string[] = [];
  const scene = engineScene(done, { gate: notedGate(noted) });
  await scene.run("One").ended;
  expect(noted).toEqual(["turn", "no turn"]);
  await scene.conversations.close();
  expect(noted).toEqual(["turn", "no turn", "closed"]);
});

test("an opening that fails closes its way to the model", async () => {
  const noted: string[] = [];
  const onOpen = () => {
    throw new EngineError("engine-login", "Log in first.");
  };
  await engineScene(done, { gate: notedGate(noted), onOpen }).run("One").ended;
  expect(noted).toEqual(["closed"]);
});

test("a stop cuts the model once the engine is idle, before its process ends", async () => {
  const noted: string[] = [];
  const scene = engineScene(
    async (turn) => {
      turn.say("Hello");
      await turn.interrupted;
      noted.push("interrupted");
      return { outcome: "interrupted" };
    },
    { gate: notedGate(noted), onKill: async () => void noted.push("kill") },
  );
  const run = scene.run("One");
  await run.until(({ type }) => type === "part-delta");
  run.stop();
  await run.ended;
  expect(noted.slice(0, 4)).toEqual(["turn", "interrupted", "cut", "kill"]);
  await scene.conversations.close();
});

test("a stop cuts the model of an engine that is not idle soon, which then may be", async () => {
  const noted: string[] = [];
  const cut = Promise.withResolvers<void>();
  const scene = engineScene(
    async (turn) => {
      turn.say("Hello");
      await cut.promise;
      return { outcome: "interrupted" };
    },
    { gate: notedGate(noted, () => cut.resolve()) },
  );
  const run = scene.run("One");
  await run.until(({ type }) => type === "part-delta");
  run.stop();
  await run.ended;
  expect(scene.reports).toMatchObject([{ waited: "idle" }]);
  await scene.conversations.close();
});

test("after the turn its questions are nobody's", async () => {
  const scene = engineScene(done);
  await scene.run("One").ended;
  expect((await openOf(scene)).onAsk).toBeUndefined();
  await scene.conversations.close();
});

test("what is allowed by itself waits for the end of a pause", async () => {
  const paused = Promise.withResolvers<void>();
  const scene = engineScene(async (turn) => {
    turn.say("Hello");
    await paused.promise;
    await turn.ask(question, neverAborts);
    return { outcome: "done" };
  });
  const run = scene.run("One");
  await run.until(({ type }) => type === "part-delta");
  scene.pauseGate.close({ by: "pause", from: "web", askedAt: 1 }, false);
  paused.resolve();
  await until(() => scene.log.includes("halted"));
  expect(scene.log).not.toContain("answer allow");
  scene.pauseGate.open();
  expect(await run.ended).toEqual({ outcome: "done" });
  expect(scene.log).toContain("answer allow");
});

test("once a tool was called, what the engine has started is not its own any more", async () => {
  let looks = 0;
  const noteOwn = () => (++looks, []);
  const scene = engineScene(
    async (turn) => {
      if (turn.text === "Two") turn.event({ type: "tool", key: "a", name: "t", kind: "other" });
      return { outcome: "done" };
    },
    { job: { noteOwn } },
  );
  await scene.run("One").ended;
  expect(looks).toBe(3); // at the opening, before the message, and after a turn without a call
  await scene.run("Two").ended;
  expect(looks).toBe(4);
  await scene.run("Three").ended;
  expect(looks).toBe(4);
});

test("that a conversation is gone is said once", async () => {
  const scene = goneScene(done);
  await scene.run("One").ended;
  await scene.conversations.end(scene.session.id);
  await scene.run("Two").ended;
  await scene.run("Three").ended;
  expect(scene.answers().map(({ parts }) => parts.length)).toEqual([0, 1, 0]);
  expect(scene.answers()[1]!.parts[0]).toMatchObject({ type: "other", name: "notice" });
});

test("of a conversation that a stop has cut before its first answer nothing is said to be gone", async () => {
  const scene = goneScene(async (turn) => {
    if (turn.text === "Two") return { outcome: "done" };
    turn.say("Hello");
    await turn.interrupted;
    return { outcome: "interrupted" };
  });
  const run = scene.run("One");
  await run.until(({ type }) => type === "part-delta");
  run.stop();
  await run.ended;
  await scene.run("Two").ended;
  expect(opened(scene.log)).toEqual(["open new", "open conversation-1", "open new"]);
  expect(scene.answers()[1]!.parts).toEqual([]);
  await scene.conversations.close();
});

/** No conversation can be resumed. */
function goneScene(script: Parameters<typeof engineScene>[0]) {
  return engineScene(script, {
    onOpen: ({ conversationId }) => {
      if (conversationId) throw new EngineError("engine-conversation", "It was deleted.");
    },
  });
}

const opened = (log: string[]) => log.filter((line) => line.startsWith("open"));

describe("a history that the service refuses", () => {
  const error = { code: "engine-error", message: "Item 'rs_1' was provided without …" };
  const said = () =>
    scene.answers().map(({ parts }) => parts.map((part) => part.type === "other" && part.text));
  let scene: ReturnType<typeof engineScene>;
  let hooks: GateHooks | undefined;
  let codes: string[][];

  /** Each turn makes requests that end with these codes, "" for none, and fails where there is one. */
  function refusedScene(...answers: string[][]) {
    codes = answers;
    const gate = { ...notedGate([]), setTurn: (turn?: GateHooks) => void (hooks = turn) };
    scene = engineScene(
      async () => {
        const ended = codes.shift()!;
        for (const code of ended)
          hooks!.onClosed({ model: scene.session.model, usage: noUsage, ...(code && { code }) });
        return ended.some(Boolean) ? { outcome: "failed", error } : { outcome: "done" };
      },
      { gate, request: { anew: (text) => `[Earlier]\n\n${text}` } },
    );
    return scene;
  }

  test("is left for a new conversation, which is told what was said, and that is said", async () => {
    refusedScene([""], ["invalid-request"], [""], [""]);
    for (const text of ["One", "Two", "Three", "Four"]) await scene.run(text).ended;
    expect(scene.log.filter((line) => /^(turn|open|drop|kill)/.test(line))).toEqual([
      "open new",
      "turn [Earlier]\n\nOne",
      "turn Two",
      "kill hard",
      "drop",
      "open new",
      "turn [Earlier]\n\nThree",
      "turn Four",
    ]);
    expect(said()).toEqual([
      [],
      [expect.stringContaining("refused this conversation as Scripted keeps it")],
      [],
      [],
    ]);
    await scene.conversations.close();
  });

  for (const [what, ...turns] of [
    ["a key, money or a limit", [""], ["authentication"], [""]],
    ["a request after one that was answered", [""], ["", "invalid-request"], [""]],
    ["the first message of a conversation", ["invalid-request"], [""]],
  ] as const)
    test(`is none where it is ${what}`, async () => {
      refusedScene(...turns.map((turn) => [...turn]));
      for (const _ of turns) await scene.run("Hi").ended;
      expect(scene.log).not.toContain("drop");
      await scene.conversations.close();
    });
});

test("what an engine that has died by itself has left behind is among the ended", () => {
  const jobEnds: EndedJob[] = [];
  const [ended, leftBehind] = [[{ pid: 10, command: "a" }], [{ pid: 11, command: "b" }]];
  const end = { ...jobEnd({ stopped: false }), ended, leftBehind };
  reportEnd({ jobEnds } as unknown as EngineLoopRequest, end, [10]);
  expect(jobEnds[0]).toMatchObject({ ended: [{ pid: 10 }, { pid: 11 }], engineOwn: [10] });
});

test("a session that moves to another directory has its engine resumed there", async () => {
  using root = temporaryDirectory();
  const scene = engineScene(done);
  for (const name of ["one", "two"]) {
    scene.session.cwd = join(realpathSync(root.path), name);
    mkdirSync(scene.session.cwd);
    await scene.run(name).ended;
  }
  expect(scene.log.filter((line) => /^(open|kill)/.test(line))).toEqual([
    "open new",
    "kill hard",
    "open conversation-1",
  ]);
});

test("what is open or being opened is not opened ahead again", async () => {
  const scene = engineScene(done);
  const setting = settingOf(scene);
  scene.conversations.reopen(setting, async () => {});
  scene.conversations.reopen(setting, async () => {});
  await scene.conversations.take(setting, neverAborts);
  scene.conversations.reopen(setting, async () => {});
  await scene.conversations.close();
  await scene.conversations.endSession(scene.session.id);
  expect(scene.log.filter((line) => line.startsWith("open"))).toEqual(["open new"]);
});

test("with a session the engines of its subagents end too", async () => {
  const scene = engineScene(done);
  for (const key of ["session", "subagent"])
    await scene.conversations.take({ ...settingOf(scene), key }, neverAborts);
  await scene.conversations.take(
    { ...settingOf(scene), key: "x", sessionId: "other" },
    neverAborts,
  );
  await scene.conversations.endSession("session");
  expect(scene.log.filter((line) => line === "dead")).toHaveLength(2);
});

function settingOf({ session, engine }: ReturnType<typeof engineScene>) {
  const { id, cwd, model } = session;
  return { key: id, sessionId: id, engine, cwd, model };
}

function openOf(scene: ReturnType<typeof engineScene>) {
  return scene.conversations.take(settingOf(scene), neverAborts);
}
