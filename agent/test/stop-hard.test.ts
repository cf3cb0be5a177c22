/** A hard stop reaches the processes of what it names: one that is still cleaning up gets no more time. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { isAlive, untilFile } from "./machine-facts";
import type { Chat } from "./rein";
import { text, toolCall } from "./upstream/upstream";

// Longer than any test: without the hard stop it would never end.
const endless = { REIN_GRACE_MS: "3600000" };
const { upstream, rein, send } = apiScene({
  environment: (upstream) => ({ ...chatCompletionsOnly(upstream), ...endless }),
});

/** A command that cleans up without end on SIGTERM, which the file `NAME-cleaning` shows. */
function bash(name: string) {
  const command = `trap 'touch ${name}-cleaning; while :; do sleep 1; done' TERM; echo ${name} pid $$.; while :; do sleep 1; done`;
  return toolCall("bash", { command });
}

async function pidOf(chat: Chat, name: string): Promise<number> {
  const shown = new RegExp(`${name} pid (\\d+)\\.`);
  const pid = () => shown.exec(JSON.stringify(chat.session.messages.at(-1)));
  if (chat.events.length === 0 || !pid()) await chat.until(() => pid() !== null);
  return Number(pid()![1]);
}

const isCleaning = (name: string) => untilFile(join(rein.cwd, `${name}-cleaning`));

test("a hard stop immediately kills the command that a polite stop waits for", async () => {
  upstream.script([bash("one")]);
  const chat = send({ permissions: "all" });
  const pid = await pidOf(chat, "one");
  const { sessionId, runId } = chat;
  const polite = rein.stop(sessionId, { runId });
  await isCleaning("one");
  expect(isAlive(pid)).toBe(true);
  const hard = await rein.stop(sessionId, { runId, hard: true });
  expect(isAlive(pid)).toBe(false);
  expect(hard).toMatchObject({ outcome: "stopped", receipt: { survivors: [] } });
  expect(await polite).toEqual(hard);
});

test("a hard stop of one tool call kills its command alone, and the run goes on", async () => {
  upstream.script([bash("one"), bash("two")], [text("Then without them.")]);
  const chat = send({ permissions: "all" });
  const pids = [await pidOf(chat, "one"), await pidOf(chat, "two")];
  const [one, two] = toolCallsOf(chat.session.messages.at(-1)!).map(({ id }) => id);
  const stop = (toolCallId: string | undefined, hard: boolean) =>
    rein.stop(chat.sessionId, { runId: chat.runId, toolCallId, hard });
  const polite = [stop(one, false), stop(two, false)];
  await Promise.all(["one", "two"].map(isCleaning));
  expect(await stop(one, true)).toMatchObject({ stopped: true, outcome: "stopped" });
  expect(pids.map(isAlive)).toEqual([false, true]);
  await stop(two, true);
  expect(pids.map(isAlive)).toEqual([false, false]);
  expect(await Promise.all(polite)).toMatchObject([{ outcome: "stopped" }, { outcome: "stopped" }]);
  await chat.ended;
  expect(chat.session.runs.at(-1)).toMatchObject({ outcome: "done" });
});

test("a hard stop of one subagent kills its commands alone", async () => {
  const names = ["one", "two"];
  upstream.script(
    names.map((title) => toolCall("subagent", { role: "simple", title, task: `Be ${title}.` })),
    [text("Then without them.")],
  );
  upstream.route(({ body }) => {
    const json = JSON.stringify(body);
    const name = names.find((one) => json.includes(`Be ${one}.`) && !json.includes("Do it"));
    return name === undefined ? undefined : [bash(name)];
  });
  const chat = send({ permissions: "all" });
  const pids = [await pidOf(chat, "one"), await pidOf(chat, "two")];
  const [one, two] = toolCallsOf(chat.session.messages.at(-1)!).map(({ id }) => id);
  const stop = (subagentId: string | undefined) =>
    rein.stop(chat.sessionId, { runId: chat.runId, subagentId, hard: true });
  expect(await stop(one)).toMatchObject({ stopped: true, outcome: "stopped" });
  expect(pids.map(isAlive)).toEqual([false, true]);
  await stop(two);
  expect(pids.map(isAlive)).toEqual([false, false]);
  await chat.ended;
  expect(chat.session.runs.at(-1)).toMatchObject({ outcome: "done" });
});
