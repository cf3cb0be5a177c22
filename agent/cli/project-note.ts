/** Says what of a project waits for an answer: none of it acted, and nobody is asked here. */
import { askedEntries } from "../client/state/mcp-words";
import { askedDefinitions, broughtWords } from "../client/state/project-words";
import type { Rein } from "../sdk/create-rein";

/** Without a directory, the server's. Never rejects: what has no answer is not told of. */
export async function sayBrought(
  rein: Rein,
  cwd: string | undefined,
  say: (words: string) => void,
): Promise<void> {
  const signal = AbortSignal.timeout(noteMs);
  const [project, mcp] = await Promise.all([
    rein.project(cwd, signal).catch(noAnswer),
    rein.mcp(cwd, undefined, signal).catch(noAnswer),
  ]);
  const definitions = askedDefinitions(project);
  const servers = askedEntries(mcp).length;
  if (definitions.length + servers === 0) return;
  say(
    `${broughtWords(definitions, servers)} “rein project show” shows all of it, “rein project allow” allows it.`,
  );
}

const noteMs = 2_000;

/** A server that has gone away is said by the next command. */
const noAnswer = () => undefined;
