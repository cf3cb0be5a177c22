/** The time limits of a run that was held, or that waits for a person. */
import { expect, test } from "bun:test";
import type { LimitsRequest } from "../shared/requests";
import { apiScene } from "./api-scene";
import { pause, resume, untilSession } from "./control-api";
import { hang, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send } = apiScene();

test("after a pause its minutes end a tool that ran all the while", async () => {
  upstream.script([toolCall("bash", { command: "echo on; sleep 1000" })]);
  const chat = send({ permissions: "all" });
  await chat.until((event) => event.type === "part-delta" && event.field === "output");
  await pause(rein, chat.sessionId);
  await setLimits({ run: { minutes: 0.005 }, atLimit: "stop" });
  await resume(rein, chat.sessionId);
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "timeout" } }]);
});

test("while it waits for an approval it has not stalled", async () => {
  await setLimits({ stallMinutes: 0.08 });
  upstream.script([toolCall("bash", { command: "echo on" })]);
  const waiting = send({ permissions: "ask" });
  await waiting.until(({ type }) => type === "approval-request");
  // It begins later and is just as quiet: when it is held, the other one has been quiet for as long.
  upstream.script([hang]);
  const silent = send();
  await untilSession(silent, ({ runs }) => runs[0]?.pause?.reached?.kind === "stall");
  const { runs } = await rein.session(waiting.sessionId);
  expect(runs[0]).toMatchObject({ state: "waiting" });
  expect(runs[0]!.pause).toBeUndefined();
  upstream.script([text("Done.")]);
  await rein.json(`/api/sessions/${waiting.sessionId}`, {
    method: "PATCH",
    body: JSON.stringify({ permissions: "all" }),
  });
  await waiting.ended;
  expect(waiting.session.runs).toMatchObject([{ outcome: "done" }]);
});

function setLimits(limits: LimitsRequest): Promise<unknown> {
  return rein.json("/api/limits", { method: "PUT", body: JSON.stringify(limits) });
}
