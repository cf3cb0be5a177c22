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

test("while it waits for an approval or a quiet tool it has not stalled", async () => {
  await setLimits({ stallMinutes: 0.005 });
  upstream.script(
    [toolCall("bash", { command: "echo on" })],
    [toolCall("bash", { command: "touch begun; sleep 1000" })],
  );
  const waiting = send({ permissions: "ask" });
  await waiting.until(({ type }) => type === "approval-request");
  const building = send({ permissions: "all" });
  await building.until(({ type }) => type === "tool-start");
  // It begins later: when it has stalled, the others have been quiet for longer.
  upstream.script([hang]);
  const silent = send();
  await untilSession(silent, ({ runs }) => runs[0]?.stall !== undefined);
  for (const { sessionId } of [waiting, building])
    expect((await rein.session(sessionId)).runs[0]!.stall).toBeUndefined();
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
