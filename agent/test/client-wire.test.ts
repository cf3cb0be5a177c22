/** A page with a server of another version: it notices the difference, and unknown events do not break it. */
import { describe, expect, test } from "bun:test";
import { createRoot } from "solid-js";
import { isPageOutdated, noteWireVersion } from "../client/state/page-version";
import { createSessionList } from "../client/state/session-list";
import { apply } from "../shared/apply";
import {
  type ListEvent,
  type Session,
  type SessionEvent,
  wireHeader,
  wireVersion,
} from "../shared/protocol";

describe("the wire version", () => {
  test("marks the page as outdated exactly when the server's version differs", () => {
    for (const [version, isOutdated] of [
      [String(wireVersion), false],
      [String(wireVersion + 1), true],
      [String(wireVersion - 1), true],
      [String(wireVersion), false],
    ] as const) {
      noteWireVersion(new Headers({ [wireHeader]: version }));
      expect([version, isPageOutdated()]).toEqual([version, isOutdated]);
    }
  });

  test("changes nothing when a response carries none", () => {
    for (const version of [wireVersion, wireVersion + 1]) {
      noteWireVersion(new Headers({ [wireHeader]: String(version) }));
      const before = isPageOutdated();
      noteWireVersion(new Headers());
      expect(isPageOutdated()).toBe(before);
    }
    noteWireVersion(new Headers({ [wireHeader]: String(wireVersion) }));
  });
});

describe("an event of an unknown type", () => {
  test("changes nothing in a session but its seq", () => {
    const part = { type: "text", id: "p", text: "Hello." };
    const message = { id: "m", runId: "r", role: "assistant", parts: [part] };
    const session = { seq: 1, messages: [message], runs: [{ id: "r" }] } as unknown as Session;
    const before = structuredClone(session);
    for (const named of [{}, { messageId: "m", partId: "p" }, { agentId: "a" }, { runId: "r" }])
      apply(session, { ...named, type: "weather", seq: ++before.seq } as unknown as SessionEvent);
    expect(session).toEqual(before);
  });

  test("changes nothing in the side bar", () => {
    createRoot((dispose) => {
      const list = createSessionList();
      const event = { type: "weather", id: "s" } as unknown as ListEvent & {
        type: "session-removed";
      };
      expect(() => list.apply(event)).not.toThrow();
      expect(list.sorted()).toEqual([]);
      dispose();
    });
  });
});
