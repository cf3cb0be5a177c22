/** What a message will carry is shown before it is sent, and none is sent without a model. */
import { expect, test } from "bun:test";
import { createRoot } from "solid-js";
import { createMessageSending, type MessageSendingOptions } from "../client/state/message-sending";
import { createSessionCore, type PageParts } from "../client/state/session-core";
import type { Notices } from "../client/state/notice-store";
import { createShownBranch } from "../client/state/shown-branch";
import { noUsage, type Message, type Session } from "../shared/protocol";

test("the files of the last message are shown for each input that the command reads as /retry", () => {
  const { core, kept } = createRoot(() => {
    const core = createSessionCore(undefined, { defaults: { of: () => ({}), name: () => {} } });
    const branch = createShownBranch(core, {} as Notices);
    const options = { activeRunId: () => undefined, branch, onSend: () => {} };
    const sending = options as unknown as MessageSendingOptions;
    return { core, ...createMessageSending(core, {} as PageParts, sending) };
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

test("without a model neither a message nor a retry goes out, and the text and its files stay", () => {
  const posted: unknown[] = [];
  const toasts: string[] = [];
  const models = { default: { provider: "openai", model: " " }, providers: [] };
  const page = {
    models: { models: () => models },
    notices: { toast: (words: string) => toasts.push(words) },
    preferences: { onDisconnect: () => "stop" },
  } as unknown as PageParts;
  createRoot(() => {
    const core = createSessionCore(undefined, { defaults: { of: () => ({}), name: () => {} } });
    const { send, retry } = createMessageSending(core, page, {
      activeRunId: () => undefined,
      branch: createShownBranch(core, {} as Notices),
      onSend: () => {},
      connection: { send: (answer: unknown) => posted.push(answer) },
    } as unknown as MessageSendingOptions);
    // Of the test before.
    core.input.set("");
    const file = { name: "a.png", mediaType: "image/png", bytes: 1, hash: "b" } as const;
    send("Hello", { interrupt: true, files: [file] });
    expect(core.input.text()).toBe("Hello");
    expect(core.attached.files().map(({ name }) => name)).toEqual(["a.png"]);
    core.input.set("");
    core.setSession(sent());
    retry("Another");
    expect(core.input.text()).toBe("Another");
    expect([posted, toasts]).toEqual([[], Array(2).fill("Choose a model first")]);
    core.setDraft({ provider: "openai", model: "named" });
    send("Hello");
    expect(posted.length).toBe(1);
  });
});

test("an edit leaves the draft and its files alone, is kept until it is accepted, and is there again when it was refused", () => {
  const posted: { request: { message?: string; runId: string; files?: { name: string }[] } }[] = [];
  const page = {
    models: { models: () => undefined },
    preferences: { onDisconnect: () => "stop" },
  } as unknown as PageParts;
  createRoot(() => {
    const core = createSessionCore(undefined, { defaults: { of: () => ({}), name: () => {} } });
    const { editing, leaveOut } = createMessageSending(core, page, {
      activeRunId: () => undefined,
      branch: createShownBranch(core, {} as Notices),
      onSend: () => {},
      connection: { send: (answer: (typeof posted)[0]) => posted.push(answer) },
    } as unknown as MessageSendingOptions);
    core.setSession(sent());
    core.input.set("half a thought");
    const runId = core.session.messages[0]!.runId;
    editing.begin(runId);
    leaveOut("a");
    editing.write("Say it in verse");
    editing.send();
    const [{ request } = { request: undefined }] = posted;
    expect(request).toMatchObject({ message: "Say it in verse", files: [] });
    expect(editing.runId()).toBeUndefined();
    expect(editing.takeBack("another run")).toBe(false);
    expect(editing.takeBack(request!.runId)).toBe(true);
    expect([editing.runId(), editing.text()]).toEqual([runId, "Say it in verse"]);
    // Begun anew, the message has its files again.
    editing.begin(runId);
    editing.write("Once more");
    editing.send();
    expect(posted[1]!.request.files).toMatchObject([{ name: "shot.png" }]);
    const [message] = core.session.messages;
    const next = { ...message!, id: "next", runId: posted[1]!.request.runId, retryOf: runId };
    core.setSession("runs", [
      ...core.session.runs,
      { ...core.session.runs[0]!, id: next.runId, follows: null },
    ]);
    core.setSession("messages", [message!, next]);
    expect(editing.takeBack(posted[1]!.request.runId)).toBe(false);
    expect([editing.runId(), core.input.text()]).toEqual([undefined, "half a thought"]);
  });
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
