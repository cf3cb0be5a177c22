/** What may happen in a harness, in any order: words, stops, pauses, chips, pages that come and go, crashes. */
import * as fc from "fast-check";
import type { QueuedPatchRequest } from "../../shared/requests";
import type { WireName } from "../upstream/upstream";
import { models, scenarios } from "./scenarios";

export type Act =
  | {
      act: "send";
      /** plain: refused while a run goes on. interrupt: it is stopped first. retry: the last run gives its place too. */
      how: "plain" | "interrupt" | "retry";
      room: number;
      scenario: number;
      wire: WireName;
      onDisconnect: "stop" | "continue";
    }
  | { act: "stop" | "stop-part" | "resume" | "hang-up" | "look-away"; room: number }
  /** The conversation is summed up; its newest summary is taken back. */
  | { act: "compact" | "take-back"; room: number }
  | { act: "pause"; room: number; cut: boolean }
  | { act: "queue"; room: number; waitsFor: "run" | "turn" }
  | { act: "chip"; room: number; which: number; change: QueuedPatchRequest | "remove" }
  /** With `resume` from the last id it saw, else from nothing. */
  | { act: "reload"; room: number; resume: boolean }
  | { act: "approve" | "crash" }
  | { act: "turns"; count: number };

const room = fc.constantFrom(0, 1);
const waitsFor = fc.constantFrom("run" as const, "turn" as const);
const change = fc.constantFrom<QueuedPatchRequest | "remove">(
  "remove",
  { waitsFor: "turn" },
  { waitsFor: "run", position: 0 },
  { position: 1 },
);

function inRoom<Name extends string>(...names: Name[]) {
  return fc.record({ act: fc.constantFrom(...names), room });
}

export const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant("send" as const),
      how: fc.constantFrom(
        "plain" as const,
        "plain" as const,
        "interrupt" as const,
        "retry" as const,
      ),
      room,
      scenario: fc.nat(scenarios.length - 1),
      wire: fc.constantFrom(...(Object.keys(models) as WireName[])),
      onDisconnect: fc.constantFrom("stop" as const, "continue" as const),
    }),
  },
  { weight: 4, arbitrary: inRoom("stop", "stop-part") },
  { weight: 5, arbitrary: inRoom("hang-up", "look-away") },
  { weight: 2, arbitrary: inRoom("resume") },
  { weight: 2, arbitrary: inRoom("compact", "take-back") },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("pause" as const), room, cut: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("queue" as const), room, waitsFor }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant("chip" as const), room, which: fc.nat(2), change }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("reload" as const), room, resume: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("approve" as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("crash" as const) }) },
  { weight: 7, arbitrary: fc.record({ act: fc.constant("turns" as const), count: fc.nat(30) }) },
);
