/**
 * That a node does not answer is found once, however many look at its sessions: all rows are read again for it. Meanwhile the
 * shared database says who may look.
 */
import { expect, test } from "bun:test";
import type { Asker, Session } from "../shared/protocol";
import { neverAborts } from "../server/abort";
import type { Notice, RemoteSummary, SharedDatabase } from "../server/cluster/cluster-types";
import type { Called } from "../server/cluster/node-calls";
import { Relays } from "../server/cluster/relays";
import { encode } from "../server/stream/sse-frame";
import { until } from "./within";

const shared = { user: "bob", people: [{ name: "anna", role: "watch" }] };
const sessionOf = (id: string) =>
  ({ id, title: "T", ...shared, messages: [], runs: [], queue: [], seq: 1 }) as unknown as Session;
const asker: Asker = { role: "admin" };
const anna: Asker = { name: "anna", role: "member" };

/** Relays to a node z that is away until it `lives`. */
function startRelays() {
  const found: boolean[] = [];
  const asked: string[] = [];
  let isAlive = false;
  let notify: (notice: Notice | undefined) => void = () => {};
  const reader = { session: (id: string) => Promise.resolve(sessionOf(id)) };
  const database = {
    reader,
    onState: () => () => {},
    onNotice: (listener: typeof notify) => {
      notify = listener;
      return () => {};
    },
  } as unknown as SharedDatabase;
  const call = (node: string, { path }: { path: string }): Promise<Called> => {
    asked.push(path);
    if (!isAlive) return Promise.resolve({ unreached: { node, kind: "down", reason: "away" } });
    const id = path.split("/")[3]!;
    const frame = encode({ type: "snapshot", session: sessionOf(id), seq: 1 });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(frame);
        if (path.includes("once")) controller.close();
      },
    });
    return Promise.resolve({ answer: { node, status: 200, headers: new Headers(), body } });
  };
  const relays = new Relays({
    database,
    calls: { call, watch: () => () => {} },
    onReached: (isReached) => found.push(isReached),
  });
  /** Somebody looks at a session, until its stream has been asked for twice more. */
  const look = async (sessionId: string) => {
    const ofIt = () => asked.filter((path) => path.includes(`/${sessionId}/`)).length;
    const begun = await relays.follow({ node: "z", sessionId, asker }, neverAborts);
    expect(Object.keys(begun)).toEqual(["open"]);
    const before = ofIt();
    if (!isAlive) await until(() => ofIt() > before + 1, "its stream is asked for again");
  };
  const tell = (notice: Notice | undefined) => notify(notice);
  return { relays, found, look, tell, live: (now: boolean) => (isAlive = now) };
}

test("many who look at sessions of a node that is away find that once", async () => {
  const { relays, found, look } = startRelays();
  for (const id of ["one", "two", "three"]) await look(id);
  expect(found).toEqual([false]);
  relays.close();
});

test("a node that is back is found once, and that it is away again, too", async () => {
  const { relays, found, look, live } = startRelays();
  await look("one");
  live(true);
  for (const id of ["two", "three"]) await look(id);
  await until(() => found.length > 1, "it is found to be back");
  relays.close();
  live(false);
  await look("four");
  expect(found).toEqual([false, true, false]);
  relays.close();
});

test.each([{ type: "node", id: "z" } as const, undefined])(
  "a node that may have been back meanwhile is found to be away again (notice: %j)",
  async (notice) => {
    const { relays, found, look, tell } = startRelays();
    await look("one");
    relays.close();
    tell(notice);
    await look("two");
    expect(found).toEqual([false, false]);
    relays.close();
  },
);

/** A stream of a guest's; whether it has ended. */
async function openFor(relays: Relays): Promise<() => boolean> {
  const begun = await relays.follow({ node: "z", sessionId: "one", asker: anna }, neverAborts);
  if (!("open" in begun)) throw new Error(`not open: ${JSON.stringify(begun)}`);
  let hasEnded = false;
  begun.open({}, () => (hasEnded = true));
  return () => hasEnded;
}

const row = (people: object[]) => ({ id: "one", node: "z", user: "bob", people }) as RemoteSummary;

test("while a node is away, a guest's stream ends once the database says that they are none any more", async () => {
  const { relays, found } = startRelays();
  const hasEnded = await openFor(relays);
  await until(() => found.length === 1, "the node is found to be away");
  relays.noteRow(row(shared.people));
  expect(hasEnded()).toBe(false);
  relays.noteRow(row([]));
  expect(hasEnded()).toBe(true);
  relays.close();
});

test("while a node answers, it says itself who may look: a row of the database may be an older one", async () => {
  const { relays, live } = startRelays();
  live(true);
  const hasEnded = await openFor(relays);
  relays.noteRow(row([]));
  expect(hasEnded()).toBe(false);
  relays.close();
});

test("somebody with whom a session of a node that is away is not shared sees nothing of it", async () => {
  const { relays } = startRelays();
  const stranger: Asker = { name: "carl", role: "member" };
  const begun = await relays.follow({ node: "z", sessionId: "one", asker: stranger }, neverAborts);
  expect(begun).toEqual({ unseen: true });
  relays.close();
});
