/** Guards of what the recorded answers of real services taught about streams. */
import type { Guard } from "./guard";

export const streamGuards: Guard[] = [
  {
    promise: "a recorded answer without its final newline is read whole",
    file: "server/providers/service-fetch.ts",
    find: "if (last !== undefined) controller.enqueue(last);",
    replace: "",
    tests: ["recorded/scripted-framings.test.ts"],
    title: "no final newline",
  },
  {
    promise: "a recorded call that comes whole with the start of a message is made",
    file: "server/providers/anthropic/anthropic.ts",
    find: "yield* blocks.whole(event.message.content ?? []);",
    replace: "",
    tests: ["recorded/scripted-lessons.test.ts"],
    title: "comes whole with the start of the message",
  },
  {
    promise: "a recorded text whose deltas end early is read whole",
    file: "server/providers/openai/openai-items.ts",
    find: "if (whole.startsWith(written))",
    replace: 'if (written === "")',
    tests: ["recorded/scripted-lessons.test.ts"],
    title: "what the deltas of a text left out",
  },
  {
    promise: "recorded sources do not go back",
    file: "server/providers/other-part.ts",
    find: "undefined, this.sources",
    replace: "{}, this.sources",
    tests: ["recorded/scripted-lessons.test.ts"],
    title: "what is cited are parts",
  },
  {
    promise: "an error of an unknown type is tried again",
    file: "server/providers/error-kinds.ts",
    find: 'retryable: true,\n    fewTries: "unknown-error",',
    replace: "retryable: false,",
    tests: ["service-failures.test.ts"],
    title: "an error of an unknown type",
  },
];
