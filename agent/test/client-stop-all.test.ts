/** What "Stop everything" says is what it reached: never all, while a machine has not answered. */
import { afterEach, beforeEach, expect, type Mock, spyOn, test } from "bun:test";
import { api, ApiError } from "../client/state/api-client";
import { createNotices } from "../client/state/notice-store";
import type { SessionList } from "../client/state/session-list";
import { stopEverything } from "../client/state/stop-all";
import type { WaitingStop } from "../client/state/stored-stops";
import type { UndeliveredStops } from "../client/state/undelivered-stops";

const stopped = { stopped: true, runId: "r1", receipt: null, outcome: "stopped" } as const;
const unreached = [{ node: "b", reason: "It did not answer within 5 s." }];

let stopAll: Mock<typeof api.stopEverything>;
beforeEach(() => void (stopAll = spyOn(api, "stopEverything")));
afterEach(() => stopAll.mockRestore());

test("what was stopped is counted, when every machine was reached", async () => {
  stopAll.mockResolvedValue({ answers: [stopped, stopped, stopped], processes: 1 });
  const { told, waiting } = await press();
  expect(told).toEqual(["Stopped 3 runs and 1 process"]);
  expect(waiting).toEqual([]);
});

test("a machine that was not reached waits for the stop, and what was stopped is not called all", async () => {
  stopAll.mockResolvedValue({ answers: [stopped], processes: 0, unreached });
  const before = Date.now();
  const { told, waiting } = await press();
  expect(told).toEqual(["Stopped 1 run on the machines that answer"]);
  expect(waiting).toMatchObject([{ id: "everything", kind: "everything", nodes: ["b"] }]);
  expect(waiting[0]!.askedAt).toBeWithin(before, Date.now() + 1);
});

test("nobody says that nothing was running, while a machine was not reached", async () => {
  stopAll.mockResolvedValue({ answers: [], processes: 0, unreached });
  expect((await press()).told).toEqual([]);
  stopAll.mockResolvedValue({ answers: [], processes: 0 });
  expect((await press()).told).toEqual(["Nothing was running"]);
});

test("where no machine answers, the runs that the page knows are stopped by their names later", async () => {
  stopAll.mockRejectedValue(new ApiError(0, "unreachable", "The server cannot be reached."));
  const { waiting } = await press();
  expect(waiting).toMatchObject([{ id: "everything", kind: "everything", runIds: ["r1"] }]);
});

async function press() {
  const notices = createNotices();
  const waiting: WaitingStop[] = [];
  const list = { sorted: () => [{ runId: "r1" }, {}] } as unknown as SessionList;
  const undelivered = {
    add: (stop: WaitingStop) => void waiting.push(stop),
    remove: () => {},
  } as unknown as UndeliveredStops;
  await stopEverything(list, notices, undelivered);
  return { waiting, told: notices.list.map(({ notice }) => notice.text) };
}
