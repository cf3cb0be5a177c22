/** The state machine of a session's connection: at most one stream at a time, and none that is not needed. */
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  type ConnectionEvent,
  type ConnectionState,
  isFollowed,
  transition,
} from "../client/state/connection-state";

const start: ConnectionState = { name: "closed", shown: false };

const send: ConnectionEvent = { type: "send", endsRun: false };
const sendEndsRun: ConnectionEvent = { type: "send", endsRun: true };
const acknowledged: ConnectionEvent = { type: "acknowledged", hasSlot: true };
const withoutSlot: ConnectionEvent = { type: "acknowledged", hasSlot: false };

type Step = ConnectionEvent | Exclude<ConnectionEvent["type"], "send" | "acknowledged">;

/** The state after these events, in a visible tab. */
function after(...steps: Step[]): ConnectionState {
  return steps.reduce((state, step) => transition(state, eventOf(step), true), start);
}

function eventOf(step: Step): ConnectionEvent {
  return typeof step === "string" ? { type: step } : step;
}

describe("the event stream", () => {
  test("is opened when a session is shown, and closed when another session is shown", () => {
    expect(after("show")).toEqual({ name: "connecting", shown: true });
    expect(after("show", "opened")).toEqual({ name: "live", shown: true });
    expect(after("show", "opened", "leave")).toEqual(start);
  });

  test("that breaks is reported lost until it is open again, however often it breaks", () => {
    expect(after("show", "broken").name).toBe("lost");
    expect(after("show", "opened", "broken", "broken").name).toBe("lost");
    expect(after("show", "opened", "broken", "opened").name).toBe("live");
  });

  test("is reopened when the network is back, but only if it was lost", () => {
    expect(after("show", "broken", "online").name).toBe("connecting");
    const live = after("show", "opened");
    expect(transition(live, { type: "online" }, true)).toBe(live);
  });

  test("that the server refuses stays closed until the session is shown again", () => {
    const refused = after("show", "refused");
    expect(refused).toEqual({ name: "closed", shown: true });
    expect(transition(refused, { type: "online" }, true)).toBe(refused);
    expect(transition(refused, { type: "show" }, true).name).toBe("connecting");
  });

  test("is closed while the tab is hidden, and opened when the tab is visible", () => {
    const hidden = transition(after("show", "opened"), { type: "watch-changed" }, false);
    expect(hidden).toEqual({ name: "closed", shown: true });
    expect(transition(hidden, { type: "watch-changed" }, true).name).toBe("connecting");
    expect(transition(start, { type: "show" }, false)).toEqual({ name: "closed", shown: true });
  });

  test("that was closed is ignored when it still reports events", () => {
    const closed = after("show", "refused");
    for (const type of ["opened", "broken", "refused"] as const) {
      expect(transition(start, { type }, true)).toBe(start);
      expect(transition(closed, { type }, true)).toBe(closed);
    }
  });

  test("of a session that is not shown is not opened when the tab becomes visible, the network returns or a stop ends", () => {
    for (const type of ["watch-changed", "online", "restored", "ended"] as const)
      expect(transition(start, { type }, true)).toBe(start);
  });
});

describe("a chat answer", () => {
  test("replaces the event stream, which is opened again when the answer ends", () => {
    expect(after("show", "opened", send).name).toBe("sending");
    expect(after("show", send, acknowledged).name).toBe("answering");
    expect(after("show", send, acknowledged, "ended").name).toBe("connecting");
    expect(after("show", send, "ended").name).toBe("connecting");
  });

  test("that ends in a hidden tab opens no event stream", () => {
    const answering = after("show", send, acknowledged);
    expect(transition(answering, { type: "watch-changed" }, false)).toBe(answering);
    expect(transition(answering, { type: "ended" }, false)).toEqual({
      name: "closed",
      shown: true,
    });
  });

  test("of a session that is no longer shown is closed, but only once the server has acknowledged the message", () => {
    expect(after("show", send, "leave").name).toBe("sending");
    expect(after("show", send, "leave", acknowledged).name).toBe("closing");
    expect(after("show", send, acknowledged, "leave").name).toBe("closing");
    expect(after("show", send, acknowledged, "leave", "ended")).toEqual(start);
  });

  test("of a session that is no longer shown stays open if closing it would stop the run", () => {
    expect(after("show", sendEndsRun, acknowledged, "leave").name).toBe("answering");
    expect(after("show", sendEndsRun, "leave", acknowledged).name).toBe("answering");
    expect(after("show", sendEndsRun, acknowledged, "leave", "ended")).toEqual(start);
    expect(after("show", sendEndsRun, acknowledged, "leave", "show", "ended").name).toBe(
      "connecting",
    );
  });

  test("without a connection slot is closed once it is acknowledged, unless closing it would stop the run", () => {
    expect(after("show", send, withoutSlot).name).toBe("closing");
    expect(after("show", send, withoutSlot, "ended").name).toBe("connecting");
    expect(after("show", sendEndsRun, withoutSlot).name).toBe("answering");
    expect(after("show", send, withoutSlot, acknowledged).name).toBe("closing");
  });

  test("is replaced by the answer to the next message, whatever state it is in", () => {
    for (const before of [after("show", send), after("show", sendEndsRun, acknowledged, "stopped")])
      expect(transition(before, send, true)).toEqual({
        name: "sending",
        shown: true,
        endsRun: false,
      });
  });
});

describe("a stop", () => {
  test("frees the connection of the event stream, which is opened again afterwards", () => {
    expect(after("show", "opened", "freed")).toEqual({ name: "closed", shown: true });
    expect(after("show", "opened", "freed", "restored").name).toBe("connecting");
  });

  test("closes an acknowledged answer and switches to the event stream", () => {
    expect(after("show", send, acknowledged, "freed").name).toBe("closing");
    const followed = after("show", send, acknowledged, "freed", "restored");
    expect(followed.name).toBe("connecting");
    // The closed answer's end event arrives later.
    expect(transition(followed, { type: "ended" }, true)).toBe(followed);
  });

  test("does not close an answer whose closing would itself stop the run, until the run was stopped by its id", () => {
    expect(after("show", sendEndsRun, acknowledged, "freed").name).toBe("answering");
    expect(after("show", sendEndsRun, acknowledged, "stopped").name).toBe("closing");
  });

  test("does not close an answer that is not acknowledged, because the message could be lost", () => {
    expect(after("show", send, "freed", "restored").name).toBe("sending");
  });
});

test("in every order of events only a shown session is followed, and no answer is dropped before its end", () => {
  const types = [
    "show",
    "leave",
    "ended",
    "stopped",
    "freed",
    "restored",
    "opened",
    "broken",
    "refused",
    "watch-changed",
    "online",
  ] as const;
  const step = fc.oneof(
    fc.constantFrom(...types).map(eventOf),
    fc.constantFrom(send, sendEndsRun, acknowledged, withoutSlot),
  );
  const steps = fc.array(fc.record({ event: step, isWatched: fc.boolean() }), { maxLength: 30 });
  fc.assert(
    fc.property(steps, (all) => {
      let state: ConnectionState = start;
      for (const { event, isWatched } of all) {
        const before: ConnectionState = state;
        state = transition(before, event, isWatched);
        if (isFollowed(state)) expect(state.shown).toBe(true);
        if (state.name === "connecting" && state !== before) expect(isWatched).toBe(true);
        if (before.name === "sending" && event.type !== "stopped")
          expect(["sending", "answering", "closing"].includes(state.name)).toBe(
            event.type !== "ended",
          );
        if (event.type === "show") expect(state.shown).toBe(true);
        if (event.type === "leave") expect(state.shown).toBe(false);
      }
    }),
  );
});
