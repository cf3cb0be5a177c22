/** A second, hard stop reaches the run's processes: a process that is still cleaning up gets no more time. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { isAlive, untilFile } from "./machine-facts";
import { toolCall } from "./upstream/upstream";

// Longer than any test: without the hard stop it would never end.
const endless = { REIN_GRACE_MS: "3600000" };
const { upstream, rein, send } = apiScene({
  environment: (upstream) => ({ ...chatCompletionsOnly(upstream), ...endless }),
});

/** A command that cleans up without end on SIGTERM. */
const cleaning =
  "trap 'touch cleaning; while :; do sleep 1; done' TERM; echo pid $$.; while :; do sleep 1; done";

test("a hard stop immediately kills the command that a polite stop waits for", async () => {
  upstream.script([toolCall("bash", { command: cleaning })]);
  const chat = send({ permissions: "all" });
  let output = "";
  await chat.until((event) => {
    if (event.type === "part-delta" && event.field === "output") output += event.delta;
    return /pid \d+\./.test(output);
  });
  const pid = Number(/pid (\d+)/.exec(output)![1]);
  const { sessionId, runId } = chat;
  const polite = rein.stop(sessionId, { runId });
  await untilFile(join(rein.cwd, "cleaning"));
  expect(isAlive(pid)).toBe(true);
  const hard = await rein.stop(sessionId, { runId, hard: true });
  expect(isAlive(pid)).toBe(false);
  expect(hard).toMatchObject({ outcome: "stopped", receipt: { survivors: [] } });
  expect(await polite).toEqual(hard);
});
