/** A stop that did not reach the server waits in the browser, and is sent as soon as the server answers, unless it is taken back. */
import { afterEach, beforeEach, describe, expect, type Mock, spyOn, test } from "bun:test";
import { createRoot, createSignal } from "solid-js";
import { api, ApiError } from "../client/state/api-client";
import type { Storage } from "../client/state/host";
import { createNotices } from "../client/state/notice-store";
import { createStoredStops, storedName, type WaitingStop } from "../client/state/stored-stops";
import { createUndeliveredStops, retryDelayMs } from "../client/state/undelivered-stops";
import { noUsage, type Receipt, type SessionSummary } from "../shared/protocol";

const stop: WaitingStop = {
  id: "r1",
  kind: "run",
  runIds: ["r1"],
  sessionId: "s1",
  title: "Fix the tests",
};
const receipt: Receipt = {
  settledMs: 0,
  modelCalls: 0,
  modelCallsClosed: 0,
  toolCalls: [],
  processes: [],
  survivors: [],
  subagents: [],
  usage: noUsage,
};
const unreachable = new ApiError(0, "unreachable", "The server cannot be reached.");

let stopRun: Mock<typeof api.stopRun>;
let others: { mock: { calls: unknown[][] }; mockRestore(): void }[];
const endings: (() => void)[] = [];

beforeEach(() => {
  stopRun = spyOn(api, "stopRun").mockResolvedValue({ answers: [] });
  others = [
    spyOn(api, "stopSession").mockResolvedValue({ stopped: false, message: "" }),
    spyOn(api, "stopProcess").mockResolvedValue({ ended: [], survivors: [], proof: "seen" }),
    spyOn(api, "endSurvivors").mockResolvedValue({ receipt }),
  ];
});

afterEach(() => {
  for (const end of endings.splice(0)) end();
  for (const spy of [stopRun, ...others]) spy.mockRestore();
});

test("a stop is sent without a person once the list of sessions can be loaded again, and its notice goes", async () => {
  const tab = openTab();
  tab.undelivered.add(stop);
  expect(tab.undelivered.has("r1")).toBe(true);
  expect(tab.notices.list.map(({ notice, lasting }) => ({ ...notice, lasting }))).toMatchObject([
    {
      text: "Stop of “Fix the tests” not delivered yet",
      detail: "It is sent as soon as the server can be reached.",
      link: { sessionId: "s1" },
      holds: true,
      lasting: true,
    },
  ]);
  await tab.asked();
  tab.answer(unreachable);
  await tab.asked();
  expect(stopRun).not.toHaveBeenCalled();
  tab.answer();
  await tab.isEmpty();
  expect(stopRun.mock.calls.map(([runId]) => runId)).toEqual(["r1"]);
  expect(tab.notices.list).toEqual([]);
  expect(tab.storage.names()).toEqual([]);
});

test("a stop that fails again waits on, and is sent once at a time", async () => {
  const tab = openTab();
  tab.undelivered.add(stop);
  const { promise, reject } = Promise.withResolvers<{ answers: [] }>();
  stopRun.mockReturnValueOnce(promise);
  tab.undelivered.deliver();
  tab.undelivered.deliver();
  expect(stopRun).toHaveBeenCalledTimes(1);
  reject(unreachable);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  expect(tab.undelivered.has("r1")).toBe(true);
  tab.undelivered.deliver();
  await tab.isEmpty();
  expect(stopRun).toHaveBeenCalledTimes(2);
});

test("a stop that a person takes back is not sent any more, and its attempt under way is aborted", () => {
  const tab = openTab();
  tab.undelivered.add(stop);
  const signals: AbortSignal[] = [];
  stopRun.mockImplementation((_runId, signal) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  tab.undelivered.deliver();
  tab.notices.list[0]!.notice.action!.run();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(tab.undelivered.has("r1")).toBe(false);
  expect(tab.notices.list).toEqual([]);
  tab.undelivered.deliver();
  expect(stopRun).toHaveBeenCalledTimes(1);
  expect(openTab(tab.storage).notices.list).toEqual([]);
});

test("stops of two tabs that do not see each other's yet are all kept, and one that is taken back stays so", () => {
  const items = new Map<string, string>();
  const [one, other] = [processOf(items), processOf(items)];
  const [tab, beside] = [openTab(one), openTab(other)];
  tab.undelivered.add(stop);
  beside.undelivered.add({ ...stop, id: "r2", runIds: ["r2"] });
  expect(openTab(processOf(items)).ids()).toEqual(["r1", "r2"]);
  one.see();
  tellTabs();
  expect(tab.ids()).toEqual(["r1", "r2"]);
  tab.undelivered.remove("r2");
  beside.undelivered.add({ ...stop, id: "r3", runIds: ["r3"] });
  expect(openTab(processOf(items)).ids()).toEqual(["r1", "r3"]);
});

test("a stop that the storage refuses waits in its page, and costs no stop of another tab", () => {
  const storage = createStorage();
  const full = () => {
    throw new Error("full");
  };
  const tab = openTab({ ...storage, setItem: full });
  tab.undelivered.add(stop);
  const beside = openTab(storage);
  beside.undelivered.add({ ...stop, id: "r2", runIds: ["r2"] });
  tellTabs();
  expect(tab.ids().toSorted()).toEqual(["r1", "r2"]);
  tab.undelivered.add({ ...stop, id: "r3", runIds: ["r3"] });
  tab.undelivered.remove("r1");
  expect(tab.ids().toSorted()).toEqual(["r2", "r3"]);
  expect(openTab(storage).ids()).toEqual(["r2"]);
});

test("a stop that another process keeps while this one changes its own stays", () => {
  const storage = createStorage();
  const stops = createStoredStops(storage);
  stops.change(() => [stop]);
  stops.change((known) => {
    createStoredStops(storage).change((all) => [...all, { ...stop, id: "r2", runIds: ["r2"] }]);
    return known.filter(({ id }) => id !== "r1");
  });
  expect(stops.read().map(({ id }) => id)).toEqual(["r2"]);
});

test("a stop is sent after a reload of the page, by the tab that is open then", async () => {
  const before = openTab();
  before.undelivered.add(stop);
  before.close();
  const after = openTab(before.storage);
  expect(after.notices.list).toHaveLength(1);
  await after.asked();
  after.answer();
  await after.isEmpty();
  expect(stopRun.mock.calls.map(([runId]) => runId)).toEqual(["r1"]);
});

test("another tab shows the stop, and what one of them takes back or delivers goes in both", async () => {
  const tab = openTab();
  const other = openTab(tab.storage);
  tab.undelivered.add(stop);
  other.undelivered.add({ ...stop, id: "r2", runIds: ["r2"] });
  tellTabs();
  for (const one of [tab, other]) expect(one.notices.list).toHaveLength(2);
  tab.notices.list[0]!.notice.action!.run();
  tellTabs();
  expect(other.undelivered.has("r1")).toBe(false);
  other.undelivered.deliver();
  await other.isEmpty();
  tellTabs();
  expect(tab.notices.list).toEqual([]);
  expect(stopRun.mock.calls.map(([runId]) => runId)).toEqual(["r2"]);
});

test("a page that is closed asks and sends nothing more, and its attempts under way are aborted", async () => {
  const tab = openTab(createStorage(), () => 0);
  tab.undelivered.add(stop);
  await tab.asked();
  const { promise, reject } = Promise.withResolvers<{ answers: [] }>();
  stopRun.mockReturnValue(promise);
  tab.undelivered.deliver();
  const [, signal] = stopRun.mock.calls[0]!;
  tab.close();
  expect(signal.aborted).toBe(true);
  reject(unreachable);
  await promise.catch(() => {});
  tab.answer();
  // After whatever was set to happen at once.
  for (let turn = 0; turn < 3; turn++) await Bun.sleep(1);
  expect(stopRun).toHaveBeenCalledTimes(1);
  expect(tab.requests()).toBe(0);
});

test("the list is asked for only while a stop waits", async () => {
  const tab = openTab(createStorage(), () => 0);
  tab.undelivered.add(stop);
  tab.undelivered.remove(stop.id);
  for (let turn = 0; turn < 3; turn++) await Bun.sleep(1);
  expect(tab.requests()).toBe(0);
});

test("each try waits longer than the one before it, and never more than 20 seconds", () => {
  for (const failures of [0, 1, 2, 3]) {
    expect(retryDelayMs(failures)).toBeGreaterThanOrEqual(375 * 2 ** failures);
    expect(retryDelayMs(failures)).toBeLessThanOrEqual(625 * 2 ** failures);
  }
  for (const failures of [6, 100, 10_000]) expect(retryDelayMs(failures)).toBeLessThan(20_000);
});

describe("a stop that waits", () => {
  test("goes when its run ends by itself, and that of another run stays", () => {
    const tab = openTab();
    tab.undelivered.add(stop);
    tab.undelivered.add({ ...stop, id: "call", kind: "tool-call", partId: "call" });
    tab.undelivered.add({ ...stop, id: "all", kind: "everything", runIds: ["r1", "r2"] });
    tab.undelivered.add({ ...stop, id: "left", kind: "survivors" });
    tab.undelivered.removeRun("r1");
    expect(tab.ids()).toEqual(["all", "left"]);
    tab.undelivered.removeRun("r2");
    expect(tab.ids()).toEqual(["left"]);
  });

  for (const [refusal, stays] of [
    [new ApiError(404, "session", "There is no such session."), false],
    [new ApiError(400, "request", "This is not an id."), false],
    [new ApiError(404, "unknown", "A proxy answers."), true],
    [new ApiError(401, "token", "Sign in."), true],
    [new ApiError(502, "unknown", "A proxy answers."), true],
    [new ApiError(500, "internal", "A bug."), true],
  ] as const)
    test(`${stays ? "stays" : "goes"} when the answer is ${refusal.status}: ${refusal.message}`, async () => {
      const tab = openTab();
      tab.undelivered.add(stop);
      stopRun.mockRejectedValue(refusal);
      tab.undelivered.deliver();
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      expect(tab.undelivered.has("r1")).toBe(stays);
    });

  test("names what it stops: the run, a part of it, its processes at once, or what is left of them", async () => {
    const tab = openTab();
    const parts = [
      { ...stop, id: "1", kind: "hard" },
      { ...stop, id: "2", kind: "subagent", partId: "agent" },
      { ...stop, id: "3", kind: "tool-call", partId: "call" },
      { ...stop, id: "4", kind: "process", runIds: [], partId: "p1" },
      { ...stop, id: "5", kind: "survivors" },
      { id: "6", kind: "everything", runIds: ["r1", "r2"], title: "" },
    ] as const;
    for (const one of parts) tab.undelivered.add({ ...one, runIds: [...one.runIds] });
    tab.undelivered.deliver();
    await tab.isEmpty();
    expect(stopRun.mock.calls.map(([runId]) => runId)).toEqual(["r1", "r2"]);
    // Without its signal.
    expect(others.map(({ mock }) => mock.calls.map((call) => call.slice(0, -1)))).toEqual([
      [
        ["s1", { runId: "r1", hard: true }],
        ["s1", { runId: "r1", subagentId: "agent" }],
        ["s1", { runId: "r1", toolCallId: "call" }],
      ],
      [["s1", "p1"]],
      [["s1", "r1"]],
    ]);
  });

  test("is named by the title that its session has now, and leads there unless that is on screen", () => {
    const tab = openTab();
    tab.undelivered.add(stop);
    tab.setSessions([{ id: "s1", title: "Mend the tests" } as SessionSummary]);
    tab.setShown("s1");
    expect(tab.notices.list).toHaveLength(1);
    const [{ notice } = { notice: undefined }] = tab.notices.list;
    expect(notice!.text).toBe("Stop of “Mend the tests” not delivered yet");
    expect(notice!.link).toBe(undefined);
  });
});

describe("of a machine of a cluster that does not answer", () => {
  const away = new ApiError(503, "undelivered", "b did not answer.", undefined, undefined, "b");

  test("a stop names it, is sent again when a person asks, and goes when it was delivered", async () => {
    const tab = openTab();
    tab.undelivered.add(stop, away);
    const [{ notice } = { notice: undefined }] = tab.notices.list;
    expect(notice!.text).toBe("Stop of “Fix the tests” not delivered yet");
    expect(notice!.detail).toBe(
      "Machine b does not answer. The stop is sent again as soon as it does.",
    );
    expect([...notice!.others!, notice!.action!].map(({ label }) => label)).toEqual([
      "Try again",
      "Take it back",
    ]);
    stopRun.mockRejectedValueOnce(away);
    notice!.others![0]!.run();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(tab.undelivered.has("r1")).toBe(true);
    notice!.others![0]!.run();
    await tab.isEmpty();
    expect(stopRun.mock.calls.map(([runId]) => runId)).toEqual(["r1", "r1"]);
  });

  test("a stop by the name of a run, which that machine may have, waits until it has answered too", async () => {
    const tab = openTab();
    tab.undelivered.add(stop);
    const answers = [{ stopped: false as const, message: "Run r1 is not known." }];
    stopRun.mockResolvedValueOnce({ answers, unreached: [{ node: "b", reason: "Silent." }] });
    tab.undelivered.deliver();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    const detail = "Machine b does not answer. The stop is sent again as soon as it does.";
    expect(tab.notices.list.map(({ notice }) => notice.detail)).toEqual([detail]);
    stopRun.mockResolvedValueOnce({ answers });
    tab.undelivered.deliver();
    await tab.isEmpty();
  });

  test("a stop of everything by its runs stops no others there", async () => {
    const tab = openTab();
    using everything = spyOn(api, "stopEverything").mockResolvedValue({
      answers: [],
      processes: 0,
    });
    tab.undelivered.add({ id: "everything", kind: "everything", runIds: ["r1"], title: "" });
    stopRun.mockRejectedValueOnce(away);
    tab.undelivered.deliver();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(tab.undelivered.has("everything")).toBe(true);
    tab.undelivered.deliver();
    await tab.isEmpty();
    expect(everything).not.toHaveBeenCalled();
    expect(stopRun.mock.calls.map(([runId]) => runId)).toEqual(["r1", "r1"]);
  });

  test("a stop that waited for an answer names it once that is known, also after a reload", async () => {
    const tab = openTab();
    tab.undelivered.add(stop, new DOMException("The operation timed out.", "TimeoutError"));
    stopRun.mockRejectedValueOnce(away);
    tab.undelivered.deliver();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    const detail = "Machine b does not answer. The stop is sent again as soon as it does.";
    expect(tab.notices.list.map(({ notice }) => notice.detail)).toEqual([detail]);
    tab.close();
    const after = openTab(tab.storage);
    expect(after.notices.list.map(({ notice }) => notice.detail)).toEqual([detail]);
  });

  test("a stop of everything stays for those that it has not reached, and stops nothing there that began later", async () => {
    const stopAll = spyOn(api, "stopEverything");
    others.push(stopAll);
    const answer = { answers: [], processes: 0 };
    stopAll.mockResolvedValueOnce({ ...answer, unreached: [{ node: "c", reason: "Silent." }] });
    const tab = openTab();
    const nodes = ["b", "c"];
    tab.undelivered.add({
      id: "everything",
      kind: "everything",
      runIds: [],
      title: "",
      nodes,
      askedAt: Date.now() - 7000,
    });
    const told = () => tab.notices.list.map(({ notice }) => notice.text);
    expect(told()).toEqual(["“Stop everything” has not reached machines b and c"]);
    // It is not known that this was all of it.
    tab.undelivered.removeRun("r1");
    tab.undelivered.deliver();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(told()).toEqual(["“Stop everything” has not reached machine c"]);
    stopAll.mockResolvedValueOnce(answer);
    tab.undelivered.deliver();
    await tab.isEmpty();
    expect(stopAll.mock.calls.map(([, only]) => only)).toEqual([
      { nodes: ["b", "c"], askedMsAgo: expect.closeTo(7000, -4) },
      { nodes: ["c"], askedMsAgo: expect.closeTo(7000, -4) },
    ]);
  });
});

describe("what is stored", () => {
  for (const stored of [
    "",
    "{",
    "null",
    "7",
    '{"id":"r1"}',
    '[null,7,"x",[],{}]',
    JSON.stringify([{ ...stop, runIds: ["../../settings"] }]),
    JSON.stringify([{ ...stop, runIds: "r1" }]),
    JSON.stringify([{ ...stop, kind: "toString" }]),
    JSON.stringify([{ ...stop, partId: "p1/../../x" }]),
    JSON.stringify([{ ...stop, sessionId: 7 }]),
    JSON.stringify([{ ...stop, title: {} }]),
  ])
    test(`and is no stop is left out: ${stored.slice(0, 60)}`, () => {
      const tab = openTab(createStorage(stored));
      expect(tab.notices.list).toEqual([]);
      tab.undelivered.add(stop);
      expect(tab.ids()).toEqual(["r1"]);
    });

  test("does not hide the stops beside it, and is bounded in number and length", () => {
    const stops = Array.from({ length: 80 }, (_, i) => ({ ...stop, id: `r${i}` }));
    const long = { ...stop, title: "x".repeat(10_000) };
    const tab = openTab(createStorage(JSON.stringify([...stops, null, long])));
    expect(tab.ids()).toHaveLength(49);
    expect(tab.notices.list.at(-1)!.notice.text.length).toBeLessThan(300);
    tab.undelivered.add({ ...stop, id: "new" });
    tab.undelivered.add({ ...stop, id: "newer" });
    expect(tab.ids()).toHaveLength(50);
    expect(tab.ids().at(-1)).toBe("newer");
  });

  test("keeps the runs of a large server, and of more than 5,000 the first", async () => {
    const runIds = Array.from({ length: 6000 }, (_, i) => `r${i}`);
    const all = { id: "everything", kind: "everything", runIds, title: "" };
    const tab = openTab(createStorage(JSON.stringify([all])));
    tab.undelivered.deliver();
    await tab.isEmpty();
    expect(stopRun.mock.calls.map(([runId]) => runId)).toEqual(runIds.slice(0, 5000));
  });

  test("stays in the page when the storage refuses it", async () => {
    const storage = createStorage();
    const refuse = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const tab = openTab({ ...storage, setItem: refuse });
    tab.undelivered.add(stop);
    tab.undelivered.add({ ...stop, id: "r2", runIds: ["r2"] });
    expect(tab.ids()).toEqual(["r1", "r2"]);
    tab.undelivered.deliver();
    await tab.isEmpty();
    expect(stopRun.mock.calls.map(([runId]) => runId)).toEqual(["r1", "r2"]);
  });
});

/** A page on this storage, whose list of sessions is loaded when the test answers. */
function openTab(storage = createStorage(), delayMs = retryDelayMs) {
  const [sessions, setSessions] = createSignal<SessionSummary[]>([]);
  const [shownId, setShown] = createSignal<string>();
  const requests: PromiseWithResolvers<void>[] = [];
  let onAsked = () => {};
  const list = {
    sorted: sessions,
    refresh() {
      const request = Promise.withResolvers<void>();
      requests.push(request);
      onAsked();
      return request.promise;
    },
  };
  const notices = createNotices();
  const { undelivered, close } = createRoot((dispose) => ({
    undelivered: createUndeliveredStops({ list, notices, shownId, storage, delayMs }),
    close: dispose,
  }));
  endings.push(close);
  const ids = () => notices.list.map(({ notice }) => notice.id);
  return {
    storage,
    notices,
    undelivered,
    setSessions,
    setShown,
    ids,
    close,
    requests: () => requests.length,
    /** Resolves when the list is asked for. */
    asked: () =>
      new Promise<void>((resolve) => (requests.length > 0 ? resolve() : (onAsked = resolve))),
    answer(error?: Error) {
      const { resolve, reject } = requests.shift()!;
      if (error) reject(error);
      else resolve();
    },
    async isEmpty() {
      for (let turn = 0; turn < 100 && ids().length > 0; turn++) await Promise.resolve();
      expect(ids()).toEqual([]);
    },
  };
}

function createStorage(stored?: string): Storage {
  const items = new Map(stored === undefined ? [] : [[storedName, stored]]);
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
    names: () => [...items.keys()],
  };
}

/** The storage as a process of a browser has it: it sees what others have changed a moment later. */
function processOf(items: Map<string, string>): Storage & { see: () => void } {
  let seen = new Map(items);
  return {
    see: () => (seen = new Map(items)),
    getItem: (name) => seen.get(name) ?? null,
    setItem(name, value) {
      for (const each of [items, seen]) each.set(name, value);
    },
    removeItem(name) {
      for (const each of [items, seen]) each.delete(name);
    },
    names: () => [...seen.keys()],
  };
}

/** A browser tells the other tabs of a change. */
function tellTabs(): void {
  dispatchEvent(Object.assign(new Event("storage"), { key: storedName }));
}
