/** The files that a message in place of the last one will carry are shown before it is sent. */
import { expect, test } from "bun:test";
import { createRoot } from "solid-js";
import { createMessageSending, type MessageSendingOptions } from "../client/state/message-sending";
import { createSessionCore } from "../client/state/session-core";
import { noUsage, type Message, type Session } from "../shared/protocol";

test("the files of the last message are shown for each input that the command reads as /retry", () => {
  const { core, kept } = createRoot(() => {
    const core = createSessionCore(undefined);
    const options = { activeRunId: () => undefined, onSend: () => {} };
    return { core, ...createMessageSending(core, options as unknown as MessageSendingOptions) };
  });
  core.setSession(sent());
  for (const input of ["/retry x", " /retry x", "\n/retry\nx\n", "/retry  x "]) {
    core.input.set(input);
    expect([input, ...kept().map(({ name }) => name)]).toEqual([input, "shot.png"]);
  }
  for (const input of ["/retry", " /retry ", "/retryx y", "say /retry x"]) {
    core.input.set(input);
    expect([input, ...kept()]).toEqual([input]);
  }
});

function sent(): Partial<Session> {
  const shot = { name: "shot.png", mediaType: "image/png", bytes: 1, hash: "a" } as const;
  const message: Message = {
    id: "message",
    runId: "run",
    role: "user",
    parts: [{ type: "file", id: "part", ...shot }],
    createdAt: 1,
  };
  return {
    messages: [message],
    runs: [{ id: "run", startedAt: 1, state: "settled", outcome: "done", usage: noUsage }],
  };
}
