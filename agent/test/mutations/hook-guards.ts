/** The guards of hooks. */
import type { Guard } from "./guard";

export const hookGuards: Guard[] = [
  {
    promise: "a crash between a tool and its after-hook does not make the tool's effect undone",
    file: "server/session/live-session.ts",
    find: 'if (event.type === "tool-done") return true;',
    replace: "",
    tests: ["live-session.test.ts"],
    title: "in the tick in which its effect",
  },
  {
    promise: "a call that a crash cut in its after-hook is done",
    file: "server/run/recovery.ts",
    find: "const isDone = call.doneAt !== undefined;",
    replace: "const isDone = false;",
    tests: ["hooks.test.ts"],
    title: "swept after a kill -9",
  },
  {
    promise: "a hook that asks has a person asked once",
    file: "server/agent/call-hooks.ts",
    find: "    this.#hasRun = true;\n",
    replace: "",
    tests: ["hooks.test.ts"],
    title: "that asks has a person asked",
  },
  {
    promise: "exit code 2 of a hook refuses the call",
    file: "server/agent/call-hooks.ts",
    find: "if (refused !== undefined) throw new ToolError(refused);",
    replace: "",
    tests: ["hooks.test.ts"],
    title: "exit code 2 refuses it",
  },
  {
    promise: "a hook that changes the input refuses the call that was allowed",
    file: "server/hooks/hook-answer.ts",
    find: "else if (own?.updatedInput !== undefined) answer.refuses = otherInput;",
    replace: "",
    tests: ["hooks.test.ts"],
    title: "another input",
  },
  {
    promise: "a second stop ends a hook after a run",
    file: "server/run/runs.ts",
    find: "partId === undefined ? runHooks.stop({ sessionId, runId }, stop, named.hard) : 0",
    replace: "0",
    tests: ["hooks.test.ts"],
    title: "delays no stop",
  },
  {
    promise: "no hook of a call that has ended is shown as running",
    file: "shared/apply/part-events.ts",
    find: "      stopHooks(part, event.at);",
    replace: "",
    tests: ["live-session.test.ts"],
    title: "has stopped that hook",
  },
];
