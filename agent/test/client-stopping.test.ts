/** A stop is marked at once; one whose delivery fails is in doubt only until the server itself has said that it stops. */
import { afterEach, beforeEach, expect, type Mock, spyOn, test } from "bun:test";
import { createRoot } from "solid-js";
import * as client from "../client/state/api-client";
import type { SessionConnection } from "../client/state/session-connection";
import type { WaitingStop } from "../client/state/stored-stops";
import { createStopping } from "../client/state/stopping";
import type { UndeliveredStops } from "../client/state/undelivered-stops";

const target = { runId: "r1" };
const unreachable = new client.ApiError(0, "unreachable", "The server cannot be reached.");

let stopSession: Mock<typeof client.api.stopSession>;
let requestTimeout: Mock<typeof client.requestTimeout>;
beforeEach(() => {
  stopSession = spyOn(client.api, "stopSession").mockRejectedValue(unreachable);
  requestTimeout = spyOn(client, "requestTimeout");
});
afterEach(() => {
  stopSession.mockRestore();
  requestTimeout.mockRestore();
});

test("a stop that the server does not confirm within three seconds waits for the server", async () => {
  const page = openPage();
  page.stopping.stopPart(target);
  expect(page.stopping.isStopping("r1")).toBe(true);
  await page.failed();
  // As the request of the stop is aborted then.
  expect(requestTimeout.mock.calls).toEqual([[3000]]);
  expect(page.stopping.isStopping("r1")).toBe(false);
  expect(page.waiting).toMatchObject([{ id: "r1", kind: "run", runIds: ["r1"], sessionId: "s1" }]);
});

test("a stop of a part, whose end alone shows that it has arrived, has twenty seconds", async () => {
  const page = openPage();
  page.stopping.stopPart({ ...target, toolCallId: "call" });
  await page.failed();
  expect(requestTimeout.mock.calls).toEqual([[20_000]]);
  expect(page.waiting).toMatchObject([{ id: "call", kind: "tool-call" }]);
});

test("a stop that the server has confirmed is delivered, although its answer is lost", async () => {
  const page = openPage();
  page.stopping.stopPart(target);
  page.confirm();
  await page.failed();
  expect(page.stopping.isStopping("r1")).toBe(true);
  expect(page.waiting).toEqual([]);
});

test("a stop of a message on its way that a machine has not acknowledged waits for that machine", async () => {
  const answers = [{ stopped: false as const, message: "Run r1 is not known." }];
  const unreached = [{ node: "b", reason: "Silent." }];
  using stopRun = spyOn(client.api, "stopRun").mockResolvedValue({ answers, unreached });
  const page = openPage("sending");
  page.stopping.stopPart(target);
  await page.failed(stopRun);
  expect(page.waiting).toMatchObject([{ id: "r1", kind: "run" }]);
});

function openPage(state = "following") {
  let isConfirmed = false;
  const waiting: WaitingStop[] = [];
  const undelivered: UndeliveredStops = {
    has: () => false,
    add: (stop) => void waiting.push(stop),
    remove: () => {},
    removeRun: () => {},
    deliver: () => {},
  };
  const connection = {
    state: () => ({ name: state }),
    answer: () => undefined,
    withFreeConnection: (request: () => Promise<unknown>) => request(),
  } as unknown as SessionConnection;
  const stopping = createRoot((dispose) => {
    dispose();
    return createStopping({
      sessionId: () => "s1",
      title: () => "Fix the tests",
      connection,
      undelivered,
      isConfirmed: () => isConfirmed,
    });
  });
  return {
    stopping,
    waiting,
    confirm: () => void (isConfirmed = true),
    /** Once the failure of the request was handled. */
    async failed(request: Mock<(...asked: never[]) => unknown> = stopSession) {
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      expect(request).toHaveBeenCalledTimes(1);
    },
  };
}
