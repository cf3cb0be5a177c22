/** Guards of what programs are given: the SDK's chats, and the AI SDK's stream. */
import type { Guard } from "./guard";

export const programGuards: Guard[] = [
  {
    promise: "a left loop of events closes its connection",
    file: "sdk/frames.ts",
    find: "finally {\n    close(reader);",
    replace: "finally {",
    tests: ["sdk.test.ts"],
    title: "closes the stream of events",
  },
  {
    promise: "no chat of a program ends in silence before its run",
    file: "sdk/create-rein.ts",
    find: "if (isRunning) throw",
    replace: "if (!runId) throw",
    tests: ["sdk.test.ts"],
    title: "before its run is a lost connection",
  },
  {
    promise: "a program learns of a stop that did not reach the server",
    file: "sdk/create-rein.ts",
    find: "connection.abort(error);",
    replace: "void error;",
    tests: ["sdk.test.ts"],
    title: "no silent end",
  },
  {
    promise: "the next message of an AI SDK's chat is never refused for what runs",
    file: "shared/requests/ui-chat-schemas.ts",
    find: "interrupt: z.boolean().default(true)",
    replace: "interrupt: z.boolean().default(false)",
    tests: ["ui-stream.test.ts"],
    title: "gives way to the next message",
  },
  {
    promise: "an AI SDK's chat that was answered goes on",
    file: "server/http/ui-stream/continue-run.ts",
    find: "new UiMessageStream(runId, known, answered)",
    replace: "new UiMessageStream(runId, known)",
    tests: ["ui-stream.test.ts"],
    title: "the reply continues the same message",
  },
  {
    promise: "what an AI SDK's chat has already is not sent again",
    file: "server/http/ui-stream/continue-run.ts",
    find: "new UiMessageStream(runId, known, answered)",
    replace: "new UiMessageStream(runId, undefined, answered)",
    tests: ["ui-stream.test.ts"],
    title: "the reply continues the same message",
  },
  {
    promise: "a subagent that works keeps an AI SDK's stream open while another asks",
    file: "server/http/ui-stream/ui-parts.ts",
    find: "return open.length > 0 && open.every(isHeld);",
    replace: "return open.every(isHeld);",
    tests: ["ui-stream.test.ts"],
    title: "does not end the stream while another works",
  },
];
