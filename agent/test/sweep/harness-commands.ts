/** The commands of the model-based harness: messages, stops, pauses, queue changes, viewers that come and go, crashes. */
import * as fc from "fast-check";
import type { QueuedPatchRequest } from "../../shared/requests";
import type { WireName } from "../upstream/upstream";
import { nextTurn } from "./bounded-wait";
import type { ModelHarness, Sending } from "./model-harness";
import { command } from "./property-test";
import { models, scenarios } from "./scenarios";

/** Which clients have a session: nothing else can be done to those that have none. */
export interface HarnessModel {
  hasSession: boolean[];
}

export type HarnessCommand = fc.AsyncCommand<HarnessModel, ModelHarness>;

const client = fc.constantFrom(0, 1);
const sending: fc.Arbitrary<Sending> = fc.record({
  how: fc.constantFrom("plain", "plain", "interrupt", "retry", "again"),
  which: fc.nat(3),
  scenario: fc.nat(scenarios.length - 1),
  wire: fc.constantFrom(...(Object.keys(models) as WireName[])),
  onDisconnect: fc.constantFrom("stop", "continue"),
});
const waitsFor = fc.constantFrom("run" as const, "turn" as const);
const change = fc.constantFrom<QueuedPatchRequest | "remove">(
  "remove",
  { waitsFor: "turn" },
  { waitsFor: "run", position: 0 },
  { position: 1 },
);

export const anyCommand: fc.Arbitrary<HarnessCommand> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(client, sending).map(([at, what]): HarnessCommand =>
      command(`send(${at}, ${JSON.stringify(what)})`, async (model, harness) => {
        await harness.send(at, what);
        model.hasSession[at] = true;
      }),
    ),
  },
  { weight: 2, arbitrary: onSession("stop", (harness, at) => harness.post(at, "stop", {})) },
  { weight: 2, arbitrary: onSession("stopPart", (harness, at) => harness.stopPart(at)) },
  { weight: 3, arbitrary: onSession("hangUp", (harness, at) => harness.hangUp(at)) },
  { weight: 2, arbitrary: onSession("closeViewer", (harness, at) => harness.closeViewer(at)) },
  { weight: 2, arbitrary: onSession("resume", (harness, at) => harness.post(at, "resume", {})) },
  { weight: 1, arbitrary: onSession("compact", (harness, at) => harness.post(at, "compact", {})) },
  { weight: 1, arbitrary: onSession("undoSummary", (harness, at) => harness.undoSummary(at)) },
  { weight: 1, arbitrary: onSession("fork", (harness, at) => harness.post(at, "fork", {})) },
  {
    weight: 2,
    arbitrary: onSession("branch", (harness, at, to) => harness.showBranch(at, to), fc.nat(5)),
  },
  {
    weight: 1,
    arbitrary: onSession("deleteAndRestore", (harness, at) => harness.deleteAndRestore(at)),
  },
  {
    weight: 3,
    arbitrary: onSession(
      "pause",
      (harness, at, cut) => harness.post(at, "pause", { cut }),
      fc.boolean(),
    ),
  },
  {
    weight: 2,
    arbitrary: onSession("queue", (harness, at, until) => harness.queue(at, until), waitsFor),
  },
  {
    weight: 2,
    arbitrary: onSession(
      "changeQueued",
      (harness, at, [which, to]) => harness.changeQueued(at, which, to),
      fc.tuple(fc.nat(2), change),
    ),
  },
  {
    weight: 3,
    arbitrary: onSession(
      "reload",
      (harness, at, resume) => harness.reload(at, resume),
      fc.boolean(),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constant<HarnessCommand>(
      command("approveAll", (_, harness) => harness.approveAll()),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant<HarnessCommand>(command("crash", (_, harness) => harness.crash())),
  },
  {
    weight: 7,
    arbitrary: fc.nat(30).map((count): HarnessCommand =>
      command(`turns(${count})`, async () => {
        for (let turn = 0; turn < count; turn++) await nextTurn();
      }),
    ),
  },
);

/** A command on a client that has a session, with further values. */
function onSession<Value = undefined>(
  name: string,
  run: (harness: ModelHarness, at: number, value: Value) => void | Promise<void>,
  values?: fc.Arbitrary<Value>,
): fc.Arbitrary<HarnessCommand> {
  const some = (values ?? fc.constant(undefined)) as fc.Arbitrary<Value>;
  return fc.tuple(client, some).map(([at, value]) =>
    command(
      `${name}(${at}${value === undefined ? "" : `, ${JSON.stringify(value)}`})`,
      (_, harness) => run(harness, at, value),
      ({ hasSession }) => hasSession[at] ?? false,
    ),
  );
}
