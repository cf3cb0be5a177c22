/** Guards of Codex as an engine. */
import type { Guard } from "./guard";

const folder = "server/engines/codex";
const tests = ["engine-codex.test.ts"];

export const codexGuards: Guard[] = [
  {
    promise: "Codex asks before everything",
    file: `${folder}/codex-launch.ts`,
    find: 'approvalPolicy: "untrusted",',
    replace: "",
    tests,
    title: "asks before everything",
  },
  {
    promise: "nothing of the directory sets Codex up",
    file: `${folder}/codex-launch.ts`,
    find: "...distrust(cwd), ",
    replace: "",
    tests,
    title: "nothing of the directory",
  },
  {
    promise: "what was written into Codex's home does not set it up",
    file: "server/engines/engine-home.ts",
    find: "await Promise.all(names.map(",
    replace: "await Promise.all([].map(",
    tests,
    title: "nothing of the directory",
  },
  {
    promise: "a stop interrupts the turns of Codex's agents too",
    file: `${folder}/codex-conversation.ts`,
    find: "for (const place of running) this.#interrupt(place);",
    replace: "for (const place of running.slice(0, 1)) this.#interrupt(place);",
    tests,
    title: "interrupts the turn and its agents' turns",
  },
  {
    promise: "a turn of Codex that begins after its stop is interrupted",
    file: `${folder}/codex-conversation.ts`,
    find: "if (!isOwn || this.#isInterrupted) this.#interrupt(place);",
    replace: "if (!isOwn) this.#interrupt(place);",
    tests,
    title: "before the turn has begun",
  },
  {
    promise: "a turn of Codex that nobody asked for is interrupted",
    file: `${folder}/codex-conversation.ts`,
    find: "if (!isOwn || this.#isInterrupted) this.#interrupt(place);",
    replace: "if (this.#isInterrupted) this.#interrupt(place);",
    tests,
    title: "nobody asked for is interrupted",
  },
  {
    promise: "what an earlier turn of Codex says is not told",
    file: `${folder}/codex-thread.ts`,
    find: "if (this.turnId === turnId) this.#whenNamed(act);",
    replace: "this.#whenNamed(act);",
    tests,
    title: "nothing of it or of an earlier one is told",
  },
  {
    promise: "a text of Codex that came in pieces is told once",
    file: `${folder}/codex-thread.ts`,
    find: "item.text.slice(told)",
    replace: "item.text",
    tests,
    title: "told once each, whole",
  },
  {
    promise: "the shell around a command of Codex is left out only where it is one of the machine",
    file: `${folder}/codex-command.ts`,
    find: "^(?:\\/usr)?\\/bin\\/",
    replace: "^\\/.*\\/",
    tests,
    title: "shows the command that runs",
  },
  {
    promise: "a question about a patch of Codex names every file",
    file: `${folder}/codex-diff.ts`,
    find: "[path, kind.move_path ?? path]",
    replace: "[path]",
    tests,
    title: "every path of a patch",
  },
  {
    promise: "a turn of Codex lasts until its agents are idle",
    file: `${folder}/codex-turn.ts`,
    find: "return isBusy ? undefined : this.#end;",
    replace: "return isBusy && this.#end === undefined ? undefined : this.#end;",
    tests,
    title: "until its thread is idle",
  },
  {
    promise:
      "the end of an agent of Codex is not lost, however much it said before its call was known",
    file: `${folder}/codex-thread.ts`,
    find: "isEnd ? mostHeld + 1 : mostHeld",
    replace: "isEnd ? mostHeld : mostHeld",
    tests,
    title: "said much and ended",
  },
  {
    promise: "the gate's token stands in no command line of Codex",
    file: `${folder}/codex-launch.ts`,
    find: 'env_key="${tokenName}",',
    replace: "experimental_bearer_token=${JSON.stringify(gate.token)},",
    tests,
    title: "sets it up",
  },
];
