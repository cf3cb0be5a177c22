/** Properties of any conversation: generated, cut anywhere, and sent to every provider. */
import { afterAll, beforeAll, expect } from "bun:test";
import * as fc from "fast-check";
import { LiveSession } from "../server/session/live-session";
import { settleAfterCrash } from "../server/run/recovery";
import { Store } from "../server/store/store";
import { apply } from "../shared/apply";
import type { Session, SessionEvent } from "../shared/protocol";
import { activeRun } from "../shared/session-lookup";
import { ask, collect, providerCases, userMessage } from "./provider-wires";
import { anyScenario } from "./sweep/generators";
import { models } from "./sweep/scenarios";
import { propertyTest } from "./sweep/property-test";
import { runScenario } from "./sweep/scenario-runner";
import { stopByName } from "./sweep/stop-interventions";
import { violationsOf } from "./sweep/invariants";
import { openServerFixture, type ServerFixture } from "./sweep/server-fixture";
import { startUpstream, text, type Upstream, type WireName } from "./upstream/upstream";

const options = { file: "property.test.ts", seed: 20_261, numRuns: 40, timeoutMs: 600_000 };

let fixture: ServerFixture;
let strict: Upstream;
beforeAll(async () => {
  fixture = await openServerFixture();
  strict = startUpstream();
  strict.route(() => [text("Accepted.")]);
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  await strict.close();
});

const anyWire = fc.constantFrom(...(Object.keys(models) as WireName[]));
/** Where a run is stopped or its events are cut: a share of its length, so that it shrinks well. */
const anyPlace = fc.double({ min: 0, max: 1, noNaN: true });

propertyTest(
  "any prefix of any run's events folds into a valid session, and the saved session is the same",
  options,
  fc.asyncProperty(anyScenario, anyWire, fc.nat(40), async (scenario, wire, at) => {
    const { created, events } = await runOnce(scenario, wire, at);
    const store = new Store(":memory:");
    store.create(created);
    const live = new LiveSession(structuredClone(created), store, () => {});
    for (const event of events) {
      live.emit(event);
      expect(violationsOf(live.session)).toEqual([]);
      expect(store.load(created.id)).toEqual({ ...live.session, seq: 0 });
    }
    store.close();
  }),
);

propertyTest(
  "events that arrive twice, or after a snapshot that includes them, change nothing",
  options,
  fc.asyncProperty(
    anyScenario,
    anyWire,
    anyPlace,
    anyPlace,
    async (scenario, wire, first, second) => {
      const { created, events } = await runOnce(scenario, wire, Infinity);
      const whole = fold(created, events);
      const place = (share: number) => Math.floor(share * events.length);
      const [from, to] = [place(first), place(second)].toSorted((a, b) => a - b);
      const again = fold(created, [...events.slice(0, to), ...events.slice(from)]);
      expect(again).toEqual(whole);
      const snapshot = fold(created, events.slice(0, to));
      const late = fold(created, [
        { type: "snapshot", session: structuredClone(snapshot), seq: snapshot.seq },
        ...events.slice(from),
      ]);
      expect(late).toEqual(whole);
    },
  ),
);

propertyTest(
  "any session that a crash cut at any event gives a request that every service accepts",
  options,
  fc.asyncProperty(anyScenario, anyWire, anyPlace, async (scenario, wire, share) => {
    const { created, events } = await runOnce(scenario, wire, Infinity);
    const session = crashed(created, events.slice(0, 1 + Math.floor(share * events.length)));
    expect(violationsOf(session)).toEqual([]);
    for (const { wire: reader, models: offered, create } of providerCases)
      for (const model of new Set([...offered, models[reader]])) {
        strict.requests.length = 0;
        const request = ask(model, ...session.messages, userMessage("Go on"));
        await collect(create(strict).stream(request, new AbortController().signal));
        expect(strict.requests.map(({ refusal }) => refusal)).toEqual([undefined]);
      }
  }),
);

async function runOnce(
  scenario: Parameters<typeof runScenario>[1]["scenario"],
  wire: WireName,
  at: number,
): Promise<{ created: Session; events: SessionEvent[] }> {
  const { events, created } = await runScenario(fixture, {
    scenario,
    wire,
    intervention: stopByName,
    at,
    transport: "tick",
    sandbox: "off",
  });
  return { created: created!, events };
}

function fold(created: Session, events: SessionEvent[]): Session {
  const session = structuredClone(created);
  for (const event of events) apply(session, structuredClone(event));
  return session;
}

/** The session after these events, a crash, and the next server's recovery. */
function crashed(created: Session, events: SessionEvent[]): Session {
  const store = new Store(":memory:");
  store.create(created);
  const live = new LiveSession(structuredClone(created), store, () => {});
  for (const event of events) live.emit(event);
  const run = activeRun(live.session);
  if (run) settleAfterCrash(live, run, { find: () => undefined });
  const session = store.load(created.id)!;
  store.close();
  return session;
}
