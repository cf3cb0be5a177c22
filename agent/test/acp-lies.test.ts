/** Whatever an ACP agent does wrong, its turn ends, nothing it says outside a turn is taken, and nothing of it is left running. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineChild } from "../server/engines/engine";
import { type AcpScene, openAcp, openAcpUntil } from "./acp-scene";
import { type AgentBehaviour, type AgentStep, type CancelWay, play } from "./agents/agent-script";
import { isAlive, untilFile } from "./machine-facts";
import { lastingDirectory } from "./temporary-directory";
import { until, within } from "./within";

const directory = lastingDirectory("rein-lies-");
let count = 0;
const newFile = () => join(directory, `file-${++count}`);

/** A turn that has come to a running command. */
async function running(scene: AcpScene, ...first: AgentStep[]) {
  const pidFile = newFile();
  const turn = scene.begin(
    play(
      { text: "before" },
      ...first,
      {
        tool: {
          id: "a",
          command: `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 300`,
        },
      },
      { text: "never" },
    ),
  );
  await untilFile(pidFile);
  return { ...turn, pid: Number(readFileSync(pidFile, "utf8")) };
}

describe("an interrupt", () => {
  const ends: Partial<Record<CancelWay, unknown>> = {
    obey: { outcome: "interrupted" },
    "idle-first": { outcome: "interrupted" },
    late: { outcome: "interrupted" },
    done: { outcome: "done" },
    error: { outcome: "failed", error: { code: "engine-failed" } },
  };
  for (const [way, end] of Object.entries(ends) as [CancelWay, object][])
    test(`ends the turn of an agent whose way is “${way}”, and the next turn is clean`, async () => {
      await using scene = await openAcp();
      const turn = await running(scene, { onCancel: way });
      scene.conversation.interrupt();
      scene.conversation.interrupt();
      const { events, end: got, text } = await turn.ended;
      expect(got).toMatchObject(end);
      expect(text).toBe(way === "obey" ? "beforeCancelled. " : "before");
      expect(events.some((event) => "key" in event && event.key === "late")).toBe(false);
      expect(await scene.turn(play({ text: "next" }))).toMatchObject({
        text: "next",
        end: { outcome: "done" },
      });
      // It said that it was idle while this still ran: that is why the job is ended and not only interrupted.
      if (way === "idle-first") expect(isAlive(turn.pid)).toBe(true);
      await scene.conversation.child.stop("hard");
      expect(isAlive(turn.pid)).toBe(false);
    });

  test("leaves the calls that it has cut open, with what they have written", async () => {
    await using scene = await openAcp();
    const file = newFile();
    const turn = scene.begin(
      play({
        tool: {
          id: "a",
          command: `echo so far; touch ${file}; exec sleep 300`,
          endsAfterCancel: true,
        },
      }),
    );
    await untilFile(file);
    await until(() => turn.events.some(({ type }) => type === "tool-output"));
    scene.conversation.interrupt();
    const { events } = await turn.ended;
    expect(events.findLast(({ type }) => type === "tool-output")).toEqual({
      type: "tool-output",
      key: "a",
      whole: "so far\nkilled",
    });
    expect(events.some(({ type }) => type === "tool-end")).toBe(false);
  });

  for (const live of [false, true] as const)
    test(`takes no words for its model as the output of a call that it has cut, ${live ? "nor as a piece of it" : "as a whole"}`, async () => {
      await using scene = await openAcp();
      const file = newFile();
      const command = `touch ${file}; exec sleep 300`;
      const tool = {
        id: "a",
        command,
        ...(live && { live }),
        endsAfterCancel: "with words",
      } as const;
      const turn = scene.begin(play({ tool }));
      await untilFile(file);
      scene.conversation.interrupt();
      expect(JSON.stringify((await turn.ended).events)).not.toContain("NOT run");
    });

  test("of an agent that ignores it is ended by the end of its job", async () => {
    await using scene = await openAcp({ ignoresTerm: true });
    const turn = await running(scene, { onCancel: "ignore" });
    scene.conversation.interrupt();
    const end = await scene.conversation.child.stop("hard");
    expect(end.survivors).toEqual([]);
    expect(isAlive(turn.pid)).toBe(false);
    expect((await turn.ended).end).toMatchObject({
      outcome: "failed",
      error: { code: "engine-ended" },
    });
    expect((await scene.turn("more")).end).toMatchObject({
      outcome: "failed",
      error: { code: "engine-ended" },
    });
  });

  test("answers a pending question at once, and those that come after it", async () => {
    let asked = 0;
    await using scene = await openAcp({}, { answer: () => (asked++, new Promise(() => {})) });
    const turn = scene.begin(play({ tool: { id: "a", command: "echo ran", ask: true } }));
    await until(() => asked === 1);
    scene.conversation.interrupt();
    expect((await turn.ended).end).toEqual({ outcome: "interrupted" });
    expect(scene.questions[0]!.signal.aborted).toBe(true);
  });

  test("kills what daemonised, in the job", async () => {
    const [a, b] = [newFile(), newFile()];
    await using scene = await openAcp();
    const daemons = `(setsid sh -c 'echo $$ > ${a}; exec sleep 300' &) ; env -i setsid -f sh -c 'echo $$ > ${b}; exec sleep 300'; sleep 300`;
    const turn = scene.begin(play({ tool: { id: "a", command: daemons } }));
    await until(() =>
      [a, b].every((file) => existsSync(file) && readFileSync(file, "utf8").endsWith("\n")),
    );
    scene.conversation.interrupt();
    await turn.ended;
    const pids = [a, b].map((file) => Number(readFileSync(file, "utf8")));
    expect(pids.map(isAlive)).toEqual([true, true]);
    expect((await scene.conversation.child.stop("hard")).survivors).toEqual([]);
    expect(pids.map(isAlive)).toEqual([false, false]);
  });
});

describe("in a turn", () => {
  test("an agent that crashes fails it with the reason", async () => {
    await using scene = await openAcp();
    const { end, text } = await scene.turn(play({ text: "so far" }, { exit: 7 }));
    expect(text).toBe("so far");
    expect(end).toMatchObject({
      outcome: "failed",
      error: { code: "engine-ended", message: expect.stringContaining("exit code 7") },
    });
  });

  test("bad JSON, wrong ids and second answers change nothing", async () => {
    await using scene = await openAcp();
    const played = await scene.turn(
      play(
        { raw: "{" },
        { raw: "not JSON" },
        { raw: '{"jsonrpc":"2.0","id":999,"result":{}}' },
        {
          raw: '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"another","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"no"}}}}',
        },
        { update: { sessionUpdate: "tool_call" } },
        { update: { sessionUpdate: "agent_message_chunk", content: 7 } },
        { text: "fine" },
        { end: "end_turn", twice: true, wrongIdFirst: true },
      ),
    );
    expect(played).toMatchObject({ text: "fine", end: { outcome: "done" } });
    expect(await scene.turn(play({ text: "next" }))).toMatchObject({
      text: "next",
      end: { outcome: "done" },
    });
  });

  test("a line of 10 MB is taken, and a flood of 200,000 updates", async () => {
    await using scene = await openAcp();
    expect((await scene.turn(play({ big: 10_000_000 }))).text).toHaveLength(10_000_000);
    expect((await scene.turn(play({ flood: 200_000 }))).text).toHaveLength(1_000_000);
  });

  test("a line without an end fails it, and ends the agent", async () => {
    await using scene = await openAcp();
    const { end } = await scene.turn(play({ endless: 40_000_000 }));
    expect(end).toMatchObject({ outcome: "failed", error: { code: "engine-wire" } });
    await within("the end of the job", scene.conversation.child.ended);
  });

  test("how it ends is told: an error with its details, a log-in that has run out, a refusal", async () => {
    await using scene = await openAcp();
    const data = { details: "No such model" };
    const failed = await scene.turn(
      play({ fail: { code: -32_603, message: "Internal error", data } }),
    );
    expect(failed.end).toMatchObject({
      error: { code: "engine-failed", message: "Scripted failed: Internal error (No such model)" },
    });
    // What the protocol puts in front of the words says nothing.
    const words = await scene.turn(
      play({ fail: { code: -32_603, message: "Internal error: API Error: 400 No" } }),
    );
    expect(words.end).toMatchObject({
      error: { message: "Scripted failed: API Error: 400 No" },
    });
    const twice = await scene.turn(
      play(
        { text: "API Error: 400 No" },
        { fail: { code: -32_603, message: "Internal error: API Error: 400 No" } },
      ),
    );
    expect(twice.end).toMatchObject({ error: { message: "Scripted failed, as it says above." } });
    const login = await scene.turn(
      play({ fail: { code: -32_000, message: "Authentication required" } }),
    );
    expect(login.end).toMatchObject({ error: { code: "engine-login" } });
    for (const end of ["refusal", "max_tokens", "max_turn_requests"])
      expect((await scene.turn(play({ end }))).end).toMatchObject({ outcome: "failed" });
    const limited = await scene.turn(play({ end: "max_turn_requests" }));
    expect(limited.end).toMatchObject({
      error: { message: expect.stringContaining("repeating itself") },
    });
    expect((await scene.turn(play({ end: "something new" }))).end).toEqual({ outcome: "done" });
  });
});

test("a turn that nobody asked for is interrupted, and its question is not answered by anybody", async () => {
  const log = newFile();
  const file = newFile();
  await using scene = await openAcp({ log });
  const steps: AgentStep[] = [
    { text: "By the way" },
    { tool: { id: "x", command: "echo bad", ask: true } },
    { touch: `${file}.done` },
  ];
  await scene.turn(play({ text: "asked" }, { later: { file, steps } }));
  writeFileSync(file, "");
  await untilFile(`${file}.done`);
  const heard = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { method?: string; result?: unknown });
  expect(heard.filter(({ method }) => method === "session/cancel")).toHaveLength(1);
  expect(heard.at(-1)).toMatchObject({ result: { outcome: { outcome: "cancelled" } } });
  expect(scene.questions).toEqual([]);
  expect((await scene.turn(play({ text: "next" }))).text).toBe("next");
});

describe("an agent that cannot be opened is refused with a sentence, and nothing of it runs:", () => {
  const cases: [string, AgentBehaviour, RegExp, string?][] = [
    ["another version", { version: 2 }, /speaks version 2 of ACP, and Rein version 1/],
    [
      "garbage in the place of an answer, then its end",
      { garbage: '{"jsonrpc":"2.0","id":1,"result":{"hello":1}}' },
      /answered “initialize” with something/,
    ],
    [
      "a death at the start",
      { exitAtStart: 3 },
      /ended \(exit code 3\)\. It wrote: The scripted agent has no model\./,
    ],
    [
      "a missing log-in",
      { needsLogin: true },
      /is not logged in\. Log in to Scripted as its documentation says\.$/,
    ],
    [
      "a conversation that is gone",
      { resume: "fail" },
      /could not take up the conversation again: Invalid session/,
      "gone",
    ],
    ["no way to take one up", { resume: "none" }, /cannot take up a conversation again/, "gone"],
  ];
  for (const [title, behaviour, words, conversationId] of cases)
    test(title, async () => {
      const request = conversationId === undefined ? {} : { conversationId };
      let pid = 0;
      const onStart = (child: EngineChild) => void (pid = child.pid);
      const error = await openAcp(behaviour, { request, onStart }).then(
        () => undefined,
        (reason: unknown) => reason as Error & { code: string },
      );
      expect(error?.message).toMatch(words);
      expect(isAlive(pid)).toBe(false);
      expect(error!.code === "engine-conversation").toBe(conversationId !== undefined);
    });
});

test("a slow start is waited for, and its signal ends it with its job", async () => {
  const file = newFile();
  const opening = openAcp({ startAfter: file });
  writeFileSync(file, "");
  await using scene = await opening;
  expect((await scene.turn("Hello")).text).toBe("You said: Hello");
  const controller = new AbortController();
  let pid = 0;
  const reason = new Error("stopped");
  const onStart = (child: EngineChild) => {
    pid = child.pid;
    controller.abort(reason);
  };
  const mute = openAcpUntil({ mute: true }, { onStart }, controller.signal);
  expect(await mute.catch((error: unknown) => error)).toBe(reason);
  expect(isAlive(pid)).toBe(false);
});
