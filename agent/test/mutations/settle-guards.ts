/** Guards of a cluster's dead: who lives is not settled, and who was settled writes nothing. */
import type { Guard } from "./guard";

export const settleGuards: Guard[] = [
  {
    promise: "a node with another key that lives is not settled",
    file: "server/cluster/settle-dead.ts",
    find: "if (isClaimed) {",
    replace: "if (isClaimed && id === undefined) {",
    tests: ["cluster-outage.test.ts", "cluster-false-owner.test.ts"],
    title: "with another key",
  },
  {
    promise: "a node that answers is not settled, whatever its lock says",
    file: "server/cluster/ask-health.ts",
    find: 'if ("answer" in called) return "lives";',
    replace: 'if ("answer" in called) return "refused";',
    tests: ["cluster-outage.test.ts"],
    title: "(refuse)",
  },
  {
    promise: "a run that others have settled takes no more of its own work",
    file: "server/session/live-session.ts",
    find: "if (this.#isReplaced(body)) return;",
    replace: "",
    tests: ["cluster-death.test.ts"],
    title: "frozen in a run",
  },
  {
    promise: "a paused run of a dead node waits for it",
    file: "server/cluster/left-work.ts",
    find: "return isLeftPaused(fieldsOf(run), fieldsOf(session));",
    replace: "return false;",
    tests: ["cluster-death.test.ts"],
    title: "keeps a paused run",
  },
  {
    promise: "runs pause when the shared database is gone for long",
    file: "server/cluster/hold-runs.ts",
    find: "hold(true);",
    replace: "",
    tests: ["cluster-outage.test.ts"],
    title: "gone for long",
  },
];
