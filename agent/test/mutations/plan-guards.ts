/** The guards of to-do lists and plans. */
import type { Guard } from "./guard";

export const planGuards: Guard[] = [
  {
    promise: "what was under way in a to-do list is stopped when its run ends",
    file: "shared/apply/run-events.ts",
    find: "      stopTodo(session);",
    replace: "",
    tests: ["live-session.test.ts"],
    title: "once its run has ended",
  },
  {
    promise: "nothing of a to-do list is under way for ever because the row of its run is lost",
    file: "server/store/load-session.ts",
    find: "if (activeRun(session) === undefined) stopTodo(session);",
    replace: "",
    tests: ["live-session.test.ts"],
    title: "row of its run is lost",
  },
];
