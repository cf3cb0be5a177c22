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
    promise: "no hook of a call that has ended is shown as running",
    file: "shared/apply/part-events.ts",
    find: "      stopHooks(part, event.at);",
    replace: "",
    tests: ["live-session.test.ts"],
    title: "has stopped that hook",
  },
];
