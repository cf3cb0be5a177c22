/** `rein sessions`: the list, and what a person does with one of it. */
import type { Rein } from "../sdk/create-rein";
import type { SessionSummary } from "../shared/protocol";
import type { SessionPatchRequest } from "../shared/requests";
import { terminalLine } from "../shared/terminal-safe";
import { findSession } from "./choose-session";
import { type Action, type Actions, runAction, usageOf } from "./command-actions";
import { answerMs, type Command, UsageError } from "./command";
import { printSessions } from "./list-sessions";
import { writeOutput } from "./standard-output";

const signal = () => AbortSignal.timeout(answerMs);

type Act = (rein: Rein, session: SessionSummary) => Promise<string>;

/** `deleted`: of one that was deleted. */
function action(act: Act, deleted?: "only"): Action {
  return {
    usage: "SESSION",
    least: 1,
    most: 1,
    async run(call, [id = ""]) {
      const { rein } = await call.connect("terminal");
      const session = await findSession(
        rein,
        id,
        deleted ? { archived: "with", deleted } : undefined,
      );
      await writeOutput(`${await act(rein, session)}\n`);
      return 0;
    },
  };
}

const change = (patch: SessionPatchRequest, done: string) =>
  action(async (rein, { id, title }) => {
    await rein.patchSession(id, patch, signal());
    return `${done} ${terminalLine(title)}`;
  });

const actions: Actions = [
  [
    "list",
    {
      usage: "[--archived | --deleted] [--json]",
      least: 0,
      most: 0,
      run: (call) => printSessions(call),
    },
  ],
  ["pin", change({ pinned: true }, "Pinned")],
  ["unpin", change({ pinned: false }, "Not pinned any more:")],
  ["archive", change({ archived: true }, "Archived")],
  ["unarchive", change({ archived: false }, "Back in the list:")],
  [
    "fork",
    action(async (rein, { id }) => {
      const { session } = await rein.fork(id, {}, signal());
      return `${session.id}  ${terminalLine(session.title)}`;
    }),
  ],
  [
    "delete",
    action(async (rein, { id, title, state }) => {
      if (state !== "idle") throw new UsageError(`It is at work. Stop it first: rein stop ${id}`);
      await rein.deleteSession(id, signal(), { undo: true });
      return `Deleted ${terminalLine(title)}\nFor ten minutes this brings it back: rein sessions restore ${id}`;
    }),
  ],
  [
    "restore",
    action(async (rein, { id, title }) => {
      await rein.restoreSession(id, signal());
      return `Back in the list: ${terminalLine(title)}`;
    }, "only"),
  ],
];

export const sessionsCommand: Command = {
  name: "sessions",
  summary: "List the sessions, newest first; pin, archive, copy and delete them",
  usage: usageOf(actions),
  positionals: 1001,
  options: {
    archived: { type: "boolean", help: "list: those in the archive" },
    deleted: { type: "boolean", help: "list: those that can be brought back" },
    json: { type: "boolean", help: "list: print JSON in the place of a table" },
  },
  run: (call) => runAction("rein sessions", actions, call),
};
