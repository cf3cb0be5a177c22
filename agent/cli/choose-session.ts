/** Finds the session that a command line means. */
import type { Rein } from "../sdk/create-rein";
import type { SessionSummary } from "../shared/protocol";
import type { SessionsQuery } from "../shared/requests";
import { terminalLine } from "../shared/terminal-safe";
import { answerMs, CommandFailed, UsageError } from "./command";

/** Newest first. Whose are not among them is said on standard error. */
export async function listSessions(
  rein: Rein,
  query: SessionsQuery = {},
): Promise<SessionSummary[]> {
  const answer = await rein.sessions(AbortSignal.timeout(answerMs), query);
  for (const { node, reason } of answer.unreached ?? []) {
    const words = `The sessions of “${node}” are not among these: ${reason}`;
    process.stderr.write(`${terminalLine(words)}\n`);
  }
  return answer.sessions.toSorted((a, b) => b.updatedAt - a.updatedAt);
}

/** By its id or the beginning of it, in the archive too. Throws UsageError when it is none's, or that of several. */
export async function findSession(
  rein: Rein,
  id: string,
  query: SessionsQuery = { archived: "with" },
): Promise<SessionSummary> {
  const sessions = await listSessions(rein, query);
  const exact = sessions.find((session) => session.id === id);
  const [found, other] = exact ? [exact] : sessions.filter((one) => one.id.startsWith(id));
  if (found !== undefined && other === undefined) return found;
  throw new UsageError(
    found === undefined
      ? `There is no session “${terminalLine(id)}”. “rein sessions” lists them.`
      : `Several sessions begin with “${terminalLine(id)}”. Write more of its id.`,
  );
}

/** The newest of a directory, or of all. */
export async function newestSession(rein: Rein, cwd: string | undefined): Promise<SessionSummary> {
  const isMeant = (session: SessionSummary) => cwd === undefined || session.cwd === cwd;
  const found = (await listSessions(rein)).find(isMeant);
  if (found !== undefined) return found;
  throw new CommandFailed(
    `There is no session${cwd === undefined ? "" : ` in ${cwd}`} to go on with. Leave --continue out to begin one.`,
  );
}
