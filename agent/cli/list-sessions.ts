/** `rein sessions list`. */
import { shortTime } from "../client/state/format";
import type { SessionSummary } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { ellipsized } from "../shared/truncate";
import { listSessions } from "./choose-session";
import { type Call, UsageError } from "./command";
import { jsonLine, writeOutput } from "./standard-output";
import { textTable } from "./text-table";

export async function printSessions(call: Call): Promise<number> {
  const [archived, deleted] = [call.has("archived"), call.has("deleted")];
  if (archived && deleted) throw new UsageError("Write either --archived or --deleted.");
  const { rein } = await call.connect("terminal");
  const sessions = await listSessions(rein, {
    ...(archived && { archived: "only" }),
    ...(deleted && { archived: "with", deleted: "only" }),
  });
  if (call.has("json")) await writeOutput(jsonLine({ sessions }));
  else if (sessions.length === 0) await writeOutput(`${none(archived || deleted)}\n`);
  else await writeOutput(`${sessionRows(sessions)}\n`);
  return 0;
}

function none(isPart: boolean): string {
  return isPart ? "There are none." : "There are no sessions yet.";
}

export function sessionRows(sessions: SessionSummary[]): string {
  const now = Date.now();
  // Where there is more than one machine, as far as these sessions show.
  const isCluster = sessions.some(({ node }) => node !== undefined);
  return textTable(
    ["ID", ...(isCluster ? ["MACHINE"] : []), "STATE", "UPDATED", "TITLE", "DIRECTORY"],
    sessions.map(({ id, node = "", state, outcome, updatedAt, title, cwd }) => [
      id,
      ...(isCluster ? [terminalLine(node)] : []),
      state === "idle" ? (outcome ?? "idle") : state,
      shortTime(updatedAt, now),
      ellipsized(terminalLine(title), 50),
      terminalLine(cwd),
    ]),
  );
}
